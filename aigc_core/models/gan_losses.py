"""The losses of generative adversarial networks, as functions of the logits ℓ that a discriminator gives.

With D = sigmoid(ℓ), −log D = softplus(−ℓ) and −log(1 − D) = softplus(ℓ), so that no logarithm of a rounded probability is taken.

| loss | discriminator minimises | generator minimises | source |
|---|---|---|---|
| saturating | E softplus(−ℓ(x)) + E softplus(ℓ(G(z))) | −E softplus(ℓ(G(z))) | Goodfellow et al. 2014, arXiv 1406.2661, eq. 1 |
| non-saturating | the same | E softplus(−ℓ(G(z))) | ibid., section 3 |
| Wasserstein | E ℓ(G(z)) − E ℓ(x), ℓ 1-Lipschitz | −E ℓ(G(z)) | Arjovsky et al. 2017, arXiv 1701.07875, eq. 2 |
| hinge | E max(0, 1 − ℓ(x)) + E max(0, 1 + ℓ(G(z))) | −E ℓ(G(z)) | Lim & Ye 2017, arXiv 1705.02894 |

Two penalties go with them: :func:`r1` (any loss) and :func:`gradient_penalty` (what keeps ℓ near 1-Lipschitz). Shapes: B batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

Judge = Callable[[Tensor], Tensor]
"""Samples (B, …) -> logits (B,)."""


class Loss(NamedTuple):
    """The two sides of a game; each is minimised by its own player."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    """(logits of real samples, logits of generated ones) -> scalar."""
    generator: Callable[[Tensor], Tensor]
    """Logits of generated samples -> scalar."""


def logistic_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """−V(D, G) = −E log D(x) − E log(1 − D(G(z))): binary cross-entropy, real against generated."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def saturating_generator(fake: Tensor) -> Tensor:
    """E log(1 − D(G(z))): the generator's side of V itself; its slope is D, next to nothing where D is sure."""
    return -F.softplus(fake).mean()


def non_saturating_generator(fake: Tensor) -> Tensor:
    """−E log D(G(z)): the same fixed point, but the slope is 1 − D, largest where D is sure."""
    return F.softplus(-fake).mean()


def wasserstein_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E ℓ(G(z)) − E ℓ(x): at its minimum over all 1-Lipschitz ℓ, minus the Wasserstein-1 distance."""
    return fake.mean() - real.mean()


def linear_generator(fake: Tensor) -> Tensor:
    """−E ℓ(G(z)), the generator's loss of Wasserstein and hinge GANs: slope 1 everywhere."""
    return -fake.mean()


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E max(0, 1 − ℓ(x)) + E max(0, 1 + ℓ(G(z))): who is right by a margin of 1 asks for no more."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


LOSSES: Mapping[str, Loss] = {
    "saturating": Loss(logistic_discriminator, saturating_generator),
    "non-saturating": Loss(logistic_discriminator, non_saturating_generator),
    "wasserstein": Loss(wasserstein_discriminator, linear_generator),
    "hinge": Loss(hinge_discriminator, linear_generator),
}


def r1(judge: Judge, real: Tensor) -> Tensor:
    """R1 = ½·E‖∇ℓ(x)‖² at real samples, to be weighted by γ (Mescheder et al. 2018, arXiv 1801.04406, eq. 9)."""
    return _slope(judge, real).square().sum(1).mean() / 2


def gradient_penalty(judge: Judge, real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
    """E(‖∇ℓ(x̂)‖ − 1)² at random points x̂ between real and generated samples (Gulrajani et al. 2017, arXiv 1704.00028, eq. 3).

    Args:
        real: (B, …).
        fake: Same shape.
        rng: Draws where between the two, one number a pair.
    """
    share = torch.rand(len(real), *(1,) * (real.dim() - 1), generator=rng).to(real)
    lengths: Tensor = _slope(judge, torch.lerp(real, fake, share)).norm(dim=1)
    return (lengths - 1).square().mean()


def _slope(judge: Judge, x: Tensor) -> Tensor:
    """∇ℓ(x), flat (B, N), kept in the graph so that it can be trained on."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(judge(x).sum(), x, create_graph=True)
    return gradient.flatten(1)
