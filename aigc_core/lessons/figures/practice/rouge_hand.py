"""ROUGE of two sentences, with every match drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from matplotlib.axes import Axes

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.metrics.rouge import alignment, characters, rouge, words

MOST = 24
"""Tokens shown of each."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Draw candidate against reference; ``values``: ``candidate``, ``reference``. Chinese is counted by characters."""
    del seed
    candidate, reference = str(values["candidate"]), str(values["reference"])
    units = characters if any("一" <= c <= "鿿" for c in candidate + reference) else words
    c, r = units(candidate), units(reference)
    score = rouge(candidate, reference, units)
    longest = len(alignment(c, r))
    figure, axes = plot.canvas(width=6.4, height=1.6 + 0.22 * min(max(len(r), 1), MOST))
    _matches(axes, c[:MOST], r[:MOST])
    yield Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"ROUGE-1 {score.rouge1:.3f}, ROUGE-2 {score.rouge2:.3f}, ROUGE-L {score.rougeL:.3f}; {len(c)} tokens against {len(r)}, "
            f"longest common subsequence {longest}.",
            f"ROUGE-1 {score.rouge1:.3f}，ROUGE-2 {score.rouge2:.3f}，ROUGE-L {score.rougeL:.3f}；候选 {len(c)} 个单位，参考 {len(r)} 个，"
            f"最长公共子序列 {longest}。",
        ),
        legend=(
            Mark(
                colour=plot.COLOURS[1],
                words=Words("equal words (columns: candidate, rows: reference)", "相同的词（列：候选，行：参考）"),
            ),
            Mark(colour=plot.COLOURS[0], words=Words("a longest common subsequence", "一条最长公共子序列")),
        ),
        facts={"rouge1": score.rouge1, "rouge2": score.rouge2, "rougeL": score.rougeL, "longest": longest},
    )


def _matches(axes: Axes, c: list[str], r: list[str]) -> None:
    for i, a in enumerate(c):
        for j, b in enumerate(r):
            if a == b:
                axes.plot(i, j, "s", color=plot.COLOURS[1], markersize=8, alpha=0.6)
    path = alignment(c, r)
    if path:
        axes.plot(*zip(*path, strict=True), "o-", color=plot.COLOURS[0], markersize=4)
    axes.set_xticks(
        range(len(c)),
        c,
        rotation=0 if all(len(a) < 3 for a in c) else 50,
        ha="center" if all(len(a) < 3 for a in c) else "left",
        fontsize=9,
    )
    axes.set_yticks(range(len(r)), r, fontsize=9)
    axes.set(xlim=(-0.6, max(len(c), 1) - 0.4), ylim=(max(len(r), 1) - 0.4, -0.6))
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.grid(True, alpha=0.4)
