"""The linear VAE, whose optimum is known: probabilistic PCA with reverse water-filling.

- Lucas et al. 2019, "Don't Blame the ELBO! A Linear VAE Perspective on Posterior Collapse", arXiv 1911.02469; probabilistic PCA:
  Tipping & Bishop 1999. Water-filling: Shannon's rate–distortion function of a Gaussian (Cover & Thomas, section 10.3.3).

    q(z|x) = N(Vx, diag σ²)     x̂ = Wz     L = E ½|x − x̂|² + β·KL(q(z|x) ‖ N(0, I))     x ~ N(0, diag λ)

At the optimum, direction i of the data is kept if its variance λ_i exceeds β and given up ("collapsed") if not:

    rate_i = max(0, ½ ln(λ_i / β))      E (x_i − x̂_i)² = min(λ_i, β)

Expectations over x and z are closed forms, so that a step needs no samples. Shapes: D numbers of x and of z.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LinearVAE(nn.Module):
    """A VAE without hidden layers, of as many latents as the data has numbers."""

    def __init__(self, size: int, rng: torch.Generator) -> None:
        super().__init__()
        self.encoder = nn.Parameter(0.3 * torch.randn(size, size, generator=rng))
        self.decoder = nn.Parameter(0.3 * torch.randn(size, size, generator=rng))
        self.log_variance = nn.Parameter(torch.zeros(size))

    def forward(self, variances: Tensor) -> tuple[Tensor, Tensor]:
        """Squared error of each direction and rate of each latent, (D,) each, for data N(0, diag ``variances``)."""
        left = torch.eye(len(variances)) - self.decoder @ self.encoder  # what of x the mean does not bring back
        noise = self.decoder.square() @ self.log_variance.exp()
        error = left.square() @ variances + noise
        spread = self.encoder.square() @ variances  # variance of the means of q
        rate = 0.5 * (spread + self.log_variance.exp() - 1 - self.log_variance)
        return error, rate


def loss(error: Tensor, rate: Tensor, beta: float) -> Tensor:
    """½ Σ error + β Σ rate."""
    return 0.5 * error.sum() + beta * rate.sum()


def optimal_rate(variances: Tensor, beta: float) -> Tensor:
    """Nats that the optimum spends on each direction: ½ ln(λ/β) above the water level β, 0 below."""
    return 0.5 * (variances / beta).log().clamp(min=0)


def optimal_error(variances: Tensor, beta: float) -> Tensor:
    """Squared error that the optimum leaves in each direction: the water level β, or all of it."""
    return variances.clamp(max=beta)
