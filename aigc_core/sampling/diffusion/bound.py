"""The evidence lower bound of a diffusion model on the line, with no sampling: −log p(x_0) ≤ prior + steps + last.

Sohl-Dickstein et al. 2015, arXiv 1503.03585; in the form of Kingma et al. 2021, arXiv 2107.00630, eq. 11 to 13:

    prior   KL(q(x_T|x_0) ‖ N(0, σ_d²+σ_T²))
    steps   Σ_t E[ KL(q(x_{t−1}|x_t, x_0) ‖ q(x_{t−1}|x_t, D)) ]       (:func:`aigc_core.sampling.diffusion.posterior.step_kl`)
    last    E[ −log N(x_0; D(x_1, σ_1), s²σ_1²/(s²+σ_1²)) ]

With the exact denoiser the bound closes as the steps get finer: what is left between it and −log p(x_0) is that a large step
back is no Gaussian. Expectations are Gauss-Hermite sums.
"""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aigc_core.sampling.diffusion.posterior import step_kl
from aigc_core.sampling.diffusion.samplers import Denoiser

NODES = 96


class Bound(NamedTuple):
    """In nats."""

    prior: float
    steps: tuple[float, ...]
    """Terms of the steps, the noisiest first."""
    last: float

    @property
    def total(self) -> float:
        """No less than −log p(x_0)."""
        return self.prior + sum(self.steps) + self.last


def negative_elbo(denoise: Denoiser, x_0: float, sigmas: Tensor, *, variance: float, deviation: float) -> Bound:
    """The bound of one clean point.

    Args:
        denoise: Of points on the line.
        x_0: The point.
        sigmas: Levels from σ_T down to σ_1, (T,), falling.
        variance: σ_d² of the data, for the Gaussian that sampling begins with.
        deviation: s of what is left to guess at σ_1, for the decoder.
    """
    levels = [float(sigma) for sigma in sigmas]
    steps = tuple(
        float(_expected(step_kl(_clean(x_0), _denoised(denoise, x_0, sigma), sigma, after)))
        for sigma, after in itertools.pairwise(levels)
    )
    return Bound(_prior(variance, x_0, levels[0]), steps, _last(denoise, deviation, x_0, levels[-1]))


def _prior(variance: float, x_0: float, sigma: float) -> float:
    wide = variance + sigma**2
    return 0.5 * (sigma**2 / wide + x_0**2 / wide - 1 + math.log(wide / sigma**2))


def _last(denoise: Denoiser, deviation: float, x_0: float, sigma: float) -> float:
    variance = deviation**2 * sigma**2 / (deviation**2 + sigma**2)
    error = _expected((_denoised(denoise, x_0, sigma) - x_0).square()[:, 0])
    return 0.5 * (math.log(2 * math.pi * variance) + float(error) / variance)


def _denoised(denoise: Denoiser, x_0: float, sigma: float) -> Tensor:
    """D at x_0 + σ·ε for every node ε, (NODES, 1)."""
    x = x_0 + sigma * _nodes()[0][:, None]
    return denoise(x, x.new_full((NODES,), sigma))


def _clean(x_0: float) -> Tensor:
    return torch.full((NODES, 1), x_0, dtype=torch.float64)


def _expected(values: Tensor) -> Tensor:
    """E over ε ~ N(0, 1) of a function's values (NODES,) at the nodes."""
    return _nodes()[1] @ values


@cache
def _nodes() -> tuple[Tensor, Tensor]:
    """ε and weights that sum to 1."""
    at, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return torch.from_numpy(at), torch.from_numpy(weights / weights.sum())
