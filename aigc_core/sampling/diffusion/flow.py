"""Rectified flow: from noise at t = 1 to data at t = 0 along a velocity, and how straight the way is.

Liu et al. 2022, "Flow Straight and Fast", arXiv 2209.03003; Lipman et al. 2022, "Flow Matching", arXiv 2210.02747. On the lines
x_t = (1−t)·x_0 + t·ε the velocity is dx/dt = ε − x_0, and a network's best answer is its mean given x_t:

    v(x, t) = E[ε − x_0 | x_t = x]            dx/dt = v(x, t)

It is the ODE of :mod:`aigc_core.sampling.diffusion.samplers` in another unit of x and of time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator

from torch import Tensor

from aigc_core.sampling.diffusion.predictions import from_denoised
from aigc_core.sampling.diffusion.samplers import Denoiser
from aigc_core.sampling.diffusion.schedules import sigma_of_time

Velocity = Callable[[Tensor, Tensor], Tensor]
"""(x_t (B, …), t (B,)) -> dx/dt, (B, …)."""
_LATEST = 1 - 1e-4  # at t = 1 σ is infinite; the velocity hardly changes in between


def velocity_of(denoise: Denoiser) -> Velocity:
    """The velocity that a denoiser implies; one time for the whole batch."""

    def velocity(x_t: Tensor, time: Tensor) -> Tensor:
        t = time[:1].clamp(max=_LATEST)
        sigma = sigma_of_time(t)
        x = x_t / (1 - t)
        return from_denoised("velocity", x, denoise(x, sigma.expand(len(x))), float(sigma))

    return velocity


def euler(velocity: Velocity, x: Tensor, times: Tensor) -> Generator[Tensor, None, None]:
    """x after each of the steps between ``times`` (n + 1,), falling."""
    for time, after in itertools.pairwise(times.tolist()):
        x = x + (after - time) * velocity(x, x.new_full((len(x),), time))
        yield x


def detour(path: Tensor) -> Tensor:
    """Length of each way over the distance of its ends, minus 1: 0 where it is straight; ``path`` (n + 1, B, D) -> (B,)."""
    length = path.diff(dim=0).norm(dim=2).sum(0)
    longer: Tensor = length / (path[-1] - path[0]).norm(dim=1) - 1
    return longer


def last(path: Generator[Tensor, None, None]) -> Tensor:
    """Run a way to its end."""
    return list(path)[-1]
