"""The same amount of noise on pixels and on latents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.figures.diffusion import faces
from aigc_core.lessons.words import Words
from aigc_core.pipelines.faces.dcgan import to_picture

SHARES = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)


@torch.inference_mode()
def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Noise up to ``sigma`` deviations of the clean pixels and of the clean latents."""
    latent = faces.latents([seed + 1])
    pixels = faces.model().codec.decode(latent)
    rng = torch.Generator().manual_seed(seed)
    noise = torch.randn(pixels.shape, generator=rng), torch.randn(latent.shape, generator=rng)
    channels = faces.stack([to_picture(_tile(latent[0])), to_picture(pixels[0])])
    columns: list[Any] = []
    for share in SHARES:
        level = share * float(values["sigma"])
        noisy = pixels + level * float(pixels.std()) * noise[0]
        painted = faces.model().codec.decode(latent + level * float(latent.std()) * noise[1])
        columns.append(faces.stack([to_picture(noisy[0]), to_picture(painted[0])]))
        if len(columns) in (1, 3, len(SHARES)):
            yield _frame(channels, columns, level, latent.numel(), pixels.numel())


def _tile(latent: Tensor) -> Tensor:
    """The channels (8, 8, 8) side by side as greys, (3, 24, 24)."""
    grid = torch.full((9, 8, 8), -1.0)
    grid[: len(latent)] = latent / latent.abs().max()
    return grid.view(3, 3, 8, 8).permute(0, 2, 1, 3).reshape(1, 24, 24).expand(3, -1, -1)


def _frame(channels: Any, columns: list[Any], level: float, numbers: int, pixels: int) -> Frame:
    figure, axes = plot.canvas(1, len(SHARES) + 1, height=2.4)
    for place in axes:
        place.set_axis_off()
    for place, column in zip(axes, (channels, *columns), strict=False):
        plot.picture(place, column)
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Left: the {numbers} numbers of a latent (eight channels) and the {pixels:,} of its picture. Then noise from 0 to {level:.2f} "
            "deviations: above on the pixels, below on the latent, decoded.",
            f"最左：潜变量的 {numbers} 个数（八个通道）与画面的 {pixels:,} 个数。向右噪声从 0 增至标准差的 {level:.2f} 倍：上排加在像素上，下排加在潜变量上再解码。",
        ),
        facts={"level": level, "latent": float(numbers), "pixels": float(pixels)},
    )
