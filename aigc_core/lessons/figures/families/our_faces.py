"""The same seeds through our own VAE, GAN and latent diffusion: three families at one task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from PIL import Image

from aigc_core import registry
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.words import Words
from aigc_core.tasks.faces import FacesRequest
from aigc_core.types import Pipeline, Result

MODELS = ("faces-vae-64", "faces-gan-128", "faces-diffusion-128")
FACES = 6
SIDE = 64
"""Pixels of a face as shown."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """A row of faces a model, one row after the other; no ``values``."""
    rows: list[list[Image.Image]] = []
    for name in MODELS:
        rows.append(_faces(name, seed))
        yield _frame(rows)


@cache
def _pipeline(name: str) -> Pipeline:
    return registry.load(name)


def _faces(name: str, seed: int) -> list[Image.Image]:
    for event in _pipeline(name).stream(FacesRequest(model=name, count=FACES, seed=seed)):
        if isinstance(event, Result):
            return [image.resize((SIDE, SIDE), Image.Resampling.LANCZOS) for image in event.output.images]
    raise AssertionError("a stream ends in its result")


def _frame(rows: list[list[Image.Image]]) -> Frame:
    blank = Image.new("RGBA", (SIDE, SIDE))
    images = [image for row in rows for image in row] + [blank] * (FACES * (len(MODELS) - len(rows)))
    return Frame(
        svg=plot.svg(plot.pictures(images, columns=FACES)),
        caption=Words(
            "Rows from the top: VAE (one pass), GAN (one pass), latent diffusion (six steps and a decoder). Same seeds, nothing picked.",
            "自上而下：VAE（一次前向）、GAN（一次前向）、潜空间扩散（六步采样加解码）。种子相同，未经挑选。",
        ),
        facts={"rows": float(len(rows))},
    )
