"""The best possible denoiser of a training set can only repeat it; one that must be simple has to generalise.

With the exact denoiser D(x; σ) = Σ w_i x_i, w_i ∝ exp(−|x − x_i|² / 2σ²) (Karras et al. 2022, arXiv:2206.00364, eq. 57), the
sampler returns training points. Blurring the set (each point a Gaussian of width h) is the simplest denoiser that does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.sampling.diffusion import samplers, schedules
from aigc_core.tasks.fields import seeds_from

SAMPLES = 400
STEPS = 24
FRAMES = 4


def spiral(count: int, rng: np.random.Generator) -> Tensor:
    """Points (count, 2) of a noisy spiral within about [−1.5, 1.5]."""
    t = rng.uniform(0.5, 3.0, (count, 1))
    points = t / 2 * np.concatenate([np.cos(2 * t), np.sin(2 * t)], axis=1)
    return torch.from_numpy(points + 0.03 * rng.standard_normal((count, 2))).float()


def denoiser(data: Tensor, width: float) -> samplers.Denoiser:
    """The exact E[x₀ | x] for training points (N, 2) that are each a Gaussian of standard deviation ``width``."""

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        variance = sigma.flatten()[0] ** 2 + width**2
        near = torch.softmax(-((x[:, None] - data) ** 2).sum(-1) / (2 * variance), dim=1) @ data  # (B, 2)
        return near + width**2 / variance * (x - near)

    return denoise


def nearest(points: Tensor, data: Tensor) -> Tensor:
    """Distance of each point (B, 2) to the nearest of the data (N, 2)."""
    return torch.cdist(points, data).min(dim=1).values


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``values``: ``count`` (training points) and ``width`` (h)."""
    count, width = int(values["count"]), float(values["width"])
    rng = np.random.default_rng(seed)
    data, held_out = spiral(count, rng), spiral(SAMPLES, rng)
    rngs = [torch.Generator().manual_seed(one) for one in seeds_from(seed, SAMPLES)]
    sigmas = schedules.karras_sigmas(STEPS, sigma_min=0.002, sigma_max=5.0)
    x = samplers.start(rngs, (2,), sigmas)
    for i, step in enumerate(samplers.heun(denoiser(data, width), x, sigmas), start=1):
        if i % (STEPS // FRAMES) == 0 and i < STEPS:
            yield _frame(data, held_out, step.x_next)
        x = step.x_next
    yield _frame(data, held_out, x)


def _frame(data: Tensor, held_out: Tensor, points: Tensor) -> Frame:
    own, real = nearest(points, data), nearest(held_out, data)
    copied = float((own < 0.01).float().mean())
    figure, (left, right) = plot.canvas(1, 2, height=3.4, gridspec_kw={"width_ratios": [1, 1.1]})
    left.scatter(*points.T.numpy(), s=7, color=plot.COLOURS[0], alpha=0.6, linewidths=0, rasterized=True)
    left.scatter(*data.T.numpy(), s=26, facecolors="none", edgecolors=plot.COLOURS[1], linewidths=1.2)
    left.set(xlim=(-1.9, 1.9), ylim=(-1.9, 1.9), aspect="equal", xticks=[], yticks=[])
    edges = np.linspace(0, 0.6, 40)
    right.hist(own.clamp(max=0.6).numpy(), bins=edges, color=plot.COLOURS[0], alpha=0.75)
    right.hist(real.clamp(max=0.6).numpy(), bins=edges, histtype="step", color=plot.COLOURS[2], linewidth=1.6)
    right.set(xlabel="$d$", yticks=[])
    ratio = float(own.median() / real.median())
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{copied:.0%} of the samples are copies (closer than 0.01 to a training point). Median distance over that of new real points: {ratio:.2f}; near 1 is what generalising looks like.",
            f"{copied:.0%} 的样本是复制品（与某训练点距离小于 0.01）。距离中位数与全新真实点之比为 {ratio:.2f}；接近 1 才说明学会了泛化。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("samples", "生成样本")),
            Mark(colour=plot.COLOURS[1], words=Words("training points", "训练点")),
            Mark(colour=plot.COLOURS[2], words=Words("new real points", "未见过的真实点")),
        ),
        facts={"copied": copied, "ratio": ratio},
    )
