"""The same starting noise twice, with more or less fresh noise on the way: other ends, the same distribution.

The ways are drawn as √ᾱ·x, of about unit width at every level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion.toys import LINE, noise
from aigc_core.lessons.words import Words
from aigc_core.sampling.diffusion.samplers import ddim

HIGH, LOW = 10.0, 0.05
STEPS = 100
FRAMES = 5
POINTS = 1000
SHOWN = 7
EDGE = 4.0


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``eta``: 0 follows the ODE, 1 is ancestral sampling."""
    eta = float(values["eta"])
    sigmas = torch.logspace(np.log10(HIGH), np.log10(LOW), STEPS + 1, dtype=torch.float64)
    start = (LINE.variance + HIGH**2) ** 0.5 * noise(
        POINTS, seed, 1
    ).T  # one "sample" of POINTS dimensions: one generator
    way, twin = (_way(start, sigmas, eta, seed + run) for run in (1, 2))
    for stop in np.linspace(STEPS // FRAMES, STEPS, FRAMES).round().astype(int):
        yield _frame(way[: stop + 1], twin[: stop + 1], sigmas[: stop + 1])


def _way(start: Tensor, sigmas: Tensor, eta: float, seed: int) -> Tensor:
    """(steps + 1, POINTS)."""

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        return LINE(x.T, sigma).T

    steps = ddim(denoise, start, sigmas, [torch.Generator().manual_seed(seed)], eta=eta)
    return torch.cat([start, *(step.x_next for step in steps)])


def _frame(way: Tensor, twin: Tensor, sigmas: Tensor) -> Frame:
    figure, (left, right) = plot.canvas(1, 2, width_ratios=(2, 1), sharey=True)
    at = torch.linspace(-EDGE, EDGE, 121, dtype=torch.float64)[:, None]
    now = float(sigmas[-1])
    levels = np.geomspace(HIGH, now, 40)
    shade = torch.stack([LINE.log_density(at * np.hypot(1, level), level).exp() for level in levels], 1)
    shade = shade / shade.amax(0)
    box = (np.log10(HIGH), np.log10(now), -EDGE, EDGE)
    left.imshow(shade, extent=box, origin="lower", aspect="auto", cmap="Greys", alpha=0.35, interpolation="bilinear")
    order = way[0].argsort()[np.linspace(40, POINTS - 41, SHOWN).astype(int)]
    for place, i in enumerate(order.tolist()):
        colour = plot.COLOURS[place % len(plot.COLOURS)]
        for run, style in ((way, "-"), (twin, "--")):
            left.plot(sigmas.log10(), run[:, i] / (1 + sigmas**2).sqrt(), style, color=colour, linewidth=1.3)
    left.set(
        xlim=(np.log10(HIGH), np.log10(LOW)),
        ylim=(-EDGE, EDGE),
        xlabel=r"$\log_{10}\sigma$",
        ylabel=r"$\sqrt{\bar\alpha}\,x$",
    )
    right.hist(
        way[-1], np.linspace(-EDGE, EDGE, 61), density=True, orientation="horizontal", color=plot.COLOURS[0], alpha=0.5
    )
    right.plot(LINE.log_density(at, now).exp(), at[:, 0], color=plot.COLOURS[1], linestyle="--")
    right.set(xlabel=r"$p(x;\sigma)$", xlim=(0, None))
    apart = float((way[-1] - twin[-1]).abs().mean())
    distance = _wasserstein(way[-1], now)
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"σ = {now:.2f}. Two runs from the same noise end {apart:.3f} apart on average; the histogram of {POINTS:,} points lies "
            f"{distance:.3f} from the exact density (Wasserstein-1).",
            f"σ = {now:.2f}。从同一噪声出发的两次运行，终点平均相距 {apart:.3f}；{POINTS:,} 个点的直方图与精确密度的 Wasserstein-1 距离为 {distance:.3f}。",
        ),
        legend=(
            Mark(
                colour=plot.COLOURS[0], words=Words("one run (all points at the right)", "第一次运行（右侧为全部点）")
            ),
            Mark(
                colour=plot.COLOURS[0],
                words=Words("second run, same starting noise", "第二次运行，起始噪声相同"),
                dashed=True,
            ),
            Mark(colour=plot.COLOURS[1], words=Words("exact density p(x; σ)", "精确密度 p(x; σ)"), dashed=True),
        ),
        facts={"apart": apart, "distance": distance},
    )


def _wasserstein(points: Tensor, sigma: float) -> float:
    """∫ |F − F_points| dx between the exact distribution and points."""
    grid = torch.linspace(-12, 12, 2401, dtype=torch.float64)
    exact = LINE.log_density(grid[:, None], sigma).exp().cumsum(0) * 0.01
    found = torch.searchsorted(points.sort().values, grid, right=True) / len(points)
    return float((exact - found).abs().sum() * 0.01)
