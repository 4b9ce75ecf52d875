"""Sample pictures that agree with what is known of them, with a model that was never trained for it.

At each noise level the network's estimate of the clean picture is pulled towards the known part, then noised to the next level:

    z* = argmin_z  L(z)/(2·σ_y²) + ‖z - D(x, σ)‖² / (2·ρ²),   ρ² = σ²·σ_d²/(σ² + σ_d²)
    x' = z* + σ'·ε

L is the squared error of the known part, ρ² the variance of x_0 given x for Gaussian data of deviation σ_d: a noisy x says little,
so that early on the known part decides, later the picture itself. DiffPIR (Zhu et al. 2023, arXiv:2305.08995, Algorithm 1) with
η = 1; some steps of Adam find z*, since L may look through a decoder (ReSample, Song et al. 2023, arXiv:2307.08123).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from aigc_core.sampling.diffusion.samplers import Denoiser, Rngs, Step, Steps, draw

SquaredError = Callable[[Tensor], Tensor]
"""Latents (B, …) that require gradients -> their squared error in the known part, summed."""


def restored(
    denoise: Denoiser, x: Tensor, sigmas: Tensor, rngs: Rngs, error: SquaredError, *,
    data_deviation: float, error_deviation: float, iterations: int, rate: float,
) -> Steps:  # fmt: skip
    """Sample from noise x at the first level; ``denoised`` of a step is z*.

    Args:
        data_deviation: σ_d, of the model's data.
        error_deviation: σ_y, by which the known part may be missed.
        iterations: Steps of Adam at each level.
        rate: Of Adam.
    """
    for i, (sigma, after) in enumerate(itertools.pairwise(sigmas.tolist())):
        with torch.inference_mode():
            estimate = denoise(x, x.new_full((len(x),), sigma))
        variance = sigma**2 * data_deviation**2 / (sigma**2 + data_deviation**2)
        z = _nearest(estimate.clone(), error, error_deviation**2, variance, iterations, rate)
        x_next = z + after * draw(rngs, x) if after else z
        yield Step(i=i, sigma=sigma, sigma_next=after, x=x, denoised=z, x_next=x_next)
        x = x_next


def _nearest(
    estimate: Tensor, error: SquaredError, error_variance: float, variance: float, iterations: int, rate: float
) -> Tensor:
    """z*, from ``iterations`` steps of Adam that begin at the estimate; the same whatever the gradient mode outside."""
    with torch.inference_mode(False), torch.enable_grad():
        fixed = estimate.detach().clone()
        z = fixed.clone().requires_grad_(True)
        optimizer = torch.optim.Adam([z], rate)
        for _ in range(iterations):
            optimizer.zero_grad(set_to_none=True)
            loss = error(z) / error_variance + (z - fixed).square().sum() / variance
            torch.autograd.backward(loss / 2)
            optimizer.step()
    return z.detach()
