"""Distances between two densities on a line, by sums over a grid.

- KL and Jensen–Shannon divergence, in nats: Lin 1991; Goodfellow et al. 2014, arXiv 1406.2661, section 4.
- Total variation, and Wasserstein-1 by the distribution functions: Arjovsky et al. 2017, arXiv 1701.07875, section 2.

Densities are arrays (N,) on a grid of spacing ``dx`` wide enough to hold them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Density = NDArray[np.float64]


def kl(p: Density, q: Density, dx: float) -> float:
    """KL(p ‖ q) = ∫ p ln(p/q); infinite where p has what q lacks."""
    there = p > 0
    with np.errstate(divide="ignore"):
        return float(np.sum(p[there] * np.log(p[there] / q[there])) * dx)


def jensen_shannon(p: Density, q: Density, dx: float) -> float:
    """JSD(p, q) = ½·KL(p ‖ m) + ½·KL(q ‖ m), m = (p + q)/2; from 0 to ln 2."""
    middle = (p + q) / 2
    return (kl(p, middle, dx) + kl(q, middle, dx)) / 2


def total_variation(p: Density, q: Density, dx: float) -> float:
    """½·∫ |p − q|: the largest difference in probability that any event can show; from 0 to 1."""
    return float(np.abs(p - q).sum() * dx / 2)


def wasserstein_1(p: Density, q: Density, dx: float) -> float:
    """∫ |F_p − F_q|: the least mean distance over which p must be moved to become q, in units of the line."""
    return float(np.abs(np.cumsum(p - q) * dx).sum() * dx)


def gaussian(x: Density, mean: float, deviation: float) -> Density:
    """The normal density at ``x``."""
    density: Density = np.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi))
    return density


def bump(x: Density, mean: float, width: float) -> Density:
    """A raised cosine, exactly 0 further than ``width`` from ``mean``."""
    return np.where(np.abs(x - mean) < width, (1 + np.cos(np.pi * (x - mean) / width)) / (2 * width), 0.0)
