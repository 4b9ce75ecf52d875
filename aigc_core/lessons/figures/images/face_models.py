"""Faces of three models of this suite from the same seeds, with their distance to real faces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from aigc_core import registry
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.figures.diffusion import faces
from aigc_core.lessons.words import Words
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Shipped
from aigc_core.weights import CHECKPOINTS

MODELS = ("faces-vae-64", "faces-gan-128", "faces-diffusion-128")
COLUMNS = 7


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``truncation``: ψ of the VAE and the GAN; the diffusion model has none."""
    rows: dict[str, list[Image.Image]] = {}
    for name in MODELS:
        settings: dict[str, Any] = {} if "diffusion" in name else {"truncation": float(values["truncation"])}
        requests = [FacesRequest(model=name, count=1, seed=one, **settings) for one in seeds_from(seed + 1, COLUMNS)]
        rows[name] = _model(name).batch(requests)
        yield _frame(rows)


@cache
def _model(name: str) -> Any:
    return registry.load(name)


@cache
def _kid(name: str) -> float:
    """KID × 1000 at ψ = 1, from the checkpoint's ``eval.json``."""
    source = registry.find(name).source
    assert isinstance(source, Shipped)
    rows = json.loads(Path(CHECKPOINTS / source.folder / "eval.json").read_text("utf-8"))["rows"]
    return float(next(row["kid-lite0"] for row in rows if row["model"] == name and "kid-lite0" in row))


def _frame(rows: Mapping[str, list[Image.Image]]) -> Frame:
    figure, axes = plot.canvas(1, COLUMNS, height=3.2)
    for column, place in enumerate(axes):
        plot.picture(place, faces.stack([row[column] for row in rows.values()], 60))
    scores = {name: _kid(name) for name in rows}
    listed = ", ".join(f"{name} {score:.1f}" for name, score in scores.items())
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Rows: {', '.join(rows)}. KID × 1000 against held-out real faces, at ψ = 1 (lower is better): {listed}.",
            f"各行依次为：{'、'.join(rows)}。与留出的真实人脸的 KID × 1000（ψ = 1，越低越好）：{listed}。",
        ),
        facts=scores,
    )
