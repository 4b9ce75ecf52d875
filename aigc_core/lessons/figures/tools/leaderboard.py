"""The probability that a leaderboard of n test examples puts the worse model first: a formula and a thousand repeated exams."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words

ACCURACY = 0.70
"""Accuracy of the worse model; the better one is ``gap`` above it."""
EXAMS = 2000
FRAMES = 4


def wrong_order(accuracy: float, gap: float, count: int) -> float:
    """P(the worse model scores higher) ≈ Φ(−Δ/σ), σ² = (p(1 − p) + q(1 − q))/n, of two exams with n questions of their own.

    The normal approximation to the difference of two binomial shares; ties count half.
    """
    other = accuracy + gap
    variance = (accuracy * (1 - accuracy) + other * (1 - other)) / count
    return 0.5 * math.erfc(gap / math.sqrt(2 * variance))


def exams(rng: np.random.Generator, accuracy: float, gap: float, count: int, times: int) -> np.ndarray:
    """Scores (times, 2) of the worse and the better model."""
    return rng.binomial(count, [accuracy, accuracy + gap], (times, 2)) / count


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``values``: ``count`` (test examples) and ``gap`` in percentage points."""
    count, gap = int(values["count"]), float(values["gap"]) / 100
    rng = np.random.default_rng(seed)
    scores = np.empty((0, 2))
    for _ in range(FRAMES):
        scores = np.concatenate([scores, exams(rng, ACCURACY, gap, count, EXAMS // FRAMES)])
        yield _frame(scores, wrong_order(ACCURACY, gap, count))


def _frame(scores: np.ndarray, formula: float) -> Frame:
    worse, better = scores.T
    counted = float((worse > better).mean() + (worse == better).mean() / 2)
    figure, axes = plot.canvas(height=2.8)
    edges = np.linspace(0.5, 1.0, 61)
    axes.hist(worse, bins=edges, color=plot.COLOURS[1], alpha=0.6)
    axes.hist(better, bins=edges, color=plot.COLOURS[0], alpha=0.6)
    axes.set(xlim=(0.5, 1.0), yticks=[], xlabel="$p$")
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"In {len(scores):,} exams the worse model came first in {counted:.1%}; the formula says {formula:.1%}.",
            f"{len(scores):,} 次考试中，较差的模型有 {counted:.1%} 排在前面；公式给出 {formula:.1%}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("scores of the better model", "较好模型的得分")),
            Mark(colour=plot.COLOURS[1], words=Words("scores of the worse model", "较差模型的得分")),
        ),
        facts={"counted": counted, "formula": formula},
    )
