"""A VAE with two latents, trained while you watch: its terms, its latents, and the plane that it learns to draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from aigc_core import runtime
from aigc_core.datasets import discs
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.tiny_vae import TinyVAE, log_evidence, square
from aigc_core.training.tiny_vae import Config, Step, evaluate, train
from aigc_core.types import Progress

SHOWN = (20, 120, Config.steps)
SIDE = 6
REACH = 2.0
PICTURES = 300
VIEW = 3.5
"""Half the side of the map of latents."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Train with ``values["beta"]`` and show the state after some steps."""
    beta = float(values["beta"])
    centres = discs.places(PICTURES, runtime.generator(seed + 1))
    pictures = discs.draw(centres)
    logged: list[Step] = []
    for event in train(Config(beta=beta, seed=seed)):
        if not isinstance(event, Progress):
            return
        logged.append(event.preview)
        if event.step in SHOWN:
            yield _frame(logged, centres, pictures, beta)


@torch.no_grad()
def _frame(logged: list[Step], centres: Tensor, pictures: Tensor, beta: float) -> Frame:
    model = logged[-1].model
    distortion, rate = evaluate(model, pictures, 0)
    evidence = float(log_evidence(model, pictures).mean())
    figure, (left, middle, right) = plot.canvas(1, 3, height=2.7)
    _curves(left, logged)
    _latents(middle, model, centres, pictures)
    _plane(right, model)
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Step {len(logged)}, β = {beta:.1f}: distortion {distortion:.2f} + rate {rate:.2f} nats, so ELBO {-distortion - rate:.2f}; "
            f"true log p(x) {evidence:.2f}, gap {evidence + distortion + rate:.2f}.",
            f"第 {len(logged)} 步，β = {beta:.1f}：失真 {distortion:.2f} + 码率 {rate:.2f} 奈特，即 ELBO {-distortion - rate:.2f}；"
            f"真实的 log p(x) 为 {evidence:.2f}，间隙 {evidence + distortion + rate:.2f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("distortion D", "失真 D")),
            Mark(colour=plot.COLOURS[1], words=Words("rate R (KL)", "码率 R（KL）")),
            Mark(colour="gray", words=Words("circles of N(0, I): 1σ, 2σ", "N(0, I) 的 1σ、2σ 圆"), dashed=True),
            Mark(
                colour=plot.COLOURS[4],
                words=Words("codes, coloured by where the disc stands", "编码，颜色表示圆盘的位置"),
            ),
        ),
        facts={"distortion": distortion, "rate": rate, "evidence": evidence},
    )


def _curves(axes: Axes, logged: list[Step]) -> None:
    steps = np.arange(1, len(logged) + 1)
    for values, colour in zip(
        ([s.distortion for s in logged], [s.rate for s in logged]), plot.COLOURS[:2], strict=True
    ):
        axes.plot(steps, np.clip(values, 1e-3, None), color=colour, linewidth=1)
    axes.set_yscale("log")
    axes.set(xlabel="$t$", ylabel="$D$, $R$ [nat]", xlim=(0, Config.steps), ylim=(0.01, 80))


def _latents(axes: Axes, model: TinyVAE, centres: Tensor, pictures: Tensor) -> None:
    mean, _ = model.encode(pictures)
    red, green = ((centres[:, i] + 1) / 2 for i in range(2))
    colours = torch.stack([red, 0.3 + 0 * red, 0.9 * (1 - green)], 1).clamp(0, 1).numpy()
    across, up = mean.clamp(-VIEW, VIEW).T
    axes.scatter(across, up, c=colours, s=7, linewidths=0)
    angle = np.linspace(0, 2 * np.pi, 100)
    for radius in (1, 2):
        axes.plot(radius * np.cos(angle), radius * np.sin(angle), color="gray", linestyle="--", linewidth=0.8)
    axes.set(xlabel="$z_1$", ylabel="$z_2$", xlim=(-VIEW, VIEW), ylim=(-VIEW, VIEW), aspect="equal")


def _plane(axes: Axes, model: TinyVAE) -> None:
    cells = model.decode(square(SIDE, REACH)).sigmoid().view(SIDE, SIDE, discs.SIDE, discs.SIDE)
    cells = torch.nn.functional.pad(cells, (0, 1, 0, 1), value=0.5)  # a line between the pictures
    side = SIDE * (discs.SIDE + 1)
    axes.imshow(
        cells.permute(0, 2, 1, 3).reshape(side, side),
        extent=(-REACH, REACH, -REACH, REACH),
        cmap="gray",
        vmin=0,
        vmax=1,
        interpolation="none",
    )
    axes.set(xlabel="$z_1$", ylabel="$z_2$", xticks=(-2, 0, 2), yticks=(-2, 0, 2))
