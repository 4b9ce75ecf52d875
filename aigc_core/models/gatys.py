r"""Style transfer by optimising the pixels of one picture, as it began; no network is trained.

Gatys et al. 2015, "A Neural Algorithm of Artistic Style", arXiv:1508.06576, eq. 7: a picture keeps the content of one and takes the
style of another when a map of some features stays near the first's while their Gram matrices come near the second's::

    L = α·|F(x) - F(content)|² / |F(content)|²  +  β·mean over layers of |G(x) - G(style)|² / |G(style)|²  +  γ·total variation

Differs from the paper: both terms are relative, so that layers and pictures are alike; a term against speckles; Adam. The same
losses train the feed-forward network (``aigc_core/training/style.py``) and judge it (``aigc_core/evaluation/style.py``).

Shapes: B batch, C channels, H and W a map's sides. Pictures are RGB in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from aigc_core.models.features.perceptual import gram, total_variation
from aigc_core.models.features.vgg16 import VGG16

DEPTH = 4
"""Blocks of VGG16 that look; style is read from all of them."""
CONTENT = 2
"""The block whose map is the content, counted from 0: relu3_3."""
EPS = 1e-6
RANKS = (64, 32, 64, 96)
"""Eigenvectors of a layer's Gram matrix that are kept in a file; the others hold at most 0.1 % of its squared norm."""
FILE = "grams.safetensors"


class Weights(NamedTuple):
    """α, β and γ; the defaults are those that our network was trained with."""

    content: float = 0.5
    style: float = 1.0
    variation: float = 0.02


class Losses(NamedTuple):
    """The three terms, before their weights."""

    content: Tensor
    style: Tensor
    variation: Tensor

    def total(self, weights: Weights) -> Tensor:
        return weights.content * self.content + weights.style * self.style + weights.variation * self.variation


class State(NamedTuple):
    """A picture on its way."""

    picture: Tensor
    """(B, 3, H, W)."""
    content: float
    """Relative squared distance of the content's map."""
    style: float
    """Relative squared distance of the Gram matrices, averaged over the layers."""
    total: float
    """The weighted sum that is minimised."""


def content_loss(have: Tensor, want: Tensor) -> Tensor:
    """‖F - P‖² / ‖P‖² of maps (B, C, H, W)."""
    return (have - want).square().mean() / want.square().mean().clamp(min=EPS)


def style_loss(pyramid: Sequence[Tensor], targets: Sequence[Tensor]) -> Tensor:
    """Mean over pictures and layers of ‖G - A‖² / ‖A‖², G a picture's Gram matrix, A its painting's (B, C, C)."""
    parts = []
    for maps, target in zip(pyramid, targets, strict=True):
        parts.append((gram(maps) - target).square().sum((1, 2)) / target.square().sum((1, 2)))
    return torch.stack(parts).mean()


def losses(vgg: VGG16, photo: Tensor, painted: Tensor, targets: Sequence[Tensor]) -> Losses:
    """Losses of painted pictures (B, 3, H, W); ``targets`` are the Gram matrices of their paintings, (B, C, C) a layer."""
    maps = vgg.pyramid(painted, DEPTH)
    with torch.no_grad():
        wanted = vgg.pyramid(photo, CONTENT + 1)[CONTENT]
    return Losses(content_loss(maps[CONTENT], wanted), style_loss(maps, targets), total_variation(painted))


@torch.no_grad()
def style_grams(vgg: VGG16, painting: Tensor) -> list[Tensor]:
    """Gram matrices of paintings (B, 3, H, W), (B, C, C) a layer."""
    return [gram(maps) for maps in vgg.pyramid(painting, DEPTH)]


def paint(
    start: Tensor, losses_of: Callable[[Tensor], Losses], weights: Weights, *, steps: int, lr: float
) -> Generator[State, None, None]:
    """Yield the picture before each step, and at the end; every pixel is a parameter."""
    x = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([x], lr)
    for step in range(steps + 1):
        terms = losses_of(x)
        total = terms.total(weights)
        yield State(x.detach().clone(), terms.content.item(), terms.style.item(), total.item())
        if step == steps:
            return
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(total)
        optimizer.step()
        with torch.no_grad():
            x.clamp_(-1, 1)


def save_grams(file: Path, grams: Sequence[Tensor]) -> None:
    """Write Gram matrices (S, C, C) a layer as factors B with G ≈ B Bᵀ, float16."""
    factors = {}
    for i, (layer, rank) in enumerate(zip(grams, RANKS, strict=True)):
        values, vectors = torch.linalg.eigh(layer.double())  # ascending
        factor = vectors[..., -rank:] * values[:, None, -rank:].clamp(min=0).sqrt()
        factors[f"layer.{i}"] = factor.half().contiguous()
    save_file(factors, file)


def load_grams(file: Path) -> list[Tensor]:
    """The Gram matrices (S, C, C) that :func:`save_grams` wrote."""
    factors = [factor.float() for _, factor in sorted(load_file(file).items())]
    return [factor @ factor.transpose(1, 2) for factor in factors]
