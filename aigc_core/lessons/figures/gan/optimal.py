"""The best discriminator against a generator that the reader holds: D* = p/(p + q) and one trained before the reader's eyes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.metrics.divergences import gaussian, jensen_shannon
from aigc_core.models.gan_losses import logistic_discriminator
from aigc_core.models.toy_gan import Discriminator, ToyGANConfig

STEPS = 250
SHOWN = (0, 10, 30, 80, 150, STEPS)
BATCH = 256
LINE = np.linspace(-14, 14, 1401)
DX = float(LINE[1] - LINE[0])


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Train D on p = N(0, 1) against q; ``values``: ``mean`` and ``deviation`` of q."""
    mean, deviation = float(values["mean"]), float(values["deviation"])
    p, q = gaussian(LINE, 0.0, 1.0), gaussian(LINE, mean, deviation)
    rng = torch.Generator().manual_seed(seed)
    discriminator = Discriminator(ToyGANConfig(dimensions=1, width=32), rng)
    opt = torch.optim.Adam(discriminator.parameters(), 1e-2, fused=True)
    for step in range(STEPS + 1):
        if step in SHOWN:
            yield _frame(p, q, _probability(discriminator), step)
        real = torch.randn(BATCH, 1, generator=rng)
        fake = mean + deviation * torch.randn(BATCH, 1, generator=rng)
        loss = logistic_discriminator(discriminator(real), discriminator(fake))
        opt.param_groups[0]["lr"] = 1e-2 * (1 - step / (STEPS + 1))
        opt.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        opt.step()


@torch.no_grad()
def _probability(discriminator: Discriminator) -> np.ndarray:
    """D along the line, in float64."""
    return torch.sigmoid(discriminator(torch.from_numpy(LINE).float()[:, None]).double()).numpy()


def _frame(p: np.ndarray, q: np.ndarray, d: np.ndarray, step: int) -> Frame:
    figure, (above, below) = plot.canvas(2, 1, height=3.8, sharex=True, height_ratios=(1, 1.2))
    above.fill_between(LINE, p, color=plot.COLOURS[0], alpha=0.35)
    above.fill_between(LINE, q, color=plot.COLOURS[1], alpha=0.35)
    above.set(ylabel="$p,\\ q$", ylim=(0, None), yticks=())
    best = p / (p + q)
    below.plot(LINE, best, color=plot.COLOURS[4], linestyle="--")
    below.plot(LINE, d, color=plot.COLOURS[2])
    below.set(xlabel="$x$", ylabel="$D(x)$", xlim=(-6, 6), ylim=(-0.03, 1.03), yticks=(0, 0.5, 1))
    with np.errstate(divide="ignore"):
        value = float(np.sum(p * np.log(np.maximum(d, 1e-12)) + q * np.log(np.maximum(1 - d, 1e-12))) * DX)
    most = 2 * jensen_shannon(p, q, DX) - float(np.log(4))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Step {step}: V(D, G) = {value:.3f}. No discriminator gets above 2·JSD − ln 4 = {most:.3f}.",
            f"第 {step} 步：V(D, G) = {value:.3f}。任何判别器都超不过 2·JSD − ln 4 = {most:.3f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("data p", "数据 p")),
            Mark(colour=plot.COLOURS[1], words=Words("generator q", "生成器 q")),
            Mark(colour=plot.COLOURS[4], words=Words("D* = p/(p + q)", "D* = p/(p + q)"), dashed=True),
            Mark(colour=plot.COLOURS[2], words=Words("D, as trained so far", "训练中的 D")),
        ),
        facts={"value": value, "most": most},
    )
