"""The score of noisy points of the plane, and points that follow it down from noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion import toys
from aigc_core.lessons.words import Words
from aigc_core.models.gaussian_mixture import GaussianMixture
from aigc_core.sampling.diffusion.samplers import heun

NOISIEST = 3.0
FRAMES = 6
STEPS = 30
POINTS = 120


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """From σ = 3 to ``sigma`` on the distribution ``shape``."""
    data = toys.SHAPES[values["shape"]]()
    sigmas = torch.logspace(np.log10(NOISIEST), np.log10(float(values["sigma"])), STEPS + 1, dtype=torch.float64)
    start = NOISIEST * toys.noise(POINTS, seed)
    way = [start, *(step.x_next for step in heun(data, start, sigmas))]
    for stop in np.linspace(0, STEPS, FRAMES).round().astype(int):
        yield _frame(data, torch.stack(way[: stop + 1]), float(sigmas[stop]))


def _frame(data: GaussianMixture, way: Tensor, sigma: float) -> Frame:
    figure, (left, right) = plot.canvas(1, 2, height=3.5)
    toys.density(left, data, sigma)
    at = torch.linspace(-toys.REACH + 0.2, toys.REACH - 0.2, 17, dtype=torch.float64)
    y, x = (grid.flatten() for grid in torch.meshgrid(at, at, indexing="ij"))
    arrows = data.score(torch.stack([x, y], 1), sigma) * sigma  # of about unit length at every level
    size = arrows.norm(dim=1).clamp(min=1e-9)
    arrows = arrows / size[:, None] * size.clamp(max=2)[:, None]
    left.quiver(x, y, arrows[:, 0], arrows[:, 1], color=plot.COLOURS[2], scale=34, width=0.006)
    toys.density(right, data, sigma)
    for line in way[:, :40].transpose(0, 1):
        right.plot(line[:, 0], line[:, 1], color=plot.COLOURS[1], linewidth=0.6, alpha=0.6)
    toys.dots(right, way[-1], size=9)
    surprise = float(-data.log_density(way[-1], sigma).mean())
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"σ = {sigma:.3f}. Left: the score; right: {way.shape[1]} points on their way, −log p(x; σ) = {surprise:.2f} nats on average.",
            f"σ = {sigma:.3f}。左：得分；右：{way.shape[1]} 个点沿途的位置，−log p(x; σ) 平均 {surprise:.2f} 奈特。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[2], words=Words("score, longest arrows cut", "得分（过长的箭头已截短）")),
            Mark(colour=plot.COLOURS[1], words=Words("ways along the ODE", "沿 ODE 的轨迹")),
            Mark(colour=plot.COLOURS[0], words=Words("where the points are now", "点的当前位置")),
        ),
        facts={"sigma": sigma, "surprise": surprise},
    )
