"""Points in the plane to learn from: mixtures of Gaussians whose modes can be counted.

They take a second to fit and can be looked at, and their density is known. The ring of eight is the usual test for mode collapse
(Metz et al. 2016, arXiv 1611.02163, section 3.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

NEAR = 4.0
"""Deviations within which a point counts as one of a mode."""
PRESENT = 0.2
"""Share of its due number of points from which on a mode counts as covered."""


@dataclass(frozen=True)
class Mixture:
    """Gaussians of one deviation around ``centres`` (K, D), equally likely."""

    centres: Tensor
    deviation: float

    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        """Points (count, D)."""
        mode = torch.randint(len(self.centres), (count,), generator=rng)
        noise = torch.randn(count, self.centres.shape[1], generator=rng)
        return self.centres[mode] + self.deviation * noise

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x) of points (N, D), in nats; (N,)."""
        squares = torch.cdist(x, self.centres.to(x)).square() / (2 * self.deviation**2)  # (N, K)
        constant = math.log(len(self.centres)) + self.centres.shape[1] * math.log(self.deviation * math.sqrt(2 * math.pi))
        return torch.logsumexp(-squares, 1) - constant

    def covered(self, x: Tensor) -> tuple[int, float]:
        """Modes that get at least :data:`PRESENT` of the points due to them, and the share of points near any mode."""
        distance, mode = torch.cdist(x, self.centres).min(1)
        near = distance < NEAR * self.deviation
        counts = torch.bincount(mode[near], minlength=len(self.centres))
        modes = int((counts >= PRESENT * len(x) / len(self.centres)).sum())
        return modes, float(near.float().mean())


def ring(modes: int = 8, radius: float = 2.0, deviation: float = 0.1) -> Mixture:
    """``modes`` Gaussians on a circle."""
    angles = torch.arange(modes) * (2 * math.pi / modes)
    return Mixture(radius * torch.stack([angles.cos(), angles.sin()], 1), deviation)


def grid(side: int = 5, width: float = 4.0, deviation: float = 0.1) -> Mixture:
    """``side``² Gaussians on a square lattice of that width."""
    line = torch.linspace(-width / 2, width / 2, side)
    return Mixture(torch.cartesian_prod(line, line), deviation)
