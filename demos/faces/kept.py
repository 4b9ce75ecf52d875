"""The runs that the views of the Faces tab open with: ``docs/gallery/faces-inside.json`` and the sheets of pictures beside it.

Made by ``python scripts/faces_examples.py``; recipes and facts are in the JSON, so that scores shown beside them stay current.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from PIL import Image

from aigc_core.files import PICTURE_FORMATS
from aigc_core.tasks.faces import Trajectory, TrajectoryStep
from demos.ui.gallery import GALLERY

FACTS = GALLERY / "faces-inside.json"
QUALITY = 92
TRAJECTORY_ROWS = 4
"""x, D, the next x and the latent."""


@cache
def record(name: str) -> Mapping[str, Any] | None:
    """The kept facts of a view; None before they were made."""
    every = json.loads(FACTS.read_text("utf-8")) if FACTS.exists() else {}
    kept: Mapping[str, Any] | None = every.get(name)
    return kept


def write(name: str, rows: Sequence[Sequence[Image.Image]]) -> None:
    """A sheet of small pictures, row by row; those of smaller sides are enlarged to the largest's square."""
    side = max(picture.width for row in rows for picture in row)
    rows = [[picture.resize((side, side), Image.Resampling.BICUBIC) for picture in row] for row in rows]
    sheet = Image.new("RGB", (side * max(map(len, rows)), side * len(rows)))
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            sheet.paste(picture, (x * side, y * side))
    sheet.save(GALLERY / f"faces-{name}.webp", quality=QUALITY)


def read(name: str, rows: int, columns: int) -> list[list[Image.Image]]:
    """The pictures of a sheet, row by row."""
    with Image.open(GALLERY / f"faces-{name}.webp", formats=PICTURE_FORMATS) as file:
        sheet = file.convert("RGB")
    side = sheet.height // rows
    return [
        [sheet.crop((x * side, y * side, (x + 1) * side, (y + 1) * side)) for x in range(columns)] for y in range(rows)
    ]


def trajectory() -> Trajectory | None:
    """The run that *Denoising, step by step* opens with."""
    kept = record("trajectory")
    if kept is None:
        return None
    levels = kept["levels"]
    pictures = read("trajectory", TRAJECTORY_ROWS, len(levels))
    steps = tuple(
        TrajectoryStep(
            i=i,
            sigma=sigma,
            sigma_next=after,
            noisy=pictures[0][i],
            denoised=pictures[1][i],
            after=pictures[2][i],
            latent=pictures[3][i],
            formula=kept["formulas"][i],
            numbers={},
        )
        for i, (sigma, after) in enumerate(levels)
    )
    return Trajectory(
        steps=steps, sampler=kept["sampler"], seed=kept["recipe"]["seed"], teleported=kept.get("teleported", False)
    )
