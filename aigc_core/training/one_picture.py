"""Style transfer by optimising the pixels of one picture, as it began; no network is trained.

Gatys et al. 2015, "A Neural Algorithm of Artistic Style", arXiv 1508.06576, eq. 7: a picture keeps the content of one and takes the
style of another when maps of some features stay near the first's while their Gram matrices come near the second's:

    L = (1−w)·|F(x) − F(content)|² / |F(content)|²  +  w·mean over scales of |G(x) − G(style)|² / |G(style)|²
        + 0.02·total variation

Differs from the paper: features of :mod:`aigc_core.models.features.random_filters` in the place of VGG19's, both terms relative, and
Adam.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from aigc_core.models.features.perceptual import gram, total_variation
from aigc_core.models.features.random_filters import RandomFilters

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


class State(NamedTuple):
    picture: Tensor
    """(1, 3, H, W) in [-1, 1]."""
    content: float
    """Relative squared distance of the content's map."""
    style: float
    """Relative squared distance of the Gram matrices, averaged over the scales."""


def paint(content: Tensor, style: Tensor, config: Config) -> Generator[State, None, None]:
    """Yield the picture before each step, and at the end; both pictures (1, 3, H, W), of any two sizes."""
    eyes = RandomFilters(seed=config.seed)
    with torch.no_grad():
        kept, wanted = eyes(content)[CONTENT], [gram(m) for m in eyes(style)]
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(config.seed))
    x = torch.lerp(content, noise / 3, config.weight**16).requires_grad_(True)  # style alone starts from noise
    optimizer = torch.optim.Adam([x], config.lr)
    for step in range(config.steps + 1):
        maps = eyes(x)
        content_loss = (maps[CONTENT] - kept).square().sum() / kept.square().sum()
        style_loss = torch.stack([_relative(gram(m), want) for m, want in zip(maps, wanted, strict=True)]).mean()
        yield State(x.detach().clamp(-1, 1), content_loss.item(), style_loss.item())
        if step == config.steps:
            return
        optimizer.zero_grad(set_to_none=True)
        total = (1 - config.weight) * content_loss + config.weight * style_loss + SMOOTH * total_variation(x)
        torch.autograd.backward(total)
        optimizer.step()
        with torch.no_grad():
            x.clamp_(-1, 1)


def _relative(have: Tensor, want: Tensor) -> Tensor:
    return (have - want).square().sum() / want.square().sum()
