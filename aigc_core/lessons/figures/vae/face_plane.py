"""A plane through the latents of the face VAE: what the decoder draws at each place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.figures.vae import faces
from aigc_core.lessons.words import Words
from aigc_core.models.vae import VAE

SIDE = 5
SCALES = (1.0, 0.5, 0.25)
"""Previews are walks of the same plane, less far out."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Draw the plane, closer and wider; ``values``: ``reach`` in standard deviations, ``axes`` (``widest`` or ``random``)."""
    vae = faces.model()
    across, down = axes(vae, str(values["axes"]), seed)
    for scale in reversed(SCALES):
        yield _frame(vae, across, down, scale * float(values["reach"]))


def axes(vae: VAE, kind: str, seed: int) -> tuple[Tensor, Tensor]:
    """Two steps of one standard deviation in the space of latents (Z,): the widest of the encodings, or two at random."""
    if kind == "widest":
        variances, directions = torch.linalg.eigh(vae.spread @ vae.spread.T)
        return variances[-1].sqrt() * directions[:, -1], variances[-2].sqrt() * directions[:, -2]
    first, second = runtime.noise([seed, seed + 1], (len(vae.centre),)) @ vae.spread.T
    return first, second


@torch.inference_mode()
def _frame(vae: VAE, across: Tensor, down: Tensor, reach: float) -> Frame:
    at = torch.linspace(-reach, reach, SIDE)
    z = torch.stack([vae.centre + x * across + y * down for y in at.flip(0) for x in at])
    figure, place = plot.canvas(width=5.2, height=5.0)
    drawn = faces.sheet(vae.decode(z.view(-1, *vae.config.shape)), SIDE) & 0xFE  # a fifth fewer bytes, not to be seen
    place.imshow(drawn, extent=(-1, 1, -1, 1), interpolation="none")
    ticks = [-0.8, -0.4, 0, 0.4, 0.8]
    labels = [f"{x:+.1f}" if x else "0" for x in at.tolist()]
    place.set_xticks(ticks, labels)
    place.set_yticks(ticks, labels)
    place.set(xlabel=r"$a$ [σ]", ylabel=r"$b$ [σ]")
    place.tick_params(length=0)
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"z = centre + a·u + b·v, a and b from −{reach:.1f} to +{reach:.1f} standard deviations of the encodings.",
            f"z = 中心 + a·u + b·v，a、b 从 −{reach:.1f} 到 +{reach:.1f} 个标准差（以编码的分布计）。",
        ),
        facts={"reach": reach},
    )
