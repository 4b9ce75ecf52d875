"""Train a toy GAN on points: a second on one core, every step to look at.

The loop is the one of :mod:`aigc_core.training.faces_gan` without pictures: the discriminator's step, then the generator's through
the updated discriminator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from aigc_core.models.gan_losses import LOSSES, gradient_penalty, r1
from aigc_core.models.toy_gan import Discriminator, Generator, ToyGANConfig

Data = Callable[[int, torch.Generator], Tensor]
"""(count, rng) -> points (count, D)."""


@dataclass(frozen=True, kw_only=True)
class Config:
    loss: str = "non-saturating"
    """A key of :data:`aigc_core.models.gan_losses.LOSSES`."""
    steps: int = 600
    batch: int = 128
    lr: float = 2e-3
    """Learning rate of the generator's Adam, betas (0.5, 0.9)."""
    d_lr: float = 5e-3
    """Learning rate of the discriminator's Adam."""
    d_steps: int = 1
    """Steps of the discriminator for one of the generator."""
    gamma: float = 0.0
    """Weight of R1."""
    penalty: float = 0.0
    """Weight of the gradient penalty; a Wasserstein loss needs it."""
    seed: int = 0
    model: ToyGANConfig = field(default_factory=ToyGANConfig)

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise ValueError(f"loss must be one of {', '.join(LOSSES)}; got {self.loss}")
        if self.batch % self.model.group:
            raise ValueError(f"batch {self.batch} must be a multiple of the group {self.model.group}")


@dataclass(frozen=True, kw_only=True)
class Step:
    """The game after a number of the generator's steps; the networks go on changing."""

    step: int
    generator: Generator
    discriminator: Discriminator
    d_loss: float
    """Without penalties; 0 before the first step."""
    g_loss: float


def train(config: Config, data: Data) -> Iterator[Step]:
    """Yield the game at its start and after every step.

    Raises:
        FloatingPointError: a loss is not finite; names the step.
    """
    rng = torch.Generator().manual_seed(config.seed)
    generator, judge = Generator(config.model, rng), Discriminator(config.model, rng)
    g_opt = torch.optim.Adam(generator.parameters(), config.lr, betas=(0.5, 0.9), fused=True)
    d_opt = torch.optim.Adam(judge.parameters(), config.d_lr, betas=(0.5, 0.9), fused=True)
    loss = LOSSES[config.loss]
    yield Step(step=0, generator=generator, discriminator=judge, d_loss=0.0, g_loss=0.0)

    for step in range(1, config.steps + 1):
        judge.requires_grad_(True)
        for _ in range(config.d_steps):
            real = data(config.batch, rng)
            fake = generator.sample(config.batch, rng)
            d_loss = loss.discriminator(judge(real), judge(fake.detach()))
            total = d_loss
            if config.gamma > 0:
                total = total + config.gamma * r1(judge, real)
            if config.penalty > 0:
                total = total + config.penalty * gradient_penalty(judge, real, fake.detach(), rng)
            d_opt.zero_grad(set_to_none=True)
            torch.autograd.backward(total)
            d_opt.step()

        judge.requires_grad_(False)
        g_loss = loss.generator(judge(fake))
        g_opt.zero_grad(set_to_none=True)
        torch.autograd.backward(g_loss)
        g_opt.step()
        losses = d_loss.item(), g_loss.item()
        if not torch.isfinite(torch.tensor(losses)).all():
            raise FloatingPointError(f"the losses are {losses} at step {step}")
        yield Step(step=step, generator=generator, discriminator=judge, d_loss=losses[0], g_loss=losses[1])
