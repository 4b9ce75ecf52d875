"""A power law through our GPT's own training curve, and what it promises for more text.

L(D) = L_∞ + (D₀ / D)^α: Kaplan et al. 2020, arXiv:2001.08361, with the floor of Hoffmann et al. 2022, arXiv:2203.15556, eq. 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aigc_core import weights
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words

TOKENS_A_STEP = 8 * 512
FIRST_LEG = 1800
"""Steps of the card's first leg; the second begins with a raised learning rate, which no law of data describes."""
_ROW = re.compile(r"^\| (\d+) \| [\d.]+ \| ([\d.]+) \| ([\d.]+) \|$", re.M)


def curve(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Tokens read and bits per byte on the validation texts (``simple`` stories or ``novels``), from the model card."""
    card = (weights.CHECKPOINTS / "text-gpt-en" / "README.md").read_text("utf-8")
    rows = np.array([[float(cell) for cell in row] for row in _ROW.findall(card)])
    rows = rows[rows[:, 0] <= FIRST_LEG]
    return rows[:, 0] * TOKENS_A_STEP, rows[:, 1 if kind == "simple" else 2]


def fit(tokens: np.ndarray, bits: np.ndarray) -> tuple[float, float, float]:
    """(L_∞, D₀, α) by least squares: a straight line in logarithms for each floor tried, the best floor kept."""
    best = (np.inf, 0.0, 1.0, 1.0)
    for floor in np.linspace(0, bits.min() * 0.995, 200):
        slope, offset = np.polyfit(np.log(tokens), np.log(bits - floor), 1)
        error = float(np.square(floor + np.exp(offset) * tokens**slope - bits).sum())
        best = min(best, (error, float(floor), float(np.exp(-offset / slope)), -float(slope)))
    return best[1:]


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``values``: ``kind`` and ``shown`` (the share of the curve that the fit may see). The seed is not used."""
    tokens, bits = curve(str(values["kind"]))
    seen = max(4, round(float(values["shown"]) * len(tokens)))
    floor, scale, alpha = fit(tokens[:seen], bits[:seen])
    ahead = np.geomspace(tokens[0], tokens[-1] * 100, 200)
    law = floor + (scale / ahead) ** alpha
    figure, axes = plot.canvas()
    axes.semilogx(ahead, law, "--", color=plot.COLOURS[1])
    axes.semilogx(tokens[seen:], bits[seen:], "o", markersize=4, color=plot.COLOURS[2])
    axes.semilogx(tokens[:seen], bits[:seen], "o", markersize=4, color=plot.COLOURS[0])
    axes.set(xlabel="$D$", ylabel="bit / byte")
    miss = float(np.abs(floor + (scale / tokens[-1]) ** alpha - bits[-1]))
    tenfold = float(floor + (scale / (10 * tokens[-1])) ** alpha)
    yield Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"L = {floor:.2f} + ({scale:.2g}/D)^{alpha:.2f}. It misses the last measured point by {miss:.3f} bits a byte and promises {tenfold:.2f} for ten times the text.",
            f"L = {floor:.2f} + ({scale:.2g}/D)^{alpha:.2f}。它与最后一个实测点相差 {miss:.3f} 比特/字节，并预言：文本多十倍时为 {tenfold:.2f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("measured, used for the fit", "实测，用于拟合")),
            Mark(colour=plot.COLOURS[2], words=Words("measured, hidden from the fit", "实测，未参与拟合")),
            Mark(colour=plot.COLOURS[1], words=Words("the law", "幂律"), dashed=True),
        ),
        facts={"floor": floor, "alpha": alpha, "miss": miss, "tenfold": tenfold},
    )
