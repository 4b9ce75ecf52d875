"""Signal against noise along the way, for three noise schedules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.sampling.diffusion.schedules import (
    cosine_alphas_cumprod,
    ddpm_sigmas,
    karras_sigmas,
    linear_alphas_cumprod,
)


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """The levels of ``steps`` steps; ``rho``: spacing of the Karras levels."""
    steps, rho = int(values["steps"]), float(values["rho"])
    levels = {
        "linear": ddpm_sigmas(linear_alphas_cumprod(), steps)[:-1],
        "cosine": ddpm_sigmas(cosine_alphas_cumprod(), steps)[:-1],
        "karras": karras_sigmas(steps, rho=rho)[:-1],
    }
    for count in range(1, len(levels) + 1):
        yield _frame(dict(list(levels.items())[:count]))


def _frame(levels: Mapping[str, Tensor]) -> Frame:
    figure, axes = plot.canvas()
    names = {
        "linear": Words("linear β (DDPM)", "线性 β（DDPM）"),
        "cosine": Words("cosine", "余弦"),
        "karras": Words("Karras (EDM)", "Karras（EDM）"),
    }
    shares: dict[str, float] = {}
    for colour, (name, sigmas) in zip(plot.COLOURS, levels.items(), strict=False):
        axes.plot(np.linspace(0, 1, len(sigmas)), -2 * sigmas.log10(), "o-", color=colour, markersize=3)
        shares[name] = float(((sigmas > 0.1) & (sigmas < 3)).double().mean())
    axes.axhspan(-2 * np.log10(3), 2, color=plot.COLOURS[3], alpha=0.12, linewidth=0)
    axes.set(xlabel="$i/n$", ylabel=r"$\log_{10}\,1/\sigma^2$", xlim=(0, 1), ylim=(-8.5, 6))
    percentages = {name: f"{100 * share:.0f} %" for name, share in shares.items()}
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            "Share of the steps between σ = 0.1 and 3: "
            + ", ".join(f"{names[n].en} {v}" for n, v in percentages.items())
            + ".",
            "σ 落在 0.1 与 3 之间的步数占比：" + "，".join(f"{names[n].zh} {v}" for n, v in percentages.items()) + "。",
        ),
        legend=(
            *(Mark(colour=colour, words=names[name]) for colour, name in zip(plot.COLOURS, levels, strict=False)),
            Mark(colour=plot.COLOURS[3], words=Words("0.1 < σ < 3", "0.1 < σ < 3")),
        ),
        facts=shares,
    )
