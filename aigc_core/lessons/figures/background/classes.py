"""The same labelled points for two models: one that draws a border, one that learns what each class looks like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from aigc_core import runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.two_ways import Border, Gaussians, fit_border, fit_gaussians

TRUTH = Gaussians(
    torch.tensor([[-1.0, -0.5], [1.0, 0.5]], dtype=torch.float64),
    torch.tensor([[0.8, 0.5], [0.5, 1.2]], dtype=torch.float64),
    0.5,
)
NEW = 60
"""Points of each class that the generative model makes, and on which nothing is measured."""
TEST = 4000
REACH = 4.0
FRAMES = 5


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """More labelled points from frame to frame; ``values``: ``points`` (of both classes together)."""
    generator = runtime.generator(seed)
    x, y = _labelled(int(values["points"]) // 2, generator)
    test, truth = _labelled(TEST // 2, generator)
    for count in np.unique(np.geomspace(4, len(x), FRAMES).astype(int) // 2 * 2).tolist():
        model, border = fit_gaussians(x[:count], y[:count]), fit_border(x[:count], y[:count])
        yield _frame(x[:count], y[:count], model, border, test, truth)


def _labelled(each: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Points of the classes by turns, (2·each, 2), and their labels."""
    both = torch.stack([TRUTH.sample(y, each, generator) for y in (0, 1)], dim=1)  # (each, 2, D)
    return both.flatten(0, 1), torch.tensor([0, 1]).repeat(each)


def _frame(x: Tensor, y: Tensor, model: Gaussians, border: Border, test: Tensor, truth: Tensor) -> Frame:
    figure, (left, right) = plot.canvas(1, 2, height=3.4, sharex=True, sharey=True)
    axis = torch.linspace(-REACH, REACH, 60, dtype=torch.float64)
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1).flatten(0, 1)
    left.imshow(
        border.posterior(grid).view(60, 60).numpy(), origin="lower", extent=(-REACH, REACH, -REACH, REACH), cmap="PuOr_r",
        vmin=-0.4, vmax=1.4, alpha=0.5, aspect="auto",
    )  # fmt: skip
    made = runtime.generator(7)
    for k, colour in enumerate(plot.COLOURS[:2]):
        density = model.log_density(grid, k).exp().view(60, 60).numpy()
        right.contour(axis.numpy(), axis.numpy(), density, levels=5, colors=[colour], linewidths=1)
        new = model.sample(k, NEW, made)
        right.plot(new[:, 0], new[:, 1], "x", color=colour, markersize=4, alpha=0.7)
        left.plot(x[y == k][:, 0], x[y == k][:, 1], "o", color=colour, markersize=4)
    for axes, line in ((left, border), (right, model.border())):
        _border(axes, line)
        axes.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(-REACH, REACH), ylim=(-REACH, REACH))
    right_answers = [
        float(((b.posterior(test) > 0.5) == (truth == 1)).double().mean()) for b in (border, model.border())
    ]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{len(x)} labelled points. Right on {TEST:,} new ones: the border alone {right_answers[0]:.1%}, the two densities "
            f"{right_answers[1]:.1%}. Only the densities can make the crosses.",
            f"{len(x)} 个带标签的点。在 {TEST:,} 个新点上的正确率：只学边界 {right_answers[0]:.1%}，学两个密度 {right_answers[1]:.1%}。"
            "只有密度模型能造出那些叉。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("class 0", "类别 0")),
            Mark(colour=plot.COLOURS[1], words=Words("class 1", "类别 1")),
            Mark(
                colour="#8a90a0",
                words=Words("border; dots are data, crosses are made", "边界；圆点是数据，叉是生成的"),
                dashed=True,
            ),
        ),
        facts={"discriminative": right_answers[0], "generative": right_answers[1]},
    )


def _border(axes: Axes, line: Border) -> None:
    """The line w·x + b = 0."""
    w = line.w / line.w.norm()
    foot = -line.b / float(line.w.norm()) * w
    ends = torch.stack([foot + s * torch.tensor([-w[1], w[0]]) for s in (-12, 12)])
    axes.plot(ends[:, 0], ends[:, 1], color="#8a90a0", linestyle="--")
