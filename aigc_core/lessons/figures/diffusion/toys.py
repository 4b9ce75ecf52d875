"""The toy distributions that several figures share, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.models import gaussian_mixture
from aigc_core.models.gaussian_mixture import GaussianMixture

LINE = GaussianMixture(means=torch.tensor([[-1.5], [0.3], [1.3]]).double(), deviation=0.12, weights=(2, 1, 3))
"""Three bumps on a line."""
SHAPES: Mapping[str, Callable[[], GaussianMixture]] = {
    "ring": gaussian_mixture.ring, "moons": gaussian_mixture.moons, "spiral": gaussian_mixture.spiral,
}  # fmt: skip
REACH = 2.8
"""Half the side of a drawing of the plane."""


def noise(count: int, seed: int, dimensions: int = 2) -> Tensor:
    """Standard normal points, float64."""
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def density(axes: Axes, data: GaussianMixture, sigma: float, side: int = 80) -> None:
    """p(x; σ) of the plane as a shade."""
    at = torch.linspace(-REACH, REACH, side, dtype=torch.float64)
    y, x = torch.meshgrid(at, at, indexing="ij")
    shade = data.log_density(torch.stack([x.flatten(), y.flatten()], 1), sigma).exp().view(side, side).sqrt()
    edges = (-REACH, REACH, -REACH, REACH)
    axes.imshow(shade, extent=edges, origin="lower", cmap="Greys", alpha=0.35, interpolation="bilinear")
    plane(axes)


def plane(axes: Axes) -> None:
    """The same square for every picture of the plane."""
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[], yticks=[])


def dots(axes: Axes, points: Tensor | np.ndarray, colour: str = plot.COLOURS[0], size: float = 5) -> None:
    """A cloud of points, as one picture within the drawing."""
    at = np.asarray(points)
    axes.scatter(at[:, 0], at[:, 1], s=size, color=colour, linewidths=0, alpha=0.7, rasterized=True)
