"""Two small multilayer perceptrons that play the game of a GAN on points (Goodfellow et al. 2014, arXiv 1406.2661).

They learn in about a second on one core, so that every choice can be watched. The discriminator may look at more than one
sample at a time, which is what tells it of a missing variety: :attr:`ToyGANConfig.group`. Losses:
:mod:`aigc_core.models.gan_losses`. Training: ``aigc_core/training/toy_gan.py``.

Shapes: B batch, Z latent width, D dimensions of a point.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class ToyGANConfig:
    dimensions: int = 2
    """D of a point."""
    latent: int = 2
    """Z, numbers in z."""
    width: int = 64
    """Units in each of the two hidden layers."""
    group: int = 1
    """Samples whose common deviation the discriminator sees beside each of them (minibatch deviation, Karras et al. 2017,
    arXiv 1710.10196, section 3); 1 for none."""

    def __post_init__(self) -> None:
        if min(self.dimensions, self.latent, self.width, self.group) < 1:
            raise ValueError(f"all sizes must be at least 1; got {self}")


class Generator(nn.Module):
    """z (B, Z) from N(0, I) to points (B, D)."""

    def __init__(self, config: ToyGANConfig, rng: torch.Generator) -> None:
        super().__init__()
        self.latent = config.latent
        self.layers = perceptron(config.latent, config.width, config.dimensions, nn.ReLU(), rng)

    def forward(self, z: Tensor) -> Tensor:
        x: Tensor = self.layers(z)
        return x

    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        """Points (count, D) of noise drawn from ``rng``."""
        x: Tensor = self(torch.randn(count, self.latent, generator=rng))
        return x


class Discriminator(nn.Module):
    """Points (B, D) to logits (B,)."""

    def __init__(self, config: ToyGANConfig, rng: torch.Generator) -> None:
        super().__init__()
        self.group = config.group
        inputs = config.dimensions + (1 if config.group > 1 else 0)
        self.layers = perceptron(inputs, config.width, 1, nn.LeakyReLU(0.2), rng)

    def forward(self, x: Tensor, spread: float | None = None) -> Tensor:
        """Logits of a batch; ``spread`` stands for its deviation where the points are not samples."""
        if self.group > 1:
            beside = deviation(x, self.group) if spread is None else x.new_full((len(x), 1), spread)
            x = torch.cat([x, beside], 1)
        logits: Tensor = self.layers(x)[:, 0]
        return logits


def deviation(x: Tensor, group: int) -> Tensor:
    """The deviation of each sample's group, averaged over dimensions; (B, 1).

    Samples i, i + B/group, … form a group; ``group`` divides B.
    """
    of_groups = x.view(group, -1, x.shape[1]).var(0, unbiased=False).add(1e-8).sqrt().mean(1, keepdim=True)  # (B/g, 1)
    return of_groups.repeat(group, 1)


def perceptron(inputs: int, width: int, outputs: int, activation: nn.Module, rng: torch.Generator) -> nn.Sequential:
    """Two hidden layers, weights drawn from ``rng`` by the rule of He et al. 2015 (arXiv 1502.01852), biases 0."""
    sizes = ((inputs, width), (width, width), (width, outputs))
    layers: list[nn.Linear] = [nn.utils.skip_init(nn.Linear, *size) for size in sizes]  # type: ignore[no-untyped-call]
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=rng)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], activation, layers[1], activation, layers[2])
