"""A small network learns to denoise points of the plane: its loss beside the loss that cannot be beaten, and its samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion import toys
from aigc_core.lessons.words import Words
from aigc_core.models.gaussian_mixture import GaussianMixture
from aigc_core.models.point_net import PointDenoiser
from aigc_core.sampling.diffusion.samplers import heun, last
from aigc_core.sampling.diffusion.schedules import karras_sigmas
from aigc_core.training import points
from aigc_core.training.points import Config

FRAMES = 4
SAMPLES = 300
AVERAGED = 25


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``shape`` is what is learned, in ``steps`` steps of training."""
    data, config = toys.SHAPES[values["shape"]](), Config(steps=int(values["steps"]), seed=seed)
    best = points.floor(data, config)
    model = points.untrained(data, config)
    losses: list[float] = []
    stops = set(np.linspace(config.steps / FRAMES, config.steps, FRAMES).round().astype(int).tolist())
    for loss in points.denoiser(data, config, model):
        losses.append(loss)
        if len(losses) in stops:
            yield _frame(losses, best, data, model, seed)


@torch.no_grad()
def _frame(losses: list[float], best: float, data: GaussianMixture, model: PointDenoiser, seed: int) -> Frame:
    sigmas = karras_sigmas(16, 0.01, 20.0)
    start = 20.0 * toys.noise(SAMPLES, seed)
    learned, exact = last(heun(model, start, sigmas)), last(heun(data, start, sigmas))
    window = min(AVERAGED, len(losses))
    running = np.convolve(losses, np.ones(window) / window, "valid")
    figure, (left, right) = plot.canvas(1, 2, height=3.3)
    left.plot(np.arange(len(running)) + window, running, color=plot.COLOURS[0])
    left.axhline(best, color=plot.COLOURS[1], linestyle="--")
    left.set(xlabel="$k$", ylabel="$L$", ylim=(0.6, 1.1))
    toys.density(right, data, 0.05)
    toys.dots(right, learned, size=7)
    missed = float((learned - exact).norm(dim=1).median())
    now = float(running[-1])
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"After {len(losses)} steps: loss {now:.3f}, the exact denoiser's {best:.3f}. From the same noise, half of the samples "
            f"end within {missed:.3f} of where the exact denoiser leads.",
            f"训练 {len(losses)} 步：损失 {now:.3f}，精确去噪器为 {best:.3f}。从同样的噪声出发，一半样本的终点与精确去噪器的终点相距不超过 {missed:.3f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("loss of the network, its samples", "网络的损失与样本")),
            Mark(colour=plot.COLOURS[1], words=Words("loss of the exact denoiser", "精确去噪器的损失"), dashed=True),
        ),
        facts={"loss": now, "floor": best, "missed": missed},
    )
