"""q(x'|x, x_0) twice: Bayes' rule on a grid that gets finer, and the closed form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.sampling.diffusion.posterior import posterior

X_0, SIGMA = 1.0, 1.0
GRIDS = (9, 17, 33, 65, 257)
EDGE = 3.5


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``after``: σ' as a share of σ; ``x``: the noisy point."""
    after, x = float(values["after"]) * SIGMA, float(values["x"])
    for points in GRIDS:
        yield _frame(after, x, points)


def _frame(after: float, x: float, points: int) -> Frame:
    grid = np.linspace(X_0 - EDGE, X_0 + EDGE, points)
    width = grid[1] - grid[0]
    prior = _normal(grid, X_0, after)
    likelihood = _normal(x, grid, np.sqrt(SIGMA**2 - after**2))
    product = prior * likelihood
    product /= max(product.sum(), 1e-300) * width
    mean = float((product * grid).sum() * width)
    deviation = float(np.sqrt((product * (grid - mean) ** 2).sum() * width))
    (exact_mean,), exact_deviation = posterior(torch.tensor([x]), torch.tensor([X_0]), SIGMA, after)

    fine = np.linspace(X_0 - EDGE, X_0 + EDGE, 400)
    figure, axes = plot.canvas()
    axes.plot(fine, _normal(fine, X_0, after), color=plot.COLOURS[0])
    axes.plot(fine, _normal(x, fine, np.sqrt(SIGMA**2 - after**2)), color=plot.COLOURS[1])
    axes.bar(grid, product, width, color=plot.COLOURS[2], alpha=0.4)
    axes.plot(fine, _normal(fine, float(exact_mean), exact_deviation), color=plot.COLOURS[3], linestyle="--")
    axes.axvline(x, color=plot.COLOURS[1], linewidth=0.8, linestyle=":")
    axes.axvline(X_0, color=plot.COLOURS[0], linewidth=0.8, linestyle=":")
    axes.set(xlabel="x′", xlim=(X_0 - EDGE, X_0 + EDGE), ylim=(0, None))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Bayes' rule on {points} grid points: mean {mean:.4f}, deviation {deviation:.4f}. "
            f"Closed form: {float(exact_mean):.4f} and {exact_deviation:.4f}.",
            f"在 {points} 个格点上用贝叶斯公式：均值 {mean:.4f}，标准差 {deviation:.4f}。"
            f"闭式解：{float(exact_mean):.4f}，{exact_deviation:.4f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("q(x′ | x₀), from the clean point", "q(x′ | x₀)：从干净点出发")),
            Mark(colour=plot.COLOURS[1], words=Words("q(x | x′), how well x′ explains x", "q(x | x′)：x′ 对 x 的解释")),
            Mark(colour=plot.COLOURS[2], words=Words("their product, made to sum to 1", "两者相乘再归一化")),
            Mark(colour=plot.COLOURS[3], words=Words("closed form", "闭式解"), dashed=True),
        ),
        facts={"mean": float(exact_mean), "deviation": exact_deviation, "grid_mean": mean, "grid_deviation": deviation},
    )


def _normal(x: Any, mean: Any, deviation: Any) -> np.ndarray:
    density: np.ndarray = np.exp(-((x - mean) ** 2) / (2 * deviation**2)) / (deviation * np.sqrt(2 * np.pi))
    return density
