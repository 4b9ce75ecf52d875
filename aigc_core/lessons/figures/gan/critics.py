"""A discriminator gets better, and what its generator can learn from it: three losses on two separate bumps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.gan_losses import LOSSES, gradient_penalty
from aigc_core.models.toy_gan import Discriminator, ToyGANConfig

STEPS = 200
SHOWN = (5, 30, 80, STEPS)
BATCH = 64
PENALTY = 10.0
RATE = 5e-3
LINE = np.linspace(-2, 6, 401)
GENERATORS = {"logistic": ("saturating", "non-saturating"), "hinge": ("hinge",), "wasserstein": ("wasserstein",)}


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``values``: ``loss`` of the discriminator, ``distance`` between data and generator."""
    sides, distance = GENERATORS[values["loss"]], float(values["distance"])
    rng = torch.Generator().manual_seed(seed)
    critic = Discriminator(ToyGANConfig(dimensions=1, width=32), rng)
    opt = torch.optim.Adam(critic.parameters(), RATE, fused=True)
    slopes: list[list[float]] = []
    for step in range(1, STEPS + 1):
        real, fake = _bump(rng), distance + _bump(rng)
        loss = LOSSES[sides[0]].discriminator(critic(real), critic(fake))
        if values["loss"] == "wasserstein":
            loss = loss + PENALTY * gradient_penalty(critic, real, fake, rng)
        opt.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        opt.step()
        slopes.append([_push(side, critic, fake) for side in sides])
        if step in SHOWN:
            yield _frame(critic, sides, distance, np.array(slopes))


def _bump(rng: torch.Generator) -> Tensor:
    """Points (B, 1) of a parabolic bump between −1 and 1: the median of three uniform numbers."""
    return (2 * torch.rand(BATCH, 3, generator=rng) - 1).median(1, keepdim=True).values


def _push(side: str, critic: Discriminator, fake: Tensor) -> float:
    """Mean |∂L_G/∂x| over generated samples x, each with a loss of its own."""
    fake = fake.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(len(fake) * LOSSES[side].generator(critic(fake)), fake)
    return float(gradient.abs().mean())


def _frame(critic: Discriminator, sides: tuple[str, ...], distance: float, slopes: np.ndarray) -> Frame:
    figure, (judged, curve) = plot.canvas(1, 2, width_ratios=(1.2, 1))
    with torch.no_grad():
        logits = critic(torch.from_numpy(LINE).float()[:, None]).numpy()
    height = max(float(np.abs(logits).max()), 1e-3)
    for mean, colour in ((0.0, plot.COLOURS[0]), (distance, plot.COLOURS[1])):
        density = np.clip(0.75 * (1 - (LINE - mean) ** 2), 0, None)
        judged.fill_between(LINE, density * height, color=colour, alpha=0.35)
    judged.plot(LINE, logits, color=plot.COLOURS[4])
    judged.set(xlabel="$x$", ylabel="$\\ell(x)$", xlim=(-2, 6))
    for i in range(len(sides)):
        curve.semilogy(np.arange(1, len(slopes) + 1), np.maximum(slopes[:, i], 1e-12), color=plot.COLOURS[2 + i])
    curve.set(xlabel="$t$", ylabel="$E\\,|\\partial L_G/\\partial x|$", xlim=(0, STEPS), ylim=(1e-6, 50))
    curve.minorticks_off()
    names = {"saturating": "饱和", "non-saturating": "非饱和", "hinge": "合页", "wasserstein": "Wasserstein"}
    now = dict(zip(sides, slopes[-1].tolist(), strict=True))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"After {len(slopes)} steps of the discriminator, the mean gradient at generated samples: "
            + ", ".join(f"{side} {value:.2g}" for side, value in now.items())
            + ".",
            f"判别器训练 {len(slopes)} 步后，生成样本处的平均梯度："
            + "，".join(f"{names[side]} {value:.2g}" for side, value in now.items())
            + "。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("data", "真实数据")),
            Mark(colour=plot.COLOURS[1], words=Words("generated", "生成样本")),
            Mark(colour=plot.COLOURS[4], words=Words("logit ℓ(x) of the discriminator", "判别器输出 ℓ(x)")),
            *(
                Mark(colour=plot.COLOURS[2 + i], words=Words(f"gradient, {side}", f"梯度（{names[side]}）"))
                for i, side in enumerate(sides)
            ),
        ),
        facts={f"gradient_{side}": value for side, value in now.items()},
    )
