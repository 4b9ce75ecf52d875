"""Quality against diversity: faces at a truncation, and where they lie on the measured curve of precision and recall."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from aigc_core import weights
from aigc_core.engine import Engine, drain
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.tasks.faces import FacesRequest

FACES = 8


@cache
def _engine() -> Engine:
    return Engine(max_loaded=2)


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``values``: ``model`` (``faces-gan-128`` or ``faces-vae-64``) and ``truncation`` ψ."""
    model, psi = str(values["model"]), float(values["truncation"])
    curve = measured(model)
    yield _frame(curve, psi, [])
    faces = drain(_engine().run(FacesRequest(model=model, count=FACES, truncation=psi, seed=seed))).output.images
    yield _frame(curve, psi, faces)


def measured(model: str) -> np.ndarray:
    """The curve in the model's card as rows (ψ, precision, recall), ψ ascending; see :mod:`aigc_core.evaluation.faces_curve`."""
    record = json.loads((weights.CHECKPOINTS / model / "eval.json").read_text("utf-8"))
    rows = [
        (row["value"], row["precision"], row["recall"]) for row in record["curve"] if row["setting"] == "truncation"
    ]
    return np.array(sorted(rows))


def difference(faces: list[Any]) -> float:
    """Mean absolute difference between two of the pictures, over all pairs, in levels of 0…255."""
    stack = np.stack([np.asarray(face.convert("RGB"), np.float32) for face in faces])
    pairs = [np.abs(a - b).mean() for i, a in enumerate(stack) for b in stack[i + 1 :]]
    return float(np.mean(pairs))


def _frame(curve: np.ndarray, psi: float, faces: list[Any]) -> Frame:
    figure, axes = plot.canvas(1, 2, height=3.2, gridspec_kw={"width_ratios": [1, 1.6]})
    left, right = axes
    left.plot(curve[:, 2], curve[:, 1], "o-", color=plot.COLOURS[0])
    for value, precision, recall in curve:
        left.annotate(rf"$\psi$={value:g}", (recall, precision), textcoords="offset points", xytext=(5, 4), fontsize=7)
    at = [float(np.interp(psi, curve[:, 0], curve[:, i])) for i in (2, 1)]
    left.plot(*at, "o", color=plot.COLOURS[1], markersize=10)
    left.set(xlim=(-0.05, 0.75), ylim=(0.5, 1.0), xlabel="R", ylabel="P")
    right.set_axis_off()
    if faces:
        sheet = np.concatenate(
            [np.concatenate([np.asarray(f.convert("RGB")) for f in faces[i : i + 4]], axis=1) for i in (0, 4)], axis=0
        )
        right.imshow(sheet, interpolation="nearest")
    apart = difference(faces) if faces else 0.0
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"ψ = {psi:g}: precision about {at[1]:.2f}, recall about {at[0]:.2f} (measured on 300 faces a point, read between the points). "
            + (f"Two of these eight faces differ by {apart:.1f} of 255 levels on average." if faces else ""),
            f"ψ = {psi:g}：精确率约 {at[1]:.2f}，召回率约 {at[0]:.2f}（每点用 300 张脸测得，点间为插值）。"
            + (f"这 8 张脸两两平均相差 {apart:.1f} 级（满分 255）。" if faces else ""),
        ),
        legend=(
            Mark(
                colour=plot.COLOURS[0],
                words=Words("measured: precision (P) against recall (R)", "实测：精确率 P 与召回率 R"),
            ),
            Mark(colour=plot.COLOURS[1], words=Words("the faces on the right", "右侧的人脸")),
        ),
        facts={"precision": at[1], "recall": at[0], "difference": apart},
    )
