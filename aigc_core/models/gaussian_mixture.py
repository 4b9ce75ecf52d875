"""A Gaussian mixture whose denoiser, score and density are known exactly at every noise level: diffusion without a network.

With x = x_0 + σ·ε and x_0 ~ Σ_k π_k·N(μ_k, s²·I), the noisy density is a mixture again, each component widened to s² + σ²:

    p(x; σ) = Σ_k π_k·N(x; μ_k, (s²+σ²)·I)                 r_k(x, σ) = π_k·N(x; μ_k, …) / p(x; σ)
    D(x, σ) = E[x_0 | x] = Σ_k r_k·(μ_k + s²/(s²+σ²)·(x − μ_k))
    ∇log p(x; σ) = (D(x, σ) − x)/σ²                         (Tweedie's formula; Efron 2011)

so samplers, guidance and training losses can be judged against the truth. All in float64.

Shapes: B batch, K components, D dimensions of a point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class GaussianMixture:
    """Isotropic components of one width; calling it is a :data:`~aigc_core.sampling.diffusion.samplers.Denoiser`."""

    means: Tensor
    """μ, (K, D), float64."""
    deviation: float
    """s, of every component; 0 makes them points."""
    weights: tuple[float, ...] = ()
    """π; all alike when empty."""

    def __post_init__(self) -> None:
        if self.means.ndim != 2 or self.deviation < 0:
            raise ValueError(f"means (K, D) and deviation >= 0; got {tuple(self.means.shape)}, {self.deviation}")
        if self.weights and (len(self.weights) != len(self.means) or min(self.weights) < 0 or sum(self.weights) <= 0):
            raise ValueError(f"{len(self.means)} weights >= 0, not all 0; got {self.weights}")

    @cached_property
    def _log_weights(self) -> Tensor:
        weights = torch.tensor(self.weights or (1.0,) * len(self.means), dtype=torch.float64)
        return (weights / weights.sum()).log()  # (K,)

    @property
    def dimensions(self) -> int:
        return self.means.shape[1]

    @property
    def variance(self) -> float:
        """Variance of a coordinate, averaged over the coordinates: σ_d² of the data."""
        share = self._log_weights.exp()[:, None]
        spread = (share * (self.means - (share * self.means).sum(0)) ** 2).sum(0)
        return float(spread.mean()) + self.deviation**2

    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        """Clean points (count, D)."""
        which = torch.multinomial(self._log_weights.exp(), count, replacement=True, generator=rng)
        noise = torch.randn(count, self.dimensions, generator=rng, dtype=torch.float64)
        return self.means[which] + self.deviation * noise

    def log_density(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        """log p(x; σ) of points (B, D), in nats: (B,)."""
        return self._joint(x, sigma).logsumexp(1)

    def responsibilities(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        """r, which component a noisy point came from: (B, K), rows sum to 1."""
        return self._joint(x, sigma).softmax(1)

    def __call__(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        """D(x, σ), the mean of all clean points that may lie behind x: (B, D) at levels (B,) or one, in x's type."""
        noisy = x.double()
        shrink = self.deviation**2 / self._total(noisy, sigma)  # (B, 1)
        expected = self.responsibilities(noisy, sigma) @ self.means
        return (shrink * noisy + (1 - shrink) * expected).to(x.dtype)

    def score(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        """∇log p(x; σ), (B, D)."""
        level = torch.as_tensor(sigma, dtype=torch.float64).reshape(-1, 1)
        return (self(x.double(), sigma) - x.double()) / level**2

    def _total(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        level = torch.as_tensor(sigma, dtype=torch.float64).reshape(-1, 1)  # (B, 1) or (1, 1)
        return self.deviation**2 + level**2

    def _joint(self, x: Tensor, sigma: Tensor | float) -> Tensor:
        """log(π_k·N(x; μ_k, s²+σ²)), (B, K)."""
        total = self._total(x, sigma)
        far = torch.cdist(x.double(), self.means).square()  # (B, K)
        return self._log_weights - far / (2 * total) - self.dimensions / 2 * (2 * math.pi * total).log()


# --- shapes to learn on, about as wide as a standard normal distribution ----------------------------------------------


def ring(count: int = 8, radius: float = 1.4, deviation: float = 0.12) -> GaussianMixture:
    """``count`` blobs on a circle."""
    angles = torch.arange(count, dtype=torch.float64) * (2 * math.pi / count)
    return GaussianMixture(means=radius * torch.stack([angles.cos(), angles.sin()], 1), deviation=deviation)


def moons(count: int = 60, deviation: float = 0.09) -> GaussianMixture:
    """Two half circles that hold each other, ``count`` blobs each."""
    angles = torch.linspace(0, math.pi, count, dtype=torch.float64)
    upper = torch.stack([angles.cos() - 0.5, angles.sin() - 0.25], 1)
    return GaussianMixture(means=1.3 * torch.cat([upper, -upper]), deviation=deviation)


def spiral(count: int = 120, deviation: float = 0.07) -> GaussianMixture:
    """One arm of two turns, blobs at equal distances along it."""
    angles = 4 * math.pi * torch.linspace(0.02, 1, count, dtype=torch.float64).sqrt()
    radius = 1.9 * angles / angles[-1]
    return GaussianMixture(means=torch.stack([radius * angles.cos(), radius * angles.sin()], 1), deviation=deviation)
