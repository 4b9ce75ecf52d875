"""Three classical ways to fill one hole of a picture that this suite paints itself."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.words import Words
from aigc_core.media import patchmatch, scenes
from aigc_core.media.mask import Hole
from aigc_core.pipelines.images import classical_inpaint

WIDTH, HEIGHT = 150, 100
RADIUS = 5
NAMES = (Words("Telea", "Telea"), Words("Navier-Stokes", "Navier-Stokes"), Words("PatchMatch", "PatchMatch"))
Pixels = NDArray[np.uint8]


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``scene``: the picture; ``size``: side of the hole in pixels."""
    picture, hole = _scene(values["scene"]), _hole(int(values["size"]))
    filled: list[Pixels] = []
    for fill in (
        classical_inpaint.fill(picture, hole, RADIUS, cv2.INPAINT_TELEA),
        classical_inpaint.fill(picture, hole, RADIUS, cv2.INPAINT_NS),
        patchmatch.fill(picture, hole, seed=seed),
    ):
        filled.append(_finished(fill))
        yield _frame(picture, hole, filled)


@cache
def _scene(name: str) -> Pixels:
    return np.asarray(scenes.SCENES[name](WIDTH, HEIGHT).convert("RGB"))


def _hole(size: int) -> Hole:
    """A square in the right half, and a scratch as wide as a pen through the left one."""
    hole = np.zeros((HEIGHT, WIDTH), bool)
    top, left = (HEIGHT - size) // 2, 2 * WIDTH // 3 - size // 2
    hole[top : top + size, left : left + size] = True
    rows = np.arange(10, HEIGHT - 10)
    for width in range(3):
        hole[rows, 20 + rows // 4 + width] = True
    return hole


def _finished(filling: Generator[Any, None, Pixels]) -> Pixels:
    while True:
        try:
            next(filling)
        except StopIteration as done:
            result: Pixels = done.value
            return result


def _frame(picture: Pixels, hole: Hole, filled: list[Pixels]) -> Frame:
    damaged = picture.copy()
    damaged[hole] = (255, 0, 160)
    figure, axes = plot.canvas(2, 3, height=3.3)
    for place in axes.flat:
        place.set_axis_off()
    for place, image in zip((*axes[0, :2], *axes[1]), (picture, damaged, *filled), strict=False):
        plot.picture(place, Image.fromarray(image))
    errors = [_error(picture, image, hole) for image in filled]
    listed = ", ".join(f"{name.en} {error:.1f}" for name, error in zip(NAMES, errors, strict=False))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Above: picture, hole ({100 * hole.mean():.0f} %); below: Telea, Navier-Stokes, PatchMatch. Root mean square error in the hole, of 255: {listed}.",
            f"上排：原图、挖去 {100 * hole.mean():.0f} %；下排：Telea、Navier-Stokes、PatchMatch。洞内均方根误差（0–255 灰度）：{listed}。",
        ),
        facts={name.en: error for name, error in zip(NAMES, errors, strict=False)},
    )


def _error(picture: Pixels, image: Pixels, hole: Hole) -> float:
    return float(np.sqrt(np.mean((picture[hole].astype(float) - image[hole]) ** 2)))
