"""A latent-variable model small enough to integrate: one latent number z, one observed number x.

    p(z) = N(0, 1)      p(x|z) = N(f(z), s²)      q(z) = N(m, v²)

    log p(x) = E_q[log p(x|z)] − KL(q ‖ p(z)) + KL(q ‖ p(z|x))        (Kingma & Welling 2013, arXiv 1312.6114, eq. 1 and 3)

A VAE never sees log p(x) nor the posterior p(z|x); here both are sums over a grid of z, so that the bound can be compared with what
it bounds. Integrals are Riemann sums over :data:`GRID`, exact to six digits for deviations of 0.05 and more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_core.models.vae import kl

GRID = torch.linspace(-8, 8, 4001, dtype=torch.float64)
"""The values of z over which integrals are summed."""
STEP = float(GRID[1] - GRID[0])


def log_normal(x: Tensor, mean: Tensor | float, deviation: float) -> Tensor:
    """Log density of N(mean, deviation²) at ``x``, any shape."""
    return -0.5 * ((x - mean) / deviation) ** 2 - math.log(deviation) - 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, kw_only=True)
class Bound:
    """The parts of log p(x) for one q, in nats."""

    reconstruction: float
    """E_q[log p(x|z)]"""
    rate: float
    """KL(q ‖ p(z))"""
    gap: float
    """KL(q ‖ p(z|x))"""

    @property
    def elbo(self) -> float:
        """The evidence lower bound."""
        return self.reconstruction - self.rate

    def weighted(self, beta: float) -> float:
        """E_q[log p(x|z)] − β·KL(q ‖ p(z)), a bound of log p(x) for every q only if β ≥ 1."""
        return self.reconstruction - beta * self.rate


@dataclass(frozen=True, kw_only=True)
class ScalarLatent:
    """The model: a decoder of one number and the noise that it leaves."""

    decode: Callable[[Tensor], Tensor]
    """f, element by element."""
    noise: float
    """s, the standard deviation of x given z."""

    def log_likelihood(self, x: float) -> Tensor:
        """log p(x|z) for every z of the grid."""
        return log_normal(torch.tensor(x, dtype=GRID.dtype), self.decode(GRID), self.noise)

    def log_evidence(self, x: float) -> float:
        """log p(x) = log ∫ p(z) p(x|z) dz."""
        return float(torch.logsumexp(log_normal(GRID, 0, 1) + self.log_likelihood(x), 0)) + math.log(STEP)

    def log_posterior(self, x: float) -> Tensor:
        """log p(z|x) for every z of the grid, by Bayes' rule."""
        return log_normal(GRID, 0, 1) + self.log_likelihood(x) - self.log_evidence(x)

    def bound(self, x: float, mean: float, deviation: float) -> Bound:
        """The ELBO of ``x`` under q = N(mean, deviation²)."""
        log_q = log_normal(GRID, mean, deviation)
        weight = log_q.exp() * STEP
        log_variance = torch.full((1, 1), 2 * math.log(deviation), dtype=GRID.dtype)
        return Bound(
            reconstruction=float(weight @ self.log_likelihood(x)),
            rate=float(kl(torch.full((1, 1), mean, dtype=GRID.dtype), log_variance)),
            gap=float(weight @ (log_q - self.log_posterior(x))),
        )
