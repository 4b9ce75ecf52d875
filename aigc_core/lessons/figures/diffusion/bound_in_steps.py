"""The evidence lower bound of a diffusion model, term by term, closing as the steps get finer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion.toys import LINE
from aigc_core.lessons.words import Words
from aigc_core.sampling.diffusion.bound import Bound, negative_elbo

HIGH, LOW = 20.0, 0.02


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """T doubles up to ``steps``; ``x_0`` is the clean point that is bounded."""
    x_0, steps = float(values["x_0"]), int(values["steps"])
    counts = sorted({steps, *(n for n in (4, 8, 16, 32, 64) if n < steps)})
    exact = -float(LINE.log_density(torch.tensor([[x_0]]).double(), 0.0))
    seen: dict[int, float] = {}
    for count in counts:
        sigmas = torch.logspace(np.log10(HIGH), np.log10(LOW), count + 1, dtype=torch.float64)
        bound = negative_elbo(LINE, x_0, sigmas, variance=LINE.variance, deviation=LINE.deviation)
        seen[count] = bound.total
        yield _frame(seen, bound, sigmas, exact)


def _frame(seen: Mapping[int, float], bound: Bound, sigmas: torch.Tensor, exact: float) -> Frame:
    figure, (left, right) = plot.canvas(1, 2)
    count = len(bound.steps)
    edges = sigmas.numpy()
    left.stairs(bound.steps[::-1], edges[::-1], fill=True, color=plot.COLOURS[0], alpha=0.6)
    left.set(xscale="log", xlabel=r"$\sigma$", ylabel="nat", xlim=(LOW, HIGH), ylim=(0, None))
    right.loglog(list(seen), [total - exact for total in seen.values()], "o-", color=plot.COLOURS[1], markersize=4)
    right.set(xlabel="$T$", ylabel="nat", xlim=(1.8, 140), ylim=(0.05, 1000))
    gap = bound.total - exact
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"T = {count}: prior {bound.prior:.4f} + steps {sum(bound.steps):.3f} + last {bound.last:.3f} = {bound.total:.3f} nats; "
            f"−log p(x₀) = {exact:.3f}. Gap {gap:.3f}.",
            f"T = {count}：先验项 {bound.prior:.4f} + 各步 {sum(bound.steps):.3f} + 末项 {bound.last:.3f} = {bound.total:.3f} 奈特；"
            f"−log p(x₀) = {exact:.3f}。差距 {gap:.3f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("what each step costs (left)", "每一步的代价（左）")),
            Mark(
                colour=plot.COLOURS[1],
                words=Words("bound minus exact −log p(x₀) (right)", "界与精确 −log p(x₀) 之差（右）"),
            ),
        ),
        facts={"bound": bound.total, "exact": exact, "gap": gap},
    )
