"""One step back, q(x'|x, x_0): where DDPM's sampler draws from and what its training objective compares with.

Levels σ' < σ, x' = x_0 + σ'·ε', x = x' + √(σ²−σ'²)·ε''. Both factors of Bayes' rule are Gaussian in x', so their product is
(Ho et al. 2020, arXiv 2006.11239, eq. 6 and 7, divided by √ᾱ):

    q(x'|x, x_0) = N(x_0 + (σ'/σ)²·(x − x_0), σ_up²·I)            σ_up² = σ'²·(σ²−σ'²)/σ²

A network puts its D in the place of x_0. The two Gaussians share their width, so the KL divergence of a step, a term of the
negative evidence lower bound, is a squared error (Kingma et al. 2021, arXiv 2107.00630, eq. 13):

    KL = ½·(1/σ'² − 1/σ²)·|x_0 − D|²  nats
"""

from __future__ import annotations

import math

from torch import Tensor


def posterior(x: Tensor, x_0: Tensor, sigma: float, after: float) -> tuple[Tensor, float]:
    """Mean (B, …) and standard deviation of q(x'|x, x_0) at level ``after`` = σ' ≤ ``sigma``; at σ' = 0 it is x_0 itself."""
    mean = x_0 + (after / sigma) ** 2 * (x - x_0)
    return mean, after * math.sqrt(sigma**2 - after**2) / sigma


def step_kl(x_0: Tensor, denoised: Tensor, sigma: float, after: float) -> Tensor:
    """KL(q(x'|x, x_0) ‖ q(x'|x, D)) in nats, (B,); needs 0 < σ' < σ."""
    return snr_gain(sigma, after) / 2 * (x_0 - denoised).flatten(1).square().sum(1)


def snr_gain(sigma: float, after: float) -> float:
    """1/σ'² − 1/σ²: by how much a step raises the signal-to-noise ratio, the weight of its squared error."""
    return 1 / after**2 - 1 / sigma**2
