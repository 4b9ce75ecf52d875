"""Posterior collapse in the linear VAE: β is a water level, and what lies under it costs nothing and says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.linear_vae import LinearVAE, loss, optimal_error, optimal_rate

VARIANCES = torch.tensor([4.0, 2.0, 1.0, 0.5, 0.25, 0.1])
STEPS = 300
SHOWN = (20, 80, STEPS)


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Train towards the known optimum; ``values``: ``beta`` (> 0)."""
    beta = float(values["beta"])
    model = LinearVAE(len(VARIANCES), runtime.generator(seed))
    opt = torch.optim.Adam(model.parameters(), 0.05)
    for step in range(1, STEPS + 1):
        with torch.enable_grad():
            error, rate = model(VARIANCES)
            value = loss(error, rate, beta)
        opt.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        opt.step()
        if step in SHOWN:
            yield _frame(error.detach(), rate.detach(), beta)


def _frame(error: Tensor, rate: Tensor, beta: float) -> Frame:
    place = np.arange(len(VARIANCES))
    best_error, best_rate = optimal_error(VARIANCES, beta), optimal_rate(VARIANCES, beta)
    figure, (left, middle, right) = plot.canvas(1, 3, height=2.8, width_ratios=(1.1, 1.1, 1))
    left.bar(place, VARIANCES, color=plot.COLOURS[1], alpha=0.35)
    left.bar(place, error, color=plot.COLOURS[0], width=0.5)
    left.axhline(beta, color=plot.COLOURS[4], linestyle="--")
    left.text(len(place) - 0.5, beta, r"$\beta$", color=plot.COLOURS[4], ha="right", va="bottom")
    left.set(xlabel="$i$", ylabel=r"$\lambda_i$", xticks=place, xticklabels=place + 1)
    middle.bar(place, np.sort(rate.numpy())[::-1], color=plot.COLOURS[0], width=0.5)
    middle.plot(place, best_rate, color=plot.COLOURS[3], marker="o", linestyle="none")
    middle.set(xlabel="$i$", ylabel="$R_i$ [nat]", xticks=place, xticklabels=place + 1, ylim=(0, 2.6))
    levels = np.geomspace(0.02, 8, 60)
    curve = [(float(optimal_rate(VARIANCES, b).sum()), float(optimal_error(VARIANCES, b).sum())) for b in levels]
    right.plot(*zip(*curve, strict=True), color=plot.COLOURS[3])
    right.plot(float(rate.sum()), float(error.sum()), "o", color=plot.COLOURS[0], markersize=7)
    right.set(xlabel="$R$ [nat]", ylabel="$D$", xlim=(-0.3, 9), ylim=(0, 8.2))
    kept = int((beta < VARIANCES).sum())
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"β = {beta:.2f}: {kept} of {len(place)} directions stand above the water. Trained: rate {float(rate.sum()):.3f} nats, squared error "
            f"{float(error.sum()):.3f}; known optimum {float(best_rate.sum()):.3f} and {float(best_error.sum()):.3f}.",
            f"β = {beta:.2f}：{len(place)} 个方向中有 {kept} 个露出水面。训练所得：码率 {float(rate.sum()):.3f} 奈特，"
            f"平方误差 {float(error.sum()):.3f}；理论最优 {float(best_rate.sum()):.3f} 与 {float(best_error.sum()):.3f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[1], words=Words("variance of the data", "数据的方差")),
            Mark(colour=plot.COLOURS[0], words=Words("trained: error, rate", "训练所得：误差、码率")),
            Mark(colour=plot.COLOURS[3], words=Words("known optimum", "理论最优")),
            Mark(colour=plot.COLOURS[4], words=Words("water level β", "水位 β"), dashed=True),
        ),
        facts={
            "rate": float(rate.sum()),
            "error": float(error.sum()),
            "best_rate": float(best_rate.sum()),
            "kept": kept,
        },
    )
