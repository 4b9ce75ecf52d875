"""A video as a path through the latent space of our face GAN: how far one frame is from the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core import checkpoint, runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.gan import Generator, GeneratorConfig, sphere
from aigc_core.sampling.diffusion.latents import slerp
from aigc_core.tasks.fields import seeds_from
from aigc_core.weights import CHECKPOINTS

HIGHEST = 0.4
"""Upper end of the axis of changes, the same for all paths so that they compare."""
SHOWN = 8
"""Pictures in the strip, of however many frames."""


@cache
def generator() -> Generator:
    folder = CHECKPOINTS / "faces-fastgan-64"
    return checkpoint.load(folder, Generator(checkpoint.load_config(folder, GeneratorConfig)))


@torch.inference_mode()
def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Fill the strip from left to right; ``values``: ``path`` (``noise``, ``line``, ``arc``), ``count`` (frames)."""
    count = int(values["count"])
    latents = path(values["path"], count, seed)
    images = torch.empty(0, 3, 64, 64)
    for part in torch.tensor_split(latents, 4):
        images = torch.cat([images, generator()(part)])
        yield _frame(images, latents)


def path(kind: str, count: int, seed: int) -> Tensor:
    """``count`` latents (count, Z): each on its own, or from one face to another along the chord or along the arc."""
    size = generator().config.latent
    if kind == "noise":
        return sphere(runtime.noise(seeds_from(seed, count), (size,)))
    start, end = (sphere(runtime.noise((s,), (size,))) for s in seeds_from(seed, 2))
    shares = np.linspace(0, 1, count)
    points = [slerp(start, end, t) if kind == "arc" else start + t * (end - start) for t in shares.tolist()]
    return torch.cat(points)


def _frame(images: Tensor, latents: Tensor) -> Frame:
    made, count = len(images), len(latents)
    figure, (strip, change, reach) = plot.canvas(3, 1, height=4.4, height_ratios=[1.2, 1.4, 1])
    chosen = np.unique(np.linspace(0, count - 1, SHOWN).round().astype(int))
    sheet = np.ones((64, 66 * len(chosen), 4)) * [1, 1, 1, 0]
    for i, n in enumerate(chosen):
        if n < made:
            sheet[:, 66 * i : 66 * i + 64] = _rgba(images[n])
    strip.imshow(sheet)
    strip.set_axis_off()
    steps = (images[1:] - images[:-1]).square().mean((1, 2, 3)).sqrt().numpy() / 2
    length = latents.norm(dim=1).numpy() / latents.shape[1] ** 0.5
    change.bar(np.arange(1, made), steps, color=plot.COLOURS[0], width=0.7)
    change.set(ylabel="$d(x_{t-1}, x_t)$", xlim=(-0.5, count - 0.5), ylim=(0, HIGHEST))
    reach.plot(np.arange(count), length, color=plot.COLOURS[1], linestyle="--")
    reach.set(xlabel="$t$", ylabel=r"$|z_t| \,/\, \sqrt{Z}$", xlim=(-0.5, count - 0.5), ylim=(0, 1.2))
    mean = float(steps.mean()) if len(steps) else 0.0
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{made} frames; from one to the next a pixel changes by {mean:.1%} of its range on average (root mean square). "
            f"The shortest latent has {length.min():.2f} of the length that the GAN was trained on.",
            f"已生成 {made} 帧；相邻两帧的像素平均变化为取值范围的 {mean:.1%}（均方根）。最短的潜变量长度是训练时的 {length.min():.2f} 倍。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("change from frame to frame", "相邻帧的变化")),
            Mark(colour=plot.COLOURS[1], words=Words("length of the latent", "潜变量的长度"), dashed=True),
        ),
        facts={"change": mean, "shortest": float(length.min())},
    )


def _rgba(image: Tensor) -> np.ndarray:
    picture = ((image + 1) / 2).clamp(0, 1).permute(1, 2, 0).numpy()
    return np.concatenate([picture, np.ones((*picture.shape[:2], 1))], axis=2)
