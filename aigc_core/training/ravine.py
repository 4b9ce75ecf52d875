"""Optimizers on a ravine: a quadratic that is steep one way and flat the other, in full view.

    f(w) = ½ (λ_1 w_1² + λ_2 w_2²)        gradient descent: w_i ← (1 − ηλ_i) w_i

Each direction shrinks by its own factor: it oscillates and diverges beyond η = 2/λ_1, while the flat one needs about 1/(ηλ_2)
steps (Goh 2017, "Why Momentum Really Works", Distill). A batch of B examples adds noise of variance s²/B to every gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Config:
    curvatures: tuple[float, float] = (10.0, 0.5)
    """λ_1 (steep) and λ_2 (flat)."""
    start: tuple[float, float] = (1.0, 8.0)
    optimizer: str = "sgd"
    """``sgd``, ``momentum`` (0.9) or ``adam``."""
    lr: float = 0.1
    steps: int = 60
    noise: float = 0.0
    """Standard deviation of the noise in each number of the gradient: s/√B."""
    seed: int = 0


def make(name: str, parameters: list[Tensor], lr: float) -> torch.optim.Optimizer:
    """The optimizer of that name.

    Raises:
        ValueError: no such name.
    """
    if name == "adam":
        return torch.optim.Adam(parameters, lr)
    if name not in ("sgd", "momentum"):
        raise ValueError(f"optimizer must be sgd, momentum or adam; got {name!r}")
    return torch.optim.SGD(parameters, lr, momentum=0.9 if name == "momentum" else 0.0)


def loss(w: Tensor, curvatures: Tensor) -> Tensor:
    """f(w), (…) of (…, 2)."""
    return 0.5 * (curvatures * w.square()).sum(-1)


def descend(config: Config) -> Tensor:
    """Every point of the way (steps + 1, 2), the start first."""
    rng = torch.Generator().manual_seed(config.seed)
    curvatures = torch.tensor(config.curvatures)
    w = torch.tensor(config.start, requires_grad=True)
    opt = make(config.optimizer, [w], config.lr)
    way = [w.detach().clone()]
    for _ in range(config.steps):
        (gradient,) = torch.autograd.grad(loss(w, curvatures), w)
        w.grad = gradient + config.noise * torch.randn(2, generator=rng)
        opt.step()
        way.append(w.detach().clone())
    return torch.stack(way)
