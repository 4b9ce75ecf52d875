"""Three losses of the generator as functions of one logit, and their slopes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.gan_losses import LOSSES

SIDES = ("saturating", "non-saturating", "wasserstein")
COLOURS = plot.COLOURS[:3]
LINE = torch.linspace(-10, 10, 201)
FRAMES = 4


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """The discriminator grows sure, up to ``logit``; ``values``: ``logit`` of a generated sample."""
    curves = [_loss_and_slope(side, LINE) for side in SIDES]
    for i in range(1, FRAMES + 1):
        yield _frame(curves, float(values["logit"]) * i / FRAMES)


def _loss_and_slope(side: str, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """L_G and |∂L_G/∂ℓ| of one sample each, (N,)."""
    logits = logits.detach().requires_grad_()
    losses = torch.stack([LOSSES[side].generator(logit[None]) for logit in logits])
    (slope,) = torch.autograd.grad(losses.sum(), logits)
    return losses.detach(), slope.abs()


def _frame(curves: list[tuple[torch.Tensor, torch.Tensor]], logit: float) -> Frame:
    figure, (values, slopes) = plot.canvas(1, 2)
    here = [_loss_and_slope(side, torch.tensor([logit])) for side in SIDES]
    for (loss, slope), (now, steep), colour in zip(curves, here, COLOURS, strict=True):
        values.plot(LINE, loss, color=colour)
        values.plot(logit, now, "o", color=colour)
        slopes.semilogy(LINE, slope, color=colour)
        slopes.semilogy(logit, steep, "o", color=colour)
    values.set(xlabel="$\\ell$", ylabel="$L_G(\\ell)$", xlim=(-10, 10))
    slopes.set(xlabel="$\\ell$", ylabel="$|\\partial L_G/\\partial\\ell|$", xlim=(-10, 10), ylim=(3e-5, 2))
    slopes.minorticks_off()
    saturating, other, linear = (float(steep) for _, steep in here)
    probability = float(torch.sigmoid(torch.tensor(logit)))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"ℓ = {logit:.1f}, so D = {probability:.4f}. Slopes: saturating {saturating:.4f}, non-saturating {other:.4f}, linear {linear:.0f}.",
            f"ℓ = {logit:.1f}，即 D = {probability:.4f}。斜率：饱和 {saturating:.4f}，非饱和 {other:.4f}，线性 {linear:.0f}。",
        ),
        legend=tuple(
            Mark(colour=colour, words=words)
            for colour, words in zip(
                COLOURS,
                (
                    Words("saturating", "饱和损失"),
                    Words("non-saturating", "非饱和损失"),
                    Words("Wasserstein and hinge", "Wasserstein 与合页损失"),
                ),
                strict=True,
            )
        ),
        facts={"probability": probability, "saturating": saturating, "non-saturating": other, "linear": linear},
    )
