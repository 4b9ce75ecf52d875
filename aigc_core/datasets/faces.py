"""Aligned faces: a zip or folder of pictures with ``metadata.csv`` (columns ``file``, ``split`` and attributes).

The project's own runs use 8,043 aligned faces cut from FairFace (Kärkkäinen & Joo 2021, CC BY 4.0); any set in this layout
serves, and a folder without ``metadata.csv`` counts as all training pictures.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core.errors import InvalidRequestError
from aigc_core.files import PICTURE_FORMATS

SUFFIXES = (".webp", ".png", ".jpg", ".jpeg")


def load(data: Path, *, split: str, resolution: int) -> tuple[NDArray[np.uint8], list[dict[str, str]]]:
    """All pictures of a split, area-averaged to ``resolution``.

    Returns:
        uint8 (N, 3, R, R) and the metadata rows in the same order.

    Raises:
        InvalidRequestError: the path holds no pictures of that split.
    """
    read, names = opened(data)
    rows = rows_of(read, names)
    chosen = [row for row in rows if row["split"] == split]
    if not chosen:
        splits = sorted({row["split"] for row in rows})
        raise InvalidRequestError(f"{data} holds no pictures of split {split!r}; it has {splits}.")
    pictures = np.empty((len(chosen), 3, resolution, resolution), np.uint8)
    for i, row in enumerate(chosen):
        pictures[i] = decoded(read(row["file"]), resolution)
    return pictures, chosen


def decoded(file: bytes, resolution: int) -> NDArray[np.uint8]:
    """A picture's file as uint8 (3, R, R), area-averaged."""
    with Image.open(io.BytesIO(file), formats=PICTURE_FORMATS) as image:
        small = image.convert("RGB").resize((resolution, resolution), Image.Resampling.BOX)
    return np.asarray(small).transpose(2, 0, 1)


def opened(data: Path) -> tuple[Callable[[str], bytes], list[str]]:
    """Open a zip or folder: a function that reads a file's bytes by name, and the names."""
    if data.is_dir():
        return (lambda name: (data / name).read_bytes()), sorted(f.name for f in data.iterdir())
    if not data.exists():
        raise InvalidRequestError(f"There is no data set at {data}.", f"{data} 处没有数据集。")
    archive = zipfile.ZipFile(data)
    return archive.read, archive.namelist()


def rows_of(read: Callable[[str], bytes], names: list[str]) -> list[dict[str, str]]:
    """Rows of ``metadata.csv``; without one, a row of the split ``train`` for every picture."""
    if "metadata.csv" in names:
        return list(csv.DictReader(io.StringIO(read("metadata.csv").decode())))
    return [{"file": name, "split": "train"} for name in names if name.lower().endswith(SUFFIXES)]


def batches(count: int, size: int, seed: int, start: int = 0) -> Iterator[NDArray[np.int64]]:
    """Endless shuffled index batches; ``start`` skips that many batches, so that a resumed run goes on as it would have."""
    per_epoch = count // size
    step = start
    while True:
        order = np.random.default_rng([seed, step // per_epoch]).permutation(count)
        for i in range(step % per_epoch, per_epoch):
            yield order[i * size : (i + 1) * size]
            step += 1
