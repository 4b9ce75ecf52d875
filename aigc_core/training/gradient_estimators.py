"""Two unbiased estimates of ∇_μ E_{z ~ N(μ, σ²I)}[f(z)] from samples; their variances are worlds apart.

    pathwise (reparameterised):    z = μ + σ·ε,   ∇f(z)                      (Kingma & Welling 2013, section 2.4)
    score function (REINFORCE):    f(z)·∇_μ log N(z; μ, σ²I) = f(z)·ε/σ      (Williams 1992)

The second needs nothing but values of f; the first needs its gradient, and is 0 where f is a staircase. Shapes: N samples, D numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Loss = Callable[[Tensor], Tensor]
"""(N, D) -> (N,)"""


def pathwise(loss: Loss, mean: Tensor, deviation: float, noise: Tensor) -> Tensor:
    """The estimate of every sample (N, D); ``mean`` (D,), ``noise`` (N, D) standard normal."""
    with torch.enable_grad():
        mean = mean.expand_as(noise).detach().requires_grad_()
        z = mean + deviation * noise
        (gradient,) = torch.autograd.grad(loss(z).sum(), mean)
    return gradient


def score_function(loss: Loss, mean: Tensor, deviation: float, noise: Tensor, baseline: float = 0.0) -> Tensor:
    """The estimate of every sample (N, D); ``baseline`` is taken off f, which changes the variance and not the mean."""
    z = mean + deviation * noise
    return (loss(z) - baseline)[:, None] * noise / deviation
