"""Scores of two sets that are equally good, against how many samples they are computed from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from aigc_core import runtime
from aigc_core.evaluation.faces import kid, manifolds
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.metrics.frechet import frechet

COUNTS = (20, 50, 100, 200, 500)
SHOWN = (2, len(COUNTS))
Score = dict[str, float]


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Compare N(0, I) with N(shift, I) at growing counts; ``values``: ``size`` (features), ``shift`` of the first one."""
    size, shift = int(values["size"]), float(values["shift"])
    real, fake = runtime.noise([seed, seed + 1], (COUNTS[-1], size))
    fake[:, 0] += shift
    scores: list[Score] = []
    for i, count in enumerate(COUNTS, 1):
        scores.append(_score(real[:count], fake[:count]))
        if i in SHOWN:
            yield _frame(COUNTS[:i], scores, shift)


def _score(real: torch.Tensor, fake: torch.Tensor) -> Score:
    value, error = kid(real, fake, subsets=10, size=min(100, len(real) // 2))
    kinds = manifolds(real, fake)
    return {"fid": frechet(real, fake), "kid": value, "error": error} | {
        k: float(kinds[k]) for k in ("precision", "recall")
    }


def _frame(counts: tuple[int, ...], scores: list[Score], shift: float) -> Frame:
    figure, panels = plot.canvas(1, 3, height=2.7)
    series = {name: np.array([score[name] for score in scores]) for name in scores[0]}
    panels[0].loglog(counts, np.clip(series["fid"], 1e-2, None), "o-", color=plot.COLOURS[0])
    panels[0].axhline(max(shift**2, 1e-2), color=plot.COLOURS[3], linestyle="--")
    panels[0].set(ylabel="FID", ylim=(0.009, 200))
    panels[1].fill_between(
        counts,
        series["kid"] - 2 * series["error"],
        series["kid"] + 2 * series["error"],
        color=plot.COLOURS[1],
        alpha=0.25,
    )
    panels[1].semilogx(counts, series["kid"], "o-", color=plot.COLOURS[1])
    panels[1].axhline(0, color="gray", linestyle=":", linewidth=1)
    reach = max(100.0, 1.2 * float(np.abs(series["kid"]).max()))
    panels[1].set(ylabel=r"KID$\times 1000$", ylim=(-reach, reach))
    panels[2].semilogx(counts, series["precision"], "o-", color=plot.COLOURS[2])
    panels[2].semilogx(counts, series["recall"], "o--", color=plot.COLOURS[4])
    panels[2].set(ylabel="$P$, $R$", ylim=(0, 1.02))
    for axes in panels:
        axes.set(xlabel="$n$", xlim=(15, 700))
        axes.set_xticks((20, 100, 500), ("20", "100", "500"))
        axes.minorticks_off()
    last, n = scores[-1], counts[-1]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"n = {n}: FID {last['fid']:.2f} (truth {shift**2:.2f}), KID×1000 {last['kid']:.1f} ± {last['error']:.1f}, "
            f"precision {last['precision']:.2f}, recall {last['recall']:.2f}. With n = {counts[0]} FID was {scores[0]['fid']:.2f}.",
            f"n = {n}：FID {last['fid']:.2f}（真值 {shift**2:.2f}），KID×1000 为 {last['kid']:.1f} ± {last['error']:.1f}，"
            f"精确率 {last['precision']:.2f}，召回率 {last['recall']:.2f}。n = {counts[0]} 时 FID 为 {scores[0]['fid']:.2f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("FID", "FID")),
            Mark(colour=plot.COLOURS[3], words=Words("true distance", "真实距离"), dashed=True),
            Mark(colour=plot.COLOURS[1], words=Words("KID, two standard errors", "KID，±2 倍标准误")),
            Mark(colour=plot.COLOURS[2], words=Words("precision", "精确率")),
            Mark(colour=plot.COLOURS[4], words=Words("recall", "召回率"), dashed=True),
        ),
        facts={name: last[name] for name in ("fid", "kid", "precision", "recall")},
    )
