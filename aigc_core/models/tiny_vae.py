"""The smallest VAE that is a real one: two layers each way, two latent numbers, pictures of black and white pixels.

Kingma & Welling 2013, arXiv 1312.6114, appendix C. For teaching: it trains in seconds, and with two latents the evidence that the
bound bounds is a sum over a grid (:func:`log_evidence`). The face VAE is :mod:`aigc_core.models.vae`, whose ``sample`` and ``kl`` it shares.

    q(z|x) = N(μ(x), diag σ²(x))      p(x|z) = Π Bernoulli(x_i; sigmoid(f(z)_i))

Shapes: B batch, D pixels, H hidden units, Z latents. Pictures are 0 or 1.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_core.models.vae import kl, sample


class TinyVAE(nn.Module):
    """``encode`` to a Gaussian, ``decode`` to logits of pixels."""

    def __init__(self, pixels: int = 64, hidden: int = 64, latents: int = 2) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(pixels, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latents))
        self.decoder = nn.Sequential(nn.Linear(latents, hidden), nn.Tanh(), nn.Linear(hidden, pixels))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance (B, Z) of q(z|x)."""
        mean, log_variance = self.encoder(x).chunk(2, 1)
        return mean, log_variance

    def decode(self, z: Tensor) -> Tensor:
        """Logits (B, D) of the pixels' probabilities."""
        out: Tensor = self.decoder(z)
        return out


class Terms(NamedTuple):
    """The ELBO's terms for each picture (B,), in nats; the ELBO is ``-(distortion + rate)``."""

    distortion: Tensor
    """−log p(x|z) of one sample of z."""
    rate: Tensor
    """KL(q(z|x) ‖ p(z))"""


def terms(model: TinyVAE, x: Tensor, rng: torch.Generator) -> Terms:
    """Both terms of the bound, with one sample of z a picture."""
    mean, log_variance = model.encode(x)
    z = sample(mean, log_variance, rng)
    return Terms(-log_likelihood(model.decode(z), x), kl(mean, log_variance))


def log_likelihood(logits: Tensor, x: Tensor) -> Tensor:
    """log p(x|z), (…): the sum over pixels of ``x`` (…, D) under ``logits`` (…, D)."""
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)


def square(side: int, reach: float) -> Tensor:
    """A grid of latents (side², 2) over [-reach, reach], top left first."""
    at = torch.linspace(-reach, reach, side)
    across, up = torch.meshgrid(at, at.flip(0), indexing="xy")
    return torch.stack([across, up], -1).reshape(-1, 2)


@torch.no_grad()
def log_evidence(model: TinyVAE, x: Tensor, *, side: int = 81, reach: float = 5.0) -> Tensor:
    """log p(x) = log ∫ p(z) p(x|z) dz of each picture (B,), summed over a grid of two latents."""
    z = square(side, reach)
    log_prior = -0.5 * z.square().sum(1) - math.log(2 * math.pi)  # (G,)
    logits = model.decode(z)  # (G, D)
    log_joint = log_prior + x @ logits.T - F.softplus(logits).sum(1)  # (B, G); x·l − ln(1 + e^l) is log p(x|z)
    return torch.logsumexp(log_joint, 1) + 2 * math.log(2 * reach / (side - 1))
