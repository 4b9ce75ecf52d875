"""A GAN on a ring or a grid of Gaussians, trained before the reader's eyes; and what helps it not to lose modes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from matplotlib.axes import Axes
from torch import Tensor

from aigc_core.datasets.plane import Mixture, grid, ring
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.gan_losses import LOSSES
from aigc_core.models.toy_gan import ToyGANConfig, deviation
from aigc_core.training.toy_gan import Config, Step, train

DATA = {"ring": ring, "grid": grid}
STEPS = 600
SHOWN = (0, 50, 150, 300, 450, STEPS)
"""Steps that are drawn."""
REACH = 3.0
POINTS = 400
ARROWS = 48
COUNTED = 2000
"""Samples in which modes are counted."""
PENALTY = 0.3
"""Weight of the gradient penalty beside a Wasserstein loss."""
REMEDIES: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "fast-discriminator": {"d_lr": 5e-3},
    "r1": {"gamma": 1.0},
    "batch": {"model": ToyGANConfig(group=16)},
}
SLOW = 5e-4
"""Learning rate of a discriminator that is too slow for its generator's 2e-3."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``values``: ``data``, ``loss``, ``ratio`` (the discriminator's learning rate over the generator's)."""
    loss = values["loss"]
    penalty = PENALTY if loss == "wasserstein" else 0.0
    rate = Config.lr * float(values["ratio"])
    yield from _watch(DATA[values["data"]](), Config(loss=loss, d_lr=rate, penalty=penalty, steps=STEPS, seed=seed))


def collapse_frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """A discriminator that learns too slowly, alone or with a remedy; ``values``: ``remedy``."""
    settings: dict[str, Any] = {"d_lr": SLOW, "steps": STEPS, "seed": seed, **REMEDIES[values["remedy"]]}
    yield from _watch(ring(), Config(**settings))


def _watch(mixture: Mixture, config: Config) -> Iterator[Frame]:
    losses: list[tuple[float, float]] = []
    for state in train(config, mixture.sample):
        if state.step:
            losses.append((state.d_loss, state.g_loss))
        if state.step in SHOWN:
            yield _frame(mixture, config, state, losses)


def _frame(mixture: Mixture, config: Config, state: Step, losses: list[tuple[float, float]]) -> Frame:
    figure, (field, curves) = plot.canvas(1, 2, height=3.5, width_ratios=(1.1, 1))
    rng = torch.Generator().manual_seed(config.seed)
    _field(field, mixture, config, state, rng)
    curves.plot([d for d, _ in losses], color=plot.COLOURS[4], linewidth=1)
    curves.plot([g for _, g in losses], color=plot.COLOURS[1], linewidth=1)
    curves.set(xlabel="$t$", ylabel="$L$", xlim=(0, STEPS))
    with torch.no_grad():
        modes, near = mixture.covered(state.generator.sample(COUNTED, rng))
    total = len(mixture.centres)
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Step {state.step}: {modes} of {total} modes covered; {near:.0%} of the samples lie near one.",
            f"第 {state.step} 步：覆盖 {total} 个模式中的 {modes} 个；{near:.0%} 的样本落在某个模式附近。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("data", "真实数据")),
            Mark(colour=plot.COLOURS[1], words=Words("generated; generator's loss", "生成样本；生成器损失")),
            Mark(
                colour=plot.COLOURS[2],
                words=Words("where the discriminator's gradient sends them", "判别器的梯度指示的方向"),
            ),
            Mark(colour=plot.COLOURS[4], words=Words("discriminator's loss", "判别器损失")),
            Mark(
                colour="#b9d7ea",
                words=Words("background: taken for real (blue) or generated (red)", "背景：判为真（蓝）或判为假（红）"),
            ),
        ),
        facts={"step": float(state.step), "modes": float(modes), "near": near},
    )


def _field(axes: Axes, mixture: Mixture, config: Config, state: Step, rng: torch.Generator) -> None:
    """D as background, real and generated points, and the gradient on some of the latter."""
    line = torch.linspace(-REACH, REACH, 48)
    with torch.no_grad():
        at = torch.cartesian_prod(line, line)  # (48², 2), x first
        real, fake = mixture.sample(POINTS, rng), state.generator.sample(POINTS, rng)
        spread = float(deviation(real, config.model.group).mean())
        d = torch.sigmoid(state.discriminator(at, spread)).view(48, 48).T
    axes.imshow(
        d, extent=(-REACH, REACH) * 2, origin="lower", cmap="RdBu", vmin=0, vmax=1, alpha=0.45, interpolation="bilinear"
    )
    axes.plot(*real.T, ".", markersize=4, markeredgewidth=0, color=plot.COLOURS[0], rasterized=True)
    axes.plot(*fake.T, ".", markersize=4, markeredgewidth=0, color=plot.COLOURS[1], rasterized=True)
    some = fake[:ARROWS]
    push = _push(config.loss, state, some)
    longest = push.norm(dim=1).max().clamp_min(1e-9)
    axes.quiver(
        *some.T, *(push / longest * 0.8).T, color=plot.COLOURS[2], angles="xy", scale_units="xy", scale=1, width=0.005
    )
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=(), yticks=())


def _push(loss: str, state: Step, fake: Tensor) -> Tensor:
    """−∂L_G/∂x at generated points (N, D)."""
    fake = fake.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(LOSSES[loss].generator(state.discriminator(fake)), fake)
    return -gradient
