"""Two densities moved apart: Jensen–Shannon divergence, total variation and Wasserstein distance, and the slope of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.metrics.divergences import bump, gaussian, jensen_shannon, total_variation, wasserstein_1

SHAPES = {"gaussian": (gaussian, 0.6), "bump": (bump, 1.0)}
FARTHEST = 6.0
LINE = np.linspace(-5, 11, 1601)
DX = float(LINE[1] - LINE[0])
APART = np.linspace(0, FARTHEST, 61)
MEASURES = (jensen_shannon, total_variation, wasserstein_1)
COLOURS = (plot.COLOURS[4], plot.COLOURS[3], plot.COLOURS[5])
FRAMES = 4


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Move q away to ``distance``; ``values``: ``shape``, ``distance``."""
    density, width = SHAPES[values["shape"]]
    p = density(LINE, 0.0, width)
    curves = np.array([[measure(p, density(LINE, at, width), DX) for at in APART] for measure in MEASURES])
    for i in range(1, FRAMES + 1):
        distance = float(values["distance"]) * i / FRAMES
        yield _frame(p, density(LINE, distance, width), distance, curves)


def _frame(p: np.ndarray, q: np.ndarray, distance: float, curves: np.ndarray) -> Frame:
    figure, (above, values, slopes) = plot.canvas(3, 1, height=5.0, height_ratios=(1, 1.3, 1.1))
    above.fill_between(LINE, p, color=plot.COLOURS[0], alpha=0.4)
    above.fill_between(LINE, q, color=plot.COLOURS[1], alpha=0.4)
    above.set(xlim=(-2, 8), ylim=(0, None), yticks=(), xlabel="$x$")
    steepness = np.gradient(curves, APART, axis=1)
    for curve, slope, colour in zip(curves, steepness, COLOURS, strict=True):
        values.plot(APART, curve, color=colour)
        slopes.plot(APART, slope, color=colour)
    values.set(ylabel="$d(p, q)$", xlim=(0, FARTHEST), ylim=(0, 2))
    slopes.set(ylabel="$\\partial d/\\partial\\Delta$", xlabel="$\\Delta$", xlim=(0, FARTHEST), ylim=(-0.05, 1.15))
    for axes in (values, slopes):
        axes.axvline(distance, color="#808080", linestyle=":")
    now = [measure(p, q, DX) for measure in MEASURES]
    flat = [float(np.interp(distance, APART, slope)) for slope in steepness]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Δ = {distance:.2f}: JSD {now[0]:.3f} (slope {flat[0]:.3f}), total variation {now[1]:.3f} (slope {flat[1]:.3f}), "
            f"Wasserstein-1 {now[2]:.3f} (slope {flat[2]:.3f}).",
            f"Δ = {distance:.2f}：JSD {now[0]:.3f}（斜率 {flat[0]:.3f}），全变差 {now[1]:.3f}（斜率 {flat[1]:.3f}），"
            f"Wasserstein-1 {now[2]:.3f}（斜率 {flat[2]:.3f}）。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("data p", "数据 p")),
            Mark(colour=plot.COLOURS[1], words=Words("generator q", "生成器 q")),
            Mark(colour=COLOURS[0], words=Words("JSD", "JSD")),
            Mark(colour=COLOURS[1], words=Words("total variation", "全变差")),
            Mark(colour=COLOURS[2], words=Words("Wasserstein-1", "Wasserstein-1")),
        ),
        facts={"jsd": now[0], "tv": now[1], "w1": now[2], "jsd_slope": flat[0], "tv_slope": flat[1], "w1_slope": flat[2]},
    )
