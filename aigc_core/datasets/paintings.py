"""Paintings as styles: a zip or folder of pictures, with ``metadata.csv`` (columns ``file``, ``artist``, ``title``) or without."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from aigc_core.datasets.faces import opened, rows_of
from aigc_core.errors import InvalidRequestError
from aigc_core.files import PICTURE_FORMATS


def load(data: Path, side: int) -> dict[str, Image.Image]:
    """Pictures by file name (``_`` written as ``-``), in RGB, scaled to a short side of ``side`` pixels.

    Raises:
        InvalidRequestError: there are no pictures.
    """
    read, names = opened(data)
    paintings = {}
    for row in rows_of(read, names):
        with Image.open(io.BytesIO(read(row["file"])), formats=PICTURE_FORMATS) as image:
            paintings[Path(row["file"]).stem.replace("_", "-")] = sized(image.convert("RGB"), side)
    if not paintings:
        raise InvalidRequestError(f"{data} holds no pictures.", f"{data} 中没有图片。")
    return paintings


def sized(picture: Image.Image, side: int) -> Image.Image:
    """The picture at a short side of ``side`` pixels."""
    scale = side / min(picture.size)
    width, height = (max(1, round(s * scale)) for s in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)
