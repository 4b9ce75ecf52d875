"""Two unbiased gradients of an expectation, and how far their samples scatter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from aigc_core import runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.training.gradient_estimators import pathwise, score_function

SAMPLES = 2000
DIMENSIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
LOSSES: dict[str, Callable[[Tensor], Tensor]] = {
    "bowl": lambda z: 0.5 * (z - 1).square().sum(1),
    "stairs": lambda z: 0.5 * (1 - torch.sign(z - 1)).sum(1),
}


def exact(loss: str, deviation: float) -> float:
    """The gradient in one number of μ at μ = 0."""
    return -1.0 if loss == "bowl" else -math.exp(-0.5 / deviation**2) / (deviation * math.sqrt(2 * math.pi))


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Estimate the gradient in μ_1 for more and more latents; ``values``: ``loss``, ``dimensions`` (log2), ``deviation``."""
    loss, deviation = str(values["loss"]), float(values["deviation"])
    chosen = 2 ** int(values["dimensions"])
    noise = torch.randn(SAMPLES, DIMENSIONS[-1], generator=runtime.generator(seed))
    estimates = {size: _estimates(loss, deviation, noise[:, :size]) for size in DIMENSIONS}
    for upto in (3, 6, len(DIMENSIONS)):
        yield _frame(estimates, DIMENSIONS[:upto], chosen, exact(loss, deviation))


def _estimates(loss: str, deviation: float, noise: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Estimates of the first number of the gradient, pathwise and by the score function, (N,) each."""
    value, mean = LOSSES[loss], torch.zeros(noise.shape[1])
    ours, theirs = pathwise(value, mean, deviation, noise), score_function(value, mean, deviation, noise)
    return ours[:, 0].numpy(), theirs[:, 0].numpy()


def _frame(
    estimates: Mapping[int, tuple[np.ndarray, np.ndarray]], shown: tuple[int, ...], chosen: int, true: float
) -> Frame:
    figure, (left, right) = plot.canvas(1, 2, height=3.0)
    ours, theirs = estimates[chosen]
    _histograms(left, ours, theirs, true)
    for i in range(2):
        spread = [max(float(estimates[size][i].std()), 1e-4) for size in shown]
        right.loglog(shown, spread, marker="o", markersize=4, color=plot.COLOURS[i])
    right.axvline(chosen, color="gray", linestyle=":", linewidth=1)
    right.set(xlabel="$Z$", ylabel=r"$\sigma$", xlim=(0.8, 320))
    ratio = float(theirs.var() / max(ours.var(), 1e-12))
    shown_ratio = f"{ratio:,.0f}" if ours.var() else "∞"
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"True gradient {true:.3f}. With {chosen} latents: reparameterised {ours.mean():.3f} ± {ours.std():.3f} a sample, "
            f"score function {theirs.mean():.3f} ± {theirs.std():.2f}; ratio of the variances {shown_ratio}.",
            f"真实梯度 {true:.3f}。{chosen} 维潜变量时，单个样本的估计：重参数化 {ours.mean():.3f} ± {ours.std():.3f}，"
            f"得分函数 {theirs.mean():.3f} ± {theirs.std():.2f}；方差之比 {shown_ratio}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("reparameterised", "重参数化")),
            Mark(colour=plot.COLOURS[1], words=Words("score function (REINFORCE)", "得分函数（REINFORCE）")),
            Mark(colour=plot.COLOURS[3], words=Words("true gradient", "真实梯度"), dashed=True),
        ),
        facts={"true": true, "pathwise": float(ours.mean()), "score": float(theirs.mean()), "ratio": ratio},
    )


def _histograms(axes: Axes, ours: np.ndarray, theirs: np.ndarray, true: float) -> None:
    """Both on one scale, which the wider one sets."""
    reach = max(float(np.quantile(np.abs(theirs - true), 0.98)), float(np.abs(ours - true).max()), 1e-3)
    bins = np.linspace(true - reach, true + reach, 60)
    for i, values in enumerate((ours, theirs)):
        axes.hist(
            np.clip(values, bins[0], bins[-1]), bins=bins.tolist(), density=True, alpha=0.6, color=plot.COLOURS[i]
        )
    axes.axvline(true, color=plot.COLOURS[3], linestyle="--")
    axes.set(xlabel=r"$\hat{g}_1$", yticks=[])
