"""Noise levels: which σ a diffusion sampler visits, and how the ways of writing them down translate.

Everything here runs in the "variance exploding" picture x = x_0 + σ·ε (Karras et al. 2022, arXiv 2206.00364, "EDM"). The
others are the same process in another unit of x:

    variance preserving (DDPM)   x_t = √ᾱ·x_0 + √(1−ᾱ)·ε = √ᾱ·(x_0 + σ·ε)        σ = √((1−ᾱ)/ᾱ)
    flow matching                x_t = (1−t)·x_0 + t·ε    = (1−t)·(x_0 + σ·ε)      σ = t/(1−t)

so one sampler serves networks of all three kinds. Pure functions of numbers; levels are float64 tensors, largest first.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

# --- the schedules that networks are trained with -------------------------------------------------------------------


def linear_alphas_cumprod(steps: int = 1000, beta_start: float = 1e-4, beta_end: float = 0.02) -> Tensor:
    """ᾱ_t = Π (1−β_s), β growing in a straight line (Ho et al. 2020, arXiv 2006.11239); (steps,), falling."""
    betas = torch.linspace(beta_start, beta_end, steps, dtype=torch.float64)
    return (1 - betas).cumprod(0)


def cosine_alphas_cumprod(steps: int = 1000, offset: float = 0.008, max_beta: float = 0.999) -> Tensor:
    """ᾱ_t ∝ cos²(π/2·(t+s)/(1+s)), each β cut at ``max_beta`` (Nichol & Dhariwal 2021, arXiv 2102.09672, eq. 17)."""
    time = torch.arange(steps + 1, dtype=torch.float64) / steps
    curve = torch.cos((time + offset) / (1 + offset) * math.pi / 2) ** 2
    betas = (1 - curve[1:] / curve[:-1]).clamp(max=max_beta)
    return (1 - betas).cumprod(0)


# --- translations ---------------------------------------------------------------------------------------------------


def sigma_of(alphas_cumprod: Tensor) -> Tensor:
    """σ = √((1−ᾱ)/ᾱ), the noise beside a picture of unit scale."""
    return ((1 - alphas_cumprod) / alphas_cumprod).sqrt()


def alpha_bar_of(sigma: Tensor) -> Tensor:
    """ᾱ = 1/(1+σ²), the inverse of :func:`sigma_of`."""
    return 1 / (1 + sigma**2)


def sigma_of_time(time: Tensor) -> Tensor:
    """σ = t/(1−t) of a flow-matching time in [0, 1); at t = 1 there is no picture left and σ is infinite."""
    return time / (1 - time)


def time_of(sigma: Tensor) -> Tensor:
    """t = σ/(1+σ), the inverse of :func:`sigma_of_time`."""
    return sigma / (1 + sigma)


# --- the levels that a sampler visits, n steps from noise to σ = 0 ----------------------------------------------------


def karras_sigmas(steps: int, sigma_min: float = 0.002, sigma_max: float = 80.0, rho: float = 7.0) -> Tensor:
    """σ_i = (σ_max^(1/ρ) + i/(n−1)·(σ_min^(1/ρ) − σ_max^(1/ρ)))^ρ and a final 0 (EDM eq. 5); (steps + 1,).

    ρ = 7 spends most steps at low noise, where details are decided; ρ = 1 would space σ evenly.

    Raises:
        ValueError: ``steps`` below 1, or levels out of order.
    """
    if steps < 1 or not 0 < sigma_min < sigma_max:
        raise ValueError(f"steps >= 1 and 0 < sigma_min < sigma_max; got {steps}, {sigma_min}, {sigma_max}")
    ramp = torch.linspace(0, 1, steps, dtype=torch.float64)  # one step: σ_max alone
    high, low = sigma_max ** (1 / rho), sigma_min ** (1 / rho)
    return _ended((high + ramp * (low - high)) ** rho)


def ddpm_sigmas(alphas_cumprod: Tensor, steps: int) -> Tensor:
    """Levels of ``steps`` of the T training times, evenly spaced and including the noisiest, and a final 0; (steps + 1,).

    The "trailing" spacing of Lin et al. 2023 (arXiv 2305.08891): starting below the noisiest time would hand the network
    pure noise while telling it that some picture is left.

    Raises:
        ValueError: ``steps`` outside 1…T.
    """
    return _ended(sigma_of(alphas_cumprod[ddpm_times(len(alphas_cumprod), steps)]).double())


def ddpm_times(count: int, steps: int) -> Tensor:
    """The training times (int64, falling, the first T − 1) whose levels :func:`ddpm_sigmas` gives."""
    if not 1 <= steps <= count:
        raise ValueError(f"steps must be 1 to {count}; got {steps}")
    stride = torch.arange(steps, dtype=torch.float64) * (count / steps)
    return (count - stride).round().long() - 1


def flow_times(steps: int, shift: float = 1.0) -> Tensor:
    """Times from 1 to 0, evenly spaced, then moved towards noise by t ← s·t/(1+(s−1)·t); (steps + 1,).

    Larger pictures keep more of their content under the same noise, so they need a ``shift`` above 1 (Esser et al. 2024,
    arXiv 2403.03206, eq. 23).
    """
    if steps < 1 or shift <= 0:
        raise ValueError(f"steps >= 1 and shift > 0; got {steps}, {shift}")
    time = torch.linspace(1, 0, steps + 1, dtype=torch.float64)
    return shift * time / (1 + (shift - 1) * time)


def _ended(sigmas: Tensor) -> Tensor:
    return torch.cat([sigmas, sigmas.new_zeros(1)])
