"""Guidance on a mixture whose every density is known: what it samples, and what it is often said to sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion import toys
from aigc_core.lessons.words import Words
from aigc_core.models.gaussian_mixture import GaussianMixture
from aigc_core.sampling.diffusion.samplers import dpmpp_2m, guided, last
from aigc_core.sampling.diffusion.schedules import karras_sigmas

ALL = GaussianMixture(
    means=torch.tensor([[0.9, 1.0], [1.0, -0.7], [-0.9, 0.9], [-1.0, -0.8], [0.0, 0.1]]).double(),
    deviation=0.35,
)
WANTED = replace(ALL, means=ALL.means[:2])
"""The two blobs at the right."""
HIGH = 20.0
FRAMES = 5


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """From w = 1 to ``scale``."""
    start = HIGH * toys.noise(700, seed)
    for scale in np.linspace(1, float(values["scale"]), FRAMES):
        yield _frame(start, float(scale))


def _labelled(x: Tensor, sigma: Tensor, labels: Tensor) -> Tensor:
    """D(x, σ, c): label 1 for the wanted blobs, 0 for all."""
    return torch.where(labels == 1, WANTED(x, sigma), ALL(x, sigma))


def _frame(start: Tensor, scale: float) -> Frame:
    denoise = guided(_labelled, torch.tensor([1]), torch.tensor([0]), scale)
    points = last(dpmpp_2m(denoise, start, karras_sigmas(30, 0.01, HIGH)))
    at = torch.linspace(-toys.REACH, toys.REACH, 141, dtype=torch.float64)
    sharpened = _sharpened(at, scale)
    figure, (left, right) = plot.canvas(1, 2, height=3.2)
    toys.density(left, ALL, 0.0)
    toys.dots(left, points)
    right.hist(points[:, 0], np.linspace(-toys.REACH, toys.REACH, 57), density=True, color=plot.COLOURS[0], alpha=0.5)
    right.plot(at, sharpened, color=plot.COLOURS[1], linestyle="--")
    right.set(xlabel="$x_1$", xlim=(-toys.REACH, toys.REACH), ylim=(0, None))
    mean, sharp = float(points[:, 0].mean()), float((at * sharpened).sum() / sharpened.sum())
    deviation = float(points[:, 0].std())
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"w = {scale:.2f}: the samples' mean along x₁ is {mean:.3f} (deviation {deviation:.3f}); that of p(x)·p(c|x)^w is {sharp:.3f}.",
            f"w = {scale:.2f}：样本沿 x₁ 的均值为 {mean:.3f}（标准差 {deviation:.3f}）；p(x)·p(c|x)^w 的均值为 {sharp:.3f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("guided samples", "引导后的样本")),
            Mark(
                colour=plot.COLOURS[1],
                words=Words("p(x)·p(c|x)^w, summed on a grid", "p(x)·p(c|x)^w，在网格上求和"),
                dashed=True,
            ),
        ),
        facts={"mean": mean, "deviation": deviation, "sharpened": sharp},
    )


def _sharpened(at: Tensor, scale: float) -> Tensor:
    """The marginal of x₁ under p(x)·p(c|x)^w ∝ p(x)^(1−w)·p(x|c)^w."""
    y, x = torch.meshgrid(at, at, indexing="ij")
    grid = torch.stack([x.flatten(), y.flatten()], 1)
    log = (1 - scale) * ALL.log_density(grid, 0.0) + scale * WANTED.log_density(grid, 0.0)
    marginal = log.softmax(0).view(len(at), len(at)).sum(0)
    return marginal / (at[1] - at[0])
