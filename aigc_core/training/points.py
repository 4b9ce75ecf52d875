"""Train a network on points of the plane while somebody watches: a denoiser, or a map from noise to samples.

The same loss as for faces (:func:`aigc_core.models.unet.loss`) on points drawn afresh at every step from a distribution whose
best denoiser is known (:mod:`aigc_core.models.gaussian_mixture`), so the loss that cannot be beaten is known, too.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_core.models import unet
from aigc_core.models.gaussian_mixture import GaussianMixture
from aigc_core.models.point_net import PointDenoiser, PointNet
from aigc_core.training import images

Model = TypeVar("Model", bound=nn.Module)


@dataclass(frozen=True, kw_only=True)
class Config:
    steps: int = 600
    batch: int = 256
    lr: float = 1e-2
    """Learning rate of Adam; falls linearly to a twentieth."""
    noise_mean: float = -0.8
    noise_deviation: float = 1.3
    """Standard deviation of ln σ."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.lr <= 0:
            raise ValueError(f"steps and batch >= 1, lr > 0; got {self.steps}, {self.batch}, {self.lr}")


def denoiser(
    data: GaussianMixture, config: Config, model: PointDenoiser | None = None
) -> Generator[float, None, PointDenoiser]:
    """Learn to denoise points of ``data``; yields the loss of every step and returns the network.

    Args:
        model: Trained in place, so that it can be looked at between steps; a new one from the seed when not given.
    """
    network = untrained(data, config) if model is None else model

    def loss(rng: torch.Generator) -> Tensor:
        clean, sigma, noise = batch(data, config, rng)
        return unet.loss(network, clean, sigma, noise, None, network.sigma_data).mean()

    return (yield from _fit(network, loss, config))


def untrained(data: GaussianMixture, config: Config) -> PointDenoiser:
    """The network that :func:`denoiser` starts from."""
    with images.seeded(config.seed, 0, "cpu"):
        return PointDenoiser(sigma_data=data.variance**0.5)


def distilled(
    noise: Tensor, samples: Tensor, config: Config, model: PointNet | None = None
) -> Generator[float, None, PointNet]:
    """Learn the whole way of a sampler, from its noise (N, D) to its samples (N, D), in one call of a network.

    Knowledge distillation of Luhman & Luhman 2021 (arXiv 2101.02388): a regression on pairs that the many steps made.

    Args:
        model: Trained in place; a new one from the seed when not given.
    """
    student = untrained_student(config, noise.shape[1]) if model is None else model

    def loss(rng: torch.Generator) -> Tensor:
        start, end = _pairs(noise, samples, config, rng)
        return F.mse_loss(student(start, start.new_zeros(len(start))), end)

    return (yield from _fit(student, loss, config))


def untrained_student(config: Config, dimensions: int = 2) -> PointNet:
    """The network that :func:`distilled` starts from."""
    with images.seeded(config.seed, 0, "cpu"):
        return PointNet(dimensions)


def reflowed(noise: Tensor, samples: Tensor, config: Config) -> Generator[float, None, PointNet]:
    """Learn the velocity ε − x_0 along straight lines between pairs (N, D): the second round of rectified flow.

    Liu et al. 2022 (arXiv 2209.03003), Algorithm 1: the pairs are an ODE's own ends, so the lines hardly cross, and what is
    learned is straighter than what made them.
    """
    model = untrained_student(config, noise.shape[1])

    def loss(rng: torch.Generator) -> Tensor:
        start, end = _pairs(noise, samples, config, rng)
        time = torch.rand(len(start), generator=rng)
        return F.mse_loss(model(torch.lerp(end, start, time[:, None]), time), start - end)

    return (yield from _fit(model, loss, config))


def floor(data: GaussianMixture, config: Config, count: int = 20_000) -> float:
    """The loss of the exact denoiser: what is left when nothing more can be known; no network does better on average."""
    rng = torch.Generator().manual_seed(config.seed + 1)
    clean, sigma, noise = batch(data, replace(config, batch=count), rng)

    def exact(x: Tensor, level: Tensor, labels: Tensor | None) -> Tensor:
        return data(x.flatten(1), level).view_as(x)

    return float(unet.loss(exact, clean, sigma, noise, None, data.variance**0.5).mean())


def batch(data: GaussianMixture, config: Config, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Clean points as pictures of one pixel (B, D, 1, 1), noise levels (B,), noise like the points."""
    clean = data.sample(config.batch, rng).float()[:, :, None, None]
    sigma = unet.training_sigmas(torch.randn(config.batch, generator=rng), config.noise_mean, config.noise_deviation)
    return clean, sigma, torch.randn(clean.shape, generator=rng)


def _pairs(noise: Tensor, samples: Tensor, config: Config, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    index = torch.randint(len(noise), (config.batch,), generator=rng)
    return noise[index].float(), samples[index].float()


def _fit(model: Model, loss_of: Callable[[torch.Generator], Tensor], config: Config) -> Generator[float, None, Model]:
    rng = torch.Generator().manual_seed(config.seed)
    optimizer = torch.optim.Adam(model.parameters(), config.lr, betas=(0.9, 0.99), fused=True)
    lr_schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, config.steps)
    for _ in range(config.steps):
        loss = loss_of(rng)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimizer.step()
        lr_schedule.step()
        yield loss.item()
    return model.requires_grad_(False)
