"""The denoiser is an average over the clean points that may lie behind a noisy one; the score points towards it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion.toys import LINE
from aigc_core.lessons.words import Words

FRAMES = 6
NOISIEST = 4.0
SLOPE = 1e-4  # half the width over which the derivative is measured


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """The noise falls to ``sigma``; ``x`` is the noisy point."""
    for sigma in np.geomspace(NOISIEST, float(values["sigma"]), FRAMES):
        yield _frame(float(values["x"]), float(sigma))


def _frame(x: float, sigma: float) -> Frame:
    at = torch.linspace(-4, 4, 801, dtype=torch.float64)[:, None]
    here = torch.tensor([[x]], dtype=torch.float64)
    denoised = float(LINE(here, sigma))
    up, down = (float(LINE.log_density(here + side * SLOPE, sigma)) for side in (1, -1))
    measured, score = (up - down) / (2 * SLOPE), float(LINE.score(here, sigma))
    behind = (LINE.log_density(at, 0) - (at[:, 0] - x) ** 2 / (2 * sigma**2)).softmax(0)  # p(x_0 | x) on the grid
    spread = float((behind * (at[:, 0] - denoised) ** 2).sum())

    figure, (top, bottom) = plot.canvas(2, 1, sharex=True, height=3.6)
    top.fill_between(at[:, 0], LINE.log_density(at, sigma).exp(), color=plot.COLOURS[0], alpha=0.35, linewidth=0)
    top.axvline(x, color=plot.COLOURS[1])
    height = 0.55 * top.get_ylim()[1]
    top.annotate(
        "", (denoised, height), (x, height), arrowprops={"arrowstyle": "->", "color": plot.COLOURS[3], "lw": 2}
    )
    top.set(ylabel=r"$p(x;\sigma)$", ylim=(0, None))
    bottom.fill_between(at[:, 0], behind / 0.01, color=plot.COLOURS[2], alpha=0.45, linewidth=0)
    bottom.axvline(denoised, color=plot.COLOURS[3], linestyle="--")
    bottom.set(ylabel=r"$p(x_0\,|\,x)$", xlabel="$x,\\ x_0$", xlim=(-4, 4), ylim=(0, None))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"σ = {sigma:.2f}: x = {x:.2f}, D = {denoised:.3f}. Slope of log p: (D − x)/σ² = {score:.3f}, measured on the curve "
            f"{measured:.3f}. Variance left, which no network can predict: {spread:.3f}.",
            f"σ = {sigma:.2f}：x = {x:.2f}，D = {denoised:.3f}。log p 的斜率：(D − x)/σ² = {score:.3f}，在曲线上量得 {measured:.3f}。"
            f"任何网络都预测不了的剩余方差：{spread:.3f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("density of noisy points", "带噪点的密度")),
            Mark(colour=plot.COLOURS[1], words=Words("x, the noisy point you hold", "x：手里的带噪点")),
            Mark(colour=plot.COLOURS[2], words=Words("clean points that may lie behind it", "背后可能的干净点")),
            Mark(colour=plot.COLOURS[3], words=Words("D(x, σ), their mean", "D(x, σ)：它们的均值"), dashed=True),
        ),
        facts={"denoised": denoised, "score": score, "measured": measured, "variance": spread},
    )
