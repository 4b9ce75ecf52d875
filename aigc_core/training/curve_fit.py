"""A small model fitted to noisy points of a curve: over- and under-fitting with nothing else in the way.

    y = sin(πx) + s·ε,  x uniform in [-1, 1]        ŷ = b + Σ_h a_h cos(ω_h x + φ_h),  ω_h ~ N(0, 6²), φ_h uniform; a and b are learned

Random features (Rahimi & Recht 2007) make capacity one number, H, and a step cheap.

The validation set is drawn in the same way; ``leak`` puts a share of the training points into it, as duplicates across a
careless split do. Shapes: N points, H features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from aigc_core.types import Events, Progress, Result

VALIDATION, NEW = 200, 1000
FREQUENCY = 6.0  # of the features, radians a unit of x


@dataclass(frozen=True, kw_only=True)
class Config:
    points: int = 16
    """Training points."""
    features: int = 100
    noise: float = 0.3
    """Standard deviation of ε's share in y; its square is the smallest error there is."""
    leak: float = 0.0
    """Share of the validation set that is copied from the training set."""
    steps: int = 400
    lr: float = 2e-2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.points < 2 or self.features < 1 or not 0 <= self.leak <= 1:
            raise ValueError(f"points >= 2, features >= 1, 0 <= leak <= 1; got {self}")


class RandomFeatures(nn.Module):
    """A sum of cosines of random frequencies, of which only the weights are learned; 0 at first."""

    frequencies: Tensor
    phases: Tensor

    def __init__(self, features: int, rng: torch.Generator) -> None:
        super().__init__()
        self.register_buffer("frequencies", FREQUENCY * torch.randn(1, features, generator=rng))
        self.register_buffer("phases", 2 * torch.pi * torch.rand(features, generator=rng))
        self.weights = nn.Parameter(torch.zeros(features, 1))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """ŷ (N, 1) of x (N, 1)."""
        return torch.cos(x @ self.frequencies + self.phases) @ self.weights + self.bias


class Points(NamedTuple):
    x: Tensor
    """(N, 1)"""
    y: Tensor
    """(N, 1)"""


class Step(NamedTuple):
    """Mean squared errors after a step, and the model, which lives on."""

    model: RandomFeatures
    train: float
    validation: float
    new: float
    """On points that nobody has seen, the truth that validation estimates."""


def truth(x: Tensor) -> Tensor:
    """The curve without noise."""
    return torch.sin(torch.pi * x)


def draw(count: int, noise: float, rng: torch.Generator) -> Points:
    x = 2 * torch.rand(count, 1, generator=rng) - 1
    return Points(x, truth(x) + noise * torch.randn(count, 1, generator=rng))


def split(config: Config) -> tuple[Points, Points, Points]:
    """Training, validation (with its leak) and new points."""
    rng = torch.Generator().manual_seed(config.seed)
    train = draw(config.points, config.noise, rng)
    honest, new = draw(VALIDATION, config.noise, rng), draw(NEW, config.noise, rng)
    copied = round(config.leak * VALIDATION)
    at = torch.randint(config.points, (copied,), generator=rng)
    validation = Points(*(torch.cat([t[at], v[copied:]]) for t, v in zip(train, honest, strict=True)))
    return train, validation, new


def fit(config: Config) -> Events:
    """Yield ``Progress`` after every step (preview: a :class:`Step` at every fifth), then the model."""
    train, *others = split(config)
    model = RandomFeatures(config.features, torch.Generator().manual_seed(config.seed + 1))
    opt = torch.optim.Adam(model.parameters(), config.lr)
    for step in range(1, config.steps + 1):
        loss = (model(train.x) - train.y).square().mean()
        opt.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        opt.step()
        seen = None
        if step % 5 == 0:
            seen = Step(model, loss.item(), *(error(model, points) for points in others))
        yield Progress(step=step, total=config.steps, preview=seen)
    yield Result(output=model)


@torch.no_grad()
def error(model: nn.Module, points: Points) -> float:
    """Mean squared error."""
    return float((model(points.x) - points.y).square().mean())
