"""Forecasting the learning curve of our GPT from its beginning, beside what came."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.metrics.power_law import PowerLaw, fit
from aigc_core.weights import CHECKPOINTS

_ROW = re.compile(r"^\| (\d+) \| [\d.]+ \| [\d.]+ \| ([\d.]+) \|$", re.M)
Curve = NDArray[np.float64]


@cache
def curve() -> Curve:
    """Step and bits a byte on held-out novels, (2, N), of the training log in the model card."""
    card = (CHECKPOINTS / "text-gpt-en" / "README.md").read_text("utf-8")
    return np.array([[float(step), float(bits)] for step, bits in _ROW.findall(card)]).T


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """See more and more of the curve, up to step ``seen``, and forecast the rest."""
    steps, bits = curve()
    most = int((steps <= float(values["seen"])).sum())
    for count in np.unique(np.linspace(3, most, 5).round().astype(int)).tolist():
        yield _frame(steps, bits, count, fit(steps[:count], bits[:count]))


def _frame(steps: Curve, bits: Curve, count: int, law: PowerLaw) -> Frame:
    figure, axes = plot.canvas()
    line = np.linspace(150, 4000, 200)
    axes.plot(steps[count:], bits[count:], "o", color="#8a90a0", markersize=3, alpha=0.6)
    axes.plot(steps[:count], bits[:count], "o", color=plot.COLOURS[0], markersize=4)
    axes.plot(line, law(line), color=plot.COLOURS[1])
    axes.set(xlabel="$s$", ylabel="bit / byte", xlim=(0, 4000), ylim=(1.4, 2.0))
    forecast, came = float(law(steps[-1:])[0]), float(bits[-1])
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Seen up to step {steps[count - 1]:.0f}: the law {law.floor:.2f} + {law.scale:.3g}·s^−{law.exponent:.2f} forecasts {forecast:.3f} "
            f"for step {steps[-1]:.0f}; {came:.3f} came.",
            f"看到第 {steps[count - 1]:.0f} 步：幂律 {law.floor:.2f} + {law.scale:.3g}·s^−{law.exponent:.2f} 预测第 {steps[-1]:.0f} 步为 {forecast:.3f}，"
            f"实际为 {came:.3f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("seen by the forecast", "预测时已知")),
            Mark(colour="#8a90a0", words=Words("what came", "后来的真实结果")),
            Mark(colour=plot.COLOURS[1], words=Words("forecast", "预测")),
        ),
        facts={"forecast": forecast, "came": came},
    )
