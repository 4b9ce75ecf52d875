"""Samples of N(0, I) against samples of where encodings lie: one slider from one to the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.vae import faces
from aigc_core.lessons.words import Words
from aigc_core.models.vae import VAE
from aigc_core.tasks.fields import seeds_from

COLUMNS = 4
FACES = 3 * COLUMNS


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Draw samples a share of the way from N(0, I) to the Gaussian of the encodings; ``values``: ``share`` in [0, 1]."""
    vae = faces.model()
    share = float(values["share"])
    for part in sorted({0.0, share / 2, share}):
        yield _frame(vae, part, seed)


@torch.inference_mode()
def placed(vae: VAE, noise: Tensor, share: float) -> Tensor:
    """Latents a ``share`` of the way from ``noise`` itself to :meth:`VAE.from_normal` of it."""
    return torch.lerp(noise, vae.from_normal(noise), share)


@torch.inference_mode()
def deviations(vae: VAE, share: float) -> Tensor:
    """Standard deviations of :func:`placed` along its principal directions, the largest first."""
    mixed = torch.lerp(torch.eye(len(vae.spread)), vae.spread, share)
    values: Tensor = torch.linalg.svdvals(mixed)
    return values


@torch.inference_mode()
def _frame(vae: VAE, share: float, seed: int) -> Frame:
    z = placed(vae, runtime.noise(seeds_from(seed, FACES), vae.config.shape), share)
    figure, (left, right) = plot.canvas(1, 2, height=3.2, width_ratios=(1, 1.25))
    rank = np.arange(1, len(vae.centre) + 1)
    left.loglog(rank, deviations(vae, 0.0), color=plot.COLOURS[0], linestyle="--")
    left.loglog(rank, deviations(vae, 1.0), color=plot.COLOURS[1], linestyle="--")
    now = deviations(vae, share)
    left.loglog(rank, now, color=plot.COLOURS[2])
    left.set(xlabel="$i$", ylabel=r"$\sigma_i$", ylim=(0.1, 10))
    right.imshow(faces.sheet(vae.decode(z), COLUMNS), interpolation="none")
    right.set_axis_off()
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{share:.0%} of the way to the Gaussian of the encodings: deviations from {float(now.min()):.2f} to {float(now.max()):.2f} "
            "along its 512 principal directions; the faces of the same noise beside it.",
            f"向编码的高斯分布走了 {share:.0%}：512 个主方向上的标准差从 {float(now.min()):.2f} 到 {float(now.max()):.2f}；"
            "右边是同一批噪声画出的人脸。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("prior N(0, I)", "先验 N(0, I)"), dashed=True),
            Mark(colour=plot.COLOURS[1], words=Words("encodings of 7,543 faces", "7,543 张人脸的编码"), dashed=True),
            Mark(colour=plot.COLOURS[2], words=Words("drawn from now", "当前采样分布")),
        ),
        facts={"share": share, "largest": float(now.max()), "smallest": float(now.min())},
    )
