"""Train the two-latent VAE on discs, in seconds: ``for event in train(Config()): …``.

The loop is the face VAE's (:mod:`aigc_core.training.faces_vae`) without what makes faces sharp: encode, draw, decode, two terms, a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from aigc_core.datasets import discs
from aigc_core.models.tiny_vae import TinyVAE, terms
from aigc_core.training import images, journal
from aigc_core.types import Events, Progress, Result

OPTIMIZERS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}


@dataclass(frozen=True, kw_only=True)
class Config:
    steps: int = 400
    batch: int = 64
    lr: float = 1e-2
    beta: float = 1.0
    """Weight of the KL term."""
    optimizer: str = "adam"
    """A key of :data:`OPTIMIZERS`."""
    clip: float | None = 10.0
    """Largest norm of the gradient; None for no limit."""
    hidden: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.lr <= 0 or self.beta < 0:
            raise ValueError(f"steps >= 1, batch >= 1, lr > 0, beta >= 0; got {self}")
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {sorted(OPTIMIZERS)}; got {self.optimizer!r}")


class Step(NamedTuple):
    """Preview of one step; the model is the living one, not a copy."""

    model: TinyVAE
    distortion: float
    """Mean −log p(x|z) of the batch, in nats."""
    rate: float
    """Mean KL of the batch, in nats."""
    gradient: float
    """Norm of the gradient before clipping."""


def train(config: Config) -> Events:
    """Yield ``Progress`` after every step (preview: a :class:`Step`), then the model.

    Raises:
        FloatingPointError: a loss is not finite; names the step.
    """
    rng = torch.Generator().manual_seed(config.seed)
    with images.seeded(config.seed, 0, "cpu"):
        model = TinyVAE(hidden=config.hidden)
    opt = OPTIMIZERS[config.optimizer](model.parameters(), config.lr)
    for step in range(1, config.steps + 1):
        x = discs.draw(discs.places(config.batch, rng))
        distortion, rate = (t.mean() for t in terms(model, x, rng))
        loss = distortion + config.beta * rate
        journal.require_finite([loss.detach()], step)
        opt.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        gradient = torch.nn.utils.clip_grad_norm_(model.parameters(), _limit(config.clip))
        opt.step()
        seen = Step(model, distortion.item(), rate.item(), gradient.item())
        yield Progress(step=step, total=config.steps, preview=seen)
    yield Result(output=model)


def _limit(clip: float | None) -> float:
    return float("inf") if clip is None else clip


@torch.no_grad()
def evaluate(model: TinyVAE, x: Tensor, seed: int, draws: int = 16) -> tuple[float, float]:
    """Mean distortion and rate of pictures ``x`` (B, D), over ``draws`` samples of z each."""
    rng = torch.Generator().manual_seed(seed)
    all_terms = [terms(model, x, rng) for _ in range(draws)]
    return (
        float(torch.stack([t.distortion for t in all_terms]).mean()),
        float(torch.stack([t.rate for t in all_terms]).mean()),
    )
