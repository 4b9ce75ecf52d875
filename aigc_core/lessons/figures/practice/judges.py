"""The face models before two judges, from the measurements that their checkpoints carry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from aigc_core import weights
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words

NAMES = {
    "faces-diffusion-128": Words("latent diffusion", "潜空间扩散"),
    "faces-gan-128": Words("GAN", "GAN"),
    "faces-fastgan-64": Words("projected GAN, early", "投影 GAN（早期）"),
    "faces-vae-64": Words("VAE", "VAE"),
    "faces-dcgan-64": Words("DCGAN (others' weights)", "DCGAN（他人权重）"),
    "real faces, blurred 1.5 px": Words("real faces, blurred", "模糊后的真实人脸"),
}
COLOURS = dict(zip(NAMES, plot.COLOURS, strict=True))
Row = dict[str, Any]


@cache
def rows() -> tuple[Row, ...]:
    """Every model's rows of ``eval.json``, and the references', once each."""
    found: dict[tuple[str, str], Row] = {}
    for folder in sorted(weights.CHECKPOINTS.glob("faces-*")):
        file = folder / "eval.json"
        if file.exists():
            for row in json.loads(file.read_text("utf-8")).get("rows", ()):
                if row["model"] in NAMES:
                    found.setdefault((row["model"], row["space"]), row)
    return tuple(found.values())


def ranking(space: str) -> list[Row]:
    """The rows of one feature space, the lowest KID first."""
    return sorted((row for row in rows() if row["space"] == space), key=lambda row: float(row[f"kid-{space}"]))


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Draw KID, and precision against recall; ``values``: ``judge`` (``lite0`` or ``vgg16``)."""
    del seed
    judge = str(values["judge"])
    order = ranking(judge)
    figure, (left, right) = plot.canvas(1, 2, height=3.0)
    _bars(left, order, judge)
    for row in order:
        right.plot(row["recall"], row["precision"], "o", color=COLOURS[row["model"]], markersize=9)
    right.set(xlabel="$R$", ylabel="$P$", xlim=(0, 1), ylim=(0, 1))
    other = ranking("vgg16" if judge == "lite0" else "lite0")
    yield Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Best to worst by KID in {judge}: {_listed(order, 0)}. The other judge says: {_listed(other, 0)}.",
            f"按 {judge} 的 KID 从好到坏：{_listed(order, 1)}。另一位裁判的排序：{_listed(other, 1)}。",
        ),
        legend=tuple(Mark(colour=COLOURS[row["model"]], words=NAMES[row["model"]]) for row in order),
        facts={row["model"]: float(row[f"kid-{judge}"]) for row in order},
    )


def _bars(axes: Axes, order: list[Row], judge: str) -> None:
    scores = [float(row[f"kid-{judge}"]) for row in order]
    place = np.arange(len(order))[::-1]
    axes.barh(place, scores, color=[COLOURS[row["model"]] for row in order], height=0.6)
    for y, score in zip(place, scores, strict=True):
        axes.text(score, y, f" {score:.0f}", va="center", fontsize=9)
    axes.set(xlabel=r"KID$\times 1000$", yticks=[], xlim=(0, 1.18 * scores[-1]))


def _listed(order: list[Row], language: int) -> str:
    return " < ".join(NAMES[row["model"]][language] for row in order)
