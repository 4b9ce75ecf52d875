"""Ways from noise to data before and after reflow: bent ones need many steps, straight ones few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion import toys
from aigc_core.lessons.words import Words
from aigc_core.models import gaussian_mixture
from aigc_core.models.point_net import PointNet
from aigc_core.sampling.diffusion import flow
from aigc_core.sampling.diffusion.flow import Velocity
from aigc_core.sampling.diffusion.schedules import flow_times
from aigc_core.training import points
from aigc_core.training.points import Config

DATA = gaussian_mixture.ring(6, deviation=0.15)
PAIRS = 1500
POINTS = 300
FINE = 48


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Euler's method in ``steps`` steps; ``round``: ``first`` (exact velocity) or ``second`` (learned from its pairs)."""
    exact = flow.velocity_of(DATA)
    start = toys.noise(POINTS, seed)
    ends = flow.last(flow.euler(exact, start, flow_times(FINE)))
    steps = int(values["steps"])
    yield _frame(exact, start, ends, min(steps, 1))
    velocity = exact if values["round"] == "first" else _learned(seed)
    for count in sorted({max(1, steps // 2), steps}):
        yield _frame(velocity, start, ends, count)


@lru_cache(8)
def _straightened(seed: int) -> PointNet:
    noise = toys.noise(PAIRS, seed + 1)
    samples = flow.last(flow.euler(flow.velocity_of(DATA), noise, flow_times(FINE)))
    training = points.reflowed(noise, samples, Config(steps=400, seed=seed))
    while True:
        try:
            next(training)
        except StopIteration as done:
            network: PointNet = done.value
            return network


def _learned(seed: int) -> Velocity:
    network = _straightened(seed)
    return lambda x, time: network(x.float(), time.float()).double()


def _frame(velocity: Velocity, start: Tensor, ends: Tensor, steps: int) -> Frame:
    fine = torch.stack([start, *flow.euler(velocity, start, flow_times(FINE))])
    coarse = flow.last(flow.euler(velocity, start, flow_times(steps)))
    figure, (left, right) = plot.canvas(1, 2, height=3.4)
    toys.plane(left)
    for line in fine[:, :60].transpose(0, 1):
        left.plot(line[:, 0], line[:, 1], color=plot.COLOURS[1], linewidth=0.6, alpha=0.7)
    toys.dots(left, start[:60], plot.COLOURS[4], 6)
    toys.density(right, DATA, 0.0)
    toys.dots(right, coarse, size=7)
    detour = float(flow.detour(fine).median())
    missed = float((coarse - ends).norm(dim=1).mean())
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"The ways are {100 * detour:.1f} % longer than straight lines (median). With {steps} Euler step{'s' if steps > 1 else ''} points end {missed:.3f} from where {FINE} exact steps lead.",
            f"路径比直线长 {100 * detour:.1f} %（中位数）。用欧拉法走 {steps} 步，终点与 {FINE} 步精确解平均相距 {missed:.3f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[4], words=Words("noise", "噪声")),
            Mark(colour=plot.COLOURS[1], words=Words("ways, followed finely", "路径（细步）")),
            Mark(colour=plot.COLOURS[0], words=Words("ends in few steps", "少步的终点")),
        ),
        facts={"detour": detour, "missed": missed},
    )
