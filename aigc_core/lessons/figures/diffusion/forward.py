"""A face sinks into noise: a thousand small steps, and the closed form that takes them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion import faces
from aigc_core.lessons.words import Words
from aigc_core.pipelines.faces.dcgan import to_picture
from aigc_core.sampling.diffusion.schedules import cosine_alphas_cumprod, linear_alphas_cumprod

SCHEDULES = {"linear": linear_alphas_cumprod, "cosine": cosine_alphas_cumprod}
STEPS = 1000
SIDE = 64
SHOWN = 6
FACE = 4


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Up to time ``t`` of 1,000 under ``schedule``."""
    alphas_cumprod = SCHEDULES[values["schedule"]](STEPS)
    times = np.unique(np.linspace(0, int(values["t"]), SHOWN).round().astype(int))
    rng = torch.Generator().manual_seed(seed)
    clean = torch.from_numpy(faces.face(FACE, SIDE))
    noise = torch.randn(clean.shape, generator=rng)
    chain, now = {0: clean}, clean
    before = torch.cat([alphas_cumprod.new_ones(1), alphas_cumprod[:-1]])
    betas = (1 - alphas_cumprod / before).tolist()
    measured = [0.0]
    for t in range(1, times[-1] + 1):
        now = (1 - betas[t - 1]) ** 0.5 * now + betas[t - 1] ** 0.5 * torch.randn(clean.shape, generator=rng)
        measured.append(float((now - float(alphas_cumprod[t - 1]) ** 0.5 * clean).std()))
        if t in times:
            chain[t] = now
            yield _frame(chain, clean, noise, alphas_cumprod, times, measured)
    if len(times) == 1:
        yield _frame(chain, clean, noise, alphas_cumprod, times, measured)


def _frame(
    chain: Mapping[int, Tensor],
    clean: Tensor,
    noise: Tensor,
    alphas_cumprod: Tensor,
    times: np.ndarray,
    measured: list[float],
) -> Frame:
    figure, axes = plot.canvas(1, SHOWN + 1, height=2.5, width_ratios=[2.6] + [1] * SHOWN)
    for i, t in enumerate(times):
        kept = float(alphas_cumprod[t - 1]) if t else 1.0
        if t in chain:
            both = chain[int(t)], kept**0.5 * clean + (1 - kept) ** 0.5 * noise
            plot.picture(axes[i + 1], faces.stack([_levels(x) for x in both], SIDE), title=f"t = {t}")
    for place in axes[1:]:
        place.set_axis_off()
    left = axes[0]
    whole = alphas_cumprod.numpy()
    left.plot(np.arange(1, STEPS + 1), np.sqrt(whole), color=plot.COLOURS[0])
    left.plot(np.arange(1, STEPS + 1), np.sqrt(1 - whole), color=plot.COLOURS[1])
    left.plot(np.arange(len(measured))[::20], measured[::20], "o", color=plot.COLOURS[3], markersize=2.5)
    left.set(xlabel="$t$", xlim=(0, STEPS), ylim=(0, 1.05), xticks=[0, 500, 1000])
    t = len(measured) - 1
    kept = float(alphas_cumprod[t - 1]) if t else 1.0
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"After {t:,} small steps the noise in the picture has deviation {measured[-1]:.4f}; the closed form says √(1−ᾱ) = {(1 - kept) ** 0.5:.4f}. "
            f"Of the picture √ᾱ = {kept**0.5:.4f} is left.",
            f"走完 {t:,} 小步，图中噪声的标准差为 {measured[-1]:.4f}；闭式解给出 √(1−ᾱ) = {(1 - kept) ** 0.5:.4f}。画面还剩 √ᾱ = {kept**0.5:.4f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("√ᾱ, share of the picture", "√ᾱ：画面的份额")),
            Mark(colour=plot.COLOURS[1], words=Words("√(1−ᾱ), noise", "√(1−ᾱ)：噪声")),
            Mark(
                colour=plot.COLOURS[3],
                words=Words("noise measured, step by step (upper row)", "逐步加噪的实测值（上排）"),
            ),
        ),
        facts={"measured": measured[-1], "closed_form": (1 - kept) ** 0.5, "kept": kept**0.5},
    )


def _levels(x: Tensor) -> Image.Image:
    """(S, S, 3) in [-1, 1] to 8 bits, what exceeds it cut."""
    return to_picture(x.permute(2, 0, 1))
