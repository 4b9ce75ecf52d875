"""Descent on a ravine: too slow, just right, over the edge; and what noisy gradients leave at the bottom."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.training.ravine import Config, descend, loss

CURVATURES = torch.tensor(Config.curvatures)
GRADIENT_NOISE = 8.0
"""Standard deviation of one example's gradient around the mean."""
SHOWN = (5, 20, Config.steps)


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Draw the way down; ``values``: ``lr``, ``batch`` (log2; the largest stands for all the data, without noise), ``optimizer``."""
    lr, power = float(values["lr"]), int(values["batch"])
    noise = 0.0 if power == 10 else GRADIENT_NOISE / math.sqrt(2**power)
    way = descend(Config(lr=lr, optimizer=str(values["optimizer"]), noise=noise, seed=seed))
    for steps in SHOWN:
        yield _frame(way[: steps + 1], lr)


def _frame(way: Tensor, lr: float) -> Frame:
    figure, (left, right) = plot.canvas(1, 2, height=3.0, width_ratios=(1.3, 1))
    flat, steep = np.meshgrid(np.linspace(-9, 9, 120), np.linspace(-3, 3, 80))
    levels = loss(torch.tensor(np.stack([steep, flat], -1)), CURVATURES)
    left.contour(flat, steep, levels, levels=(0.5, 2, 6, 14, 26, 42), colors="gray", linewidths=0.6)
    inside = way[way.abs().amax(1) < 1e6]
    left.plot(
        inside[:, 1].clamp(-20, 20), inside[:, 0].clamp(-20, 20), "o-", color=plot.COLOURS[0], markersize=3, linewidth=1
    )
    left.set(xlabel="$w_2$", ylabel="$w_1$", xlim=(-9, 9), ylim=(-3, 3))
    values = loss(way, CURVATURES).clamp(1e-8, 1e8)
    right.semilogy(values, color=plot.COLOURS[0])
    right.set(xlabel="$t$", ylabel="$f$", xlim=(0, Config.steps), ylim=(1e-7, 1e6))
    edge = 2 / float(CURVATURES[0])
    factors = [1 - lr * c for c in CURVATURES.tolist()]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"η = {lr:.3f}; the edge for plain descent is 2/λ₁ = {edge:.2f}. Its factors a step are {factors[0]:.2f} (steep) and {factors[1]:.3f} (flat). "
            f"After {len(way) - 1} steps f = {float(values[-1]):.2g}.",
            f"η = {lr:.3f}；普通梯度下降的稳定边界是 2/λ₁ = {edge:.2f}，每步的收缩因子为 {factors[0]:.2f}（陡）与 {factors[1]:.3f}（平）。"
            f"{len(way) - 1} 步后 f = {float(values[-1]):.2g}。",
        ),
        legend=(Mark(colour=plot.COLOURS[0], words=Words("the way of w, and f along it", "w 的轨迹，以及沿途的 f")),),
        facts={"lr": lr, "loss": float(values[-1]), "edge": edge},
    )
