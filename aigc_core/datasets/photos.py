"""Photos for training and evaluating pictures' repair and style: zips or folders with ``metadata.csv``, read as they are drawn.

The project's own runs use 4,547 photos of short side 224 (groceries, flowers, food, façades, landscapes) and 1,198 of
short side 192 (clothes, rooms); any pictures serve, and a folder without ``metadata.csv`` counts as training pictures.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core.datasets.faces import opened, rows_of
from aigc_core.errors import InvalidRequestError
from aigc_core.files import PICTURE_FORMATS

WEIGHTS = {
    "GroceryStoreDataset": 0.4, "flower_photos": 0.6, "cnx-user-books": 2.0, "openstax": 2.0, "DALI_extra": 2.0,
    "oceanic-awesomewm-theme": 3.0, "budgie-backgrounds": 3.0,
}  # fmt: skip
"""Sampling weight of each source relative to 1: less for large sources, more for varied ones."""
Pixels = NDArray[np.uint8]


class Photos:
    """The pictures of one split, held as the bytes of their files."""

    def __init__(self, sets: Sequence[Path], split: str) -> None:
        """Read the files' bytes.

        Raises:
            InvalidRequestError: there are no pictures of that split.
        """
        self.names: list[str] = []
        self._bytes: list[bytes] = []
        weights: list[float] = []
        for data in sets:
            read, names = opened(data)
            for row in rows_of(read, names):
                if row["split"] == split:
                    self.names.append(row["file"])
                    self._bytes.append(read(row["file"]))
                    weights.append(_weight(row.get("source", "")))
        if not self.names:
            where = ", ".join(str(data) for data in sets)
            raise InvalidRequestError(
                f"{where}: no pictures of split {split!r}.", f"{where} 中没有 {split!r} 部分的图片。"
            )
        self.weights = np.asarray(weights) / sum(weights)

    def __len__(self) -> int:
        return len(self.names)

    def picture(self, index: int) -> Image.Image:
        """One photo in RGB."""
        with Image.open(io.BytesIO(self._bytes[index]), formats=PICTURE_FORMATS) as image:
            return image.convert("RGB")

    def draw(self, rng: np.random.Generator, count: int, side: int, *, largest: int = 224) -> Pixels:
        """Random squares (count, side, side, 3): scaled to a short side of ``side`` to ``largest``, half of them mirrored."""
        chosen = rng.choice(len(self), count, p=self.weights)
        return np.stack([square(self.picture(int(i)), rng, side, largest) for i in chosen])


def square(picture: Image.Image, rng: np.random.Generator, side: int, largest: int) -> Pixels:
    """A random square (side, side, 3) of the picture at a random size; never enlarged more than it takes to hold the square."""
    short = min(picture.size)
    wanted = int(rng.integers(side, max(side, min(largest, short)) + 1))
    width, height = (max(side, round(wanted * s / short)) for s in picture.size)
    scaled = picture.resize((width, height), Image.Resampling.BOX if wanted < short else Image.Resampling.BICUBIC)
    left, top = int(rng.integers(width - side + 1)), int(rng.integers(height - side + 1))
    pixels = np.asarray(scaled.crop((left, top, left + side, top + side)))
    return pixels[:, ::-1] if rng.random() < 0.5 else pixels


def _weight(source: str) -> float:
    return next((weight for name, weight in WEIGHTS.items() if name in source), 1.0)
