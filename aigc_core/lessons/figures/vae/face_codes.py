"""A face through encoder and decoder, and what noise in its code does to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.vae import faces
from aigc_core.lessons.words import Words
from aigc_core.models.vae import kl
from aigc_core.tasks.fields import seeds_from

DRAWS = 4
SHARES = (0.0, 0.35, 1.0)


@torch.inference_mode()
def encoded(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """A face (1, 3, R, R), and mean and deviation of q(z|x)."""
    face = faces.strangers(seed, 1)
    mean, log_variance = faces.model().encode(face)
    return face, mean, (0.5 * log_variance).exp()


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Decode μ + t·σ·ε for t growing to ``values["noise"]``."""
    face, mean, deviation = encoded(seed)
    for share in SHARES:
        yield _frame(face, mean, deviation, share * float(values["noise"]), seed)


@torch.inference_mode()
def _frame(face: Tensor, mean: Tensor, deviation: Tensor, t: float, seed: int) -> Frame:
    vae = faces.model()
    noise = runtime.noise(seeds_from(seed, DRAWS), vae.config.shape)
    out = vae.decode(torch.cat([mean, mean + t * deviation * noise]))
    rate = float(kl(mean, 2 * deviation.log()))
    off = float((out[1:] - face).abs().mean()) * 127.5
    titles = ["$x$", r"$\hat{x}(\mu)$", *[rf"$\mu+{t:.0f}\,\sigma\varepsilon_{i + 1}$" for i in range(DRAWS)]]
    figure = plot.pictures(faces.pixels(torch.cat([face, out])), columns=DRAWS + 2, titles=titles)
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"The code costs {rate:.0f} nats; σ is {float(deviation.mean()):.3f} on average. With t = {t:.1f} the pictures are "
            f"{off:.1f} of 255 levels from the face (mean absolute difference).",
            f"这个编码的 KL 为 {rate:.0f} 奈特，σ 平均 {float(deviation.mean()):.3f}。t = {t:.1f} 时，"
            f"图像与原图平均相差 {off:.1f} 级（共 255 级）。",
        ),
        legend=(
            Mark(
                colour="currentColor",
                words=Words("x: the face, x̂(μ): decoded from the mean", "x：原图；x̂(μ)：由均值解码"),
            ),
        ),
        facts={"rate": rate, "t": t, "difference": off, "deviation": float(deviation.mean())},
    )
