"""The closed form of KL(N(μ, σ²) ‖ N(0, 1)) beside an average over samples that converges to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.vae import kl

SAMPLES = 20_000
FRAMES = 8


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Draw the estimate over the first n samples, n growing; ``values``: ``mean``, ``deviation`` (> 0)."""
    mean, deviation = float(values["mean"]), float(values["deviation"])
    exact = float(kl(torch.tensor([[mean]]), torch.tensor([[2 * np.log(deviation)]])))
    noise = np.random.default_rng(seed).standard_normal(SAMPLES)
    z = mean + deviation * noise
    log_ratio = -np.log(deviation) - noise**2 / 2 + z**2 / 2  # log q(z) - log p(z)
    running = np.cumsum(log_ratio) / np.arange(1, SAMPLES + 1)
    for n in np.geomspace(20, SAMPLES, FRAMES).astype(int):
        yield _frame(running[:n], exact)


def _frame(running: np.ndarray, exact: float) -> Frame:
    figure, axes = plot.canvas()
    n = np.unique(np.geomspace(1, len(running), 300).astype(int))
    axes.semilogx(n, running[n - 1], color=plot.COLOURS[0])
    axes.axhline(exact, color=plot.COLOURS[1], linestyle="--")
    axes.set(xlabel="$n$", ylabel="$D_{KL}$ [nat]", xlim=(1, SAMPLES))
    estimate = float(running[-1])
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Closed form {exact:.4f} nats; average of {len(running):,} samples {estimate:.4f}.",
            f"闭式解 {exact:.4f} 奈特；{len(running):,} 个样本的平均值 {estimate:.4f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("sampled", "采样估计")),
            Mark(colour=plot.COLOURS[1], words=Words("closed form", "闭式解"), dashed=True),
        ),
        facts={"exact": exact, "estimate": estimate},
    )
