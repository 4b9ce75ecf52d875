"""ε, x_0 and v are one answer in three units: the same mistake, weighted differently at each noise level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion.toys import LINE, noise
from aigc_core.lessons.words import Words
from aigc_core.sampling.diffusion.predictions import from_denoised, weight

SIGMAS = np.geomspace(0.02, 20, 31)
SHOWN = {"x0": Words("x₀", "x₀"), "eps": Words("ε", "ε"), "v": Words("v", "v"), "velocity": Words("ε − x₀", "ε − x₀")}


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """A network that is wrong by ``error`` of what is uncertain, at every level; ``sigma`` is the level of the caption."""
    sigma, error = float(values["sigma"]), float(values["error"])
    measured: dict[str, list[float]] = {}
    for target in SHOWN:
        measured[target] = [_measured(target, level, error, seed) for level in (*SIGMAS, sigma)]
        if len(measured) % 2 == 0:
            yield _frame(measured, sigma)


def _frame(measured: Mapping[str, list[float]], sigma: float) -> Frame:
    figure, (left, right) = plot.canvas(1, 2)
    for colour, (target, found) in zip(plot.COLOURS, measured.items(), strict=False):
        left.loglog(SIGMAS, [weight(target, level) for level in SIGMAS], color=colour)
        right.loglog(SIGMAS, found[:-1], color=colour)
    for axes, label in ((left, "$b^2$"), (right, "$|\\cdot|^2$")):
        axes.axvline(sigma, color=plot.COLOURS[4], linewidth=0.8)
        axes.set(xlabel=r"$\sigma$", ylabel=label, xlim=(SIGMAS[0], SIGMAS[-1]))
    left.set_ylim(1e-3, 1e4)
    errors = {target: found[-1] for target, found in measured.items()}
    listed = ", ".join(f"{SHOWN[target].en} {value:.4g}" for target, value in errors.items())
    ratios = ", ".join(f"{SHOWN[target].en} {value / errors['x0']:.4g}" for target, value in errors.items())
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"At σ = {sigma:.2g} one and the same mistake measures {listed}. In units of x₀'s: {ratios}, which is b².",
            f"σ = {sigma:.2g} 时，同一个误差分别量得 {listed}。以 x₀ 的误差为单位：{ratios}，即 b²。",
        ),
        legend=tuple(Mark(colour=c, words=SHOWN[t]) for c, t in zip(plot.COLOURS, measured, strict=False)),
        facts=errors,
    )


def _measured(target: str, sigma: float, error: float, seed: int) -> float:
    """Mean squared error of ``target`` over noisy points when D is ``1 + error`` times as far from x as it should be."""
    x = LINE.sample(200, torch.Generator().manual_seed(seed)) + sigma * noise(200, seed + 1, 1)
    right = LINE(x, sigma)
    wrong = x + (1 + error) * (right - x)
    return float((from_denoised(target, x, wrong, sigma) - from_denoised(target, x, right, sigma)).square().mean())
