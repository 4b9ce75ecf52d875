"""Style transfer by pixels (:mod:`aigc_core.models.gatys`) with random filters for eyes: nothing is learned beforehand.

    L = (1-w)·content + w·style + 0.02·total variation

Features of :mod:`aigc_core.models.features.random_filters` take the place of VGG's; they suffice for stripes and tiles.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_core.models import gatys
from aigc_core.models.features.perceptual import gram, total_variation
from aigc_core.models.features.random_filters import RandomFilters
from aigc_core.models.gatys import Losses, State, Weights

CONTENT = 1
"""The scale whose map is the content, counted from 0: half the size."""
SMOOTH = 0.02
"""Weight of the total variation."""


@dataclass(frozen=True, kw_only=True)
class Config:
    weight: float = 0.5
    """w: 0 keeps the content alone, 1 the style alone."""
    steps: int = 60
    lr: float = 0.06
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1 or self.steps < 1 or self.lr <= 0:
            raise ValueError(f"weight 0 to 1, steps >= 1, lr > 0; got {self.weight}, {self.steps}, {self.lr}")


def paint(content: Tensor, style: Tensor, config: Config) -> Generator[State, None, None]:
    """Yield the picture before each step, and at the end; both pictures (1, 3, H, W), of any two sizes."""
    eyes = RandomFilters(seed=config.seed)
    with torch.no_grad():
        kept, wanted = eyes(content)[CONTENT], [gram(m) for m in eyes(style)]

    def losses(x: Tensor) -> Losses:
        maps = eyes(x)
        return Losses(gatys.content_loss(maps[CONTENT], kept), gatys.style_loss(maps, wanted), total_variation(x))

    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(config.seed))
    start = torch.lerp(content, noise / 3, config.weight**16)  # style alone starts from noise
    weights = Weights(1 - config.weight, config.weight, SMOOTH)
    yield from gatys.paint(start, losses, weights, steps=config.steps, lr=config.lr)
