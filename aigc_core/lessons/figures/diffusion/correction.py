"""A Gaussian's denoising of a face, without any training, and the correction by our network, at every noise level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion import faces
from aigc_core.lessons.words import Words
from aigc_core.tasks.fields import seeds_from

LEVELS = (8.0, 3.0, 1.5, 0.8, 0.4, 0.15)
FACES = 6


@torch.inference_mode()
def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """One of our own faces, noise added; ``extra`` multiplies what the network adds to the Gaussian's answer."""
    model = faces.model().model
    assert model.linear is not None
    clean = faces.latents(list(seeds_from(seed + 1, FACES)))
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
    rows: list[NDArray[np.uint8]] = []
    errors: list[tuple[float, float]] = []
    for level in LEVELS:
        x, sigma = clean + level * noise, torch.full((FACES,), level)
        linear, whole = model.linear(x, sigma), model(x, sigma)
        whole = linear + float(values["extra"]) * (whole - linear)
        data = model.config.sigma_data
        noisy = x * data / (data**2 + level**2) ** 0.5
        rows.append(faces.stack(faces.decode(torch.stack([noisy[0], linear[0], whole[0]]))))
        errors.append((_error(linear, clean), _error(whole, clean)))
        if len(rows) % 2 == 0:
            yield _frame(rows, errors)


def _error(answer: Tensor, clean: Tensor) -> float:
    return float((answer - clean).square().mean().sqrt())


def _frame(rows: list[NDArray[np.uint8]], errors: list[tuple[float, float]]) -> Frame:
    figure, (left, *places) = plot.canvas(1, len(LEVELS) + 1, height=3.3, width_ratios=[2.4] + [1] * len(LEVELS))
    for place in places:
        place.set_axis_off()
    for place, row, level in zip(places, rows, LEVELS, strict=False):
        plot.picture(place, row, title=rf"$\sigma$ = {level:g}")
    seen = LEVELS[: len(rows)]
    for colour, found in zip(plot.COLOURS, np.array(errors).T, strict=False):
        left.semilogx(seen, found, "o-", color=colour, markersize=3)
    left.set(xlabel=r"$\sigma$", ylabel=r"$|D - x_0|$", xlim=(10, 0.1), ylim=(0, 0.6))
    linear, whole = errors[-1]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"σ = {seen[-1]:g}: root mean square error of the Gaussian's answer {linear:.3f}, with the network {whole:.3f}. "
            f"Rows: noisy, Gaussian, with the network.",
            f"σ = {seen[-1]:g}：高斯答案的均方根误差 {linear:.3f}，加上网络后 {whole:.3f}。三行依次为：带噪、高斯、加上网络。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("Gaussian alone", "只用高斯")),
            Mark(colour=plot.COLOURS[1], words=Words("with the network", "加上网络")),
        ),
        facts={"gaussian": linear, "network": whole},
    )
