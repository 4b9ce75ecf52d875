"""The Dirac GAN: two numbers chasing each other, with and without the R1 penalty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.dirac_gan import play, velocity

STEPS = 300
RATE = 0.15
FRAMES = 4
REACH = 2.2


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """The path from (1, 1), growing; ``values``: ``loss``, ``gamma`` (weight of R1)."""
    loss, gamma = values["loss"], float(values["gamma"])
    line = torch.linspace(-REACH, REACH, 15)
    theta, psi = torch.cartesian_prod(line, line).T
    arrows = torch.stack(velocity(theta, psi, loss, gamma))
    path = play(loss, gamma=gamma, rate=RATE, steps=STEPS)
    for i in range(1, FRAMES + 1):
        yield _frame(theta, psi, arrows, path[: STEPS * i // FRAMES + 1])


def _frame(theta: torch.Tensor, psi: torch.Tensor, arrows: torch.Tensor, path: torch.Tensor) -> Frame:
    figure, (plane, curve) = plot.canvas(1, 2, height=3.4, width_ratios=(1.1, 1))
    plane.quiver(theta, psi, *(arrows / arrows.norm(dim=0).clamp_min(1e-9)), color="#808080", alpha=0.6, scale=22, width=0.004)
    plane.plot(*path.T, color=plot.COLOURS[2], linewidth=1.3)
    plane.plot(*path[-1], "o", color=plot.COLOURS[2])
    plane.plot(0, 0, "+", color=plot.COLOURS[0], markersize=14, markeredgewidth=2)
    plane.set(xlabel="$\\theta$", ylabel="$\\psi$", xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
    distance = path.norm(dim=1)
    curve.semilogy(distance.clamp_min(1e-6), color=plot.COLOURS[2])
    curve.set(xlabel="$t$", ylabel="$|(\\theta, \\psi)|$", xlim=(0, STEPS), ylim=(1e-4, 1e3))
    curve.minorticks_off()
    start, end = float(distance[0]), float(distance[-1])
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"After {len(path) - 1} steps the distance to the equilibrium is {end:.3g}; it began at {start:.2f}.",
            f"{len(path) - 1} 步后到平衡点的距离为 {end:.3g}；起点为 {start:.2f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[2], words=Words("generator θ and discriminator ψ", "生成器 θ 与判别器 ψ 的轨迹")),
            Mark(colour=plot.COLOURS[0], words=Words("equilibrium", "平衡点")),
        ),
        facts={"distance": end, "start": start},
    )
