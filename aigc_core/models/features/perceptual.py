r"""Losses and metrics on the maps of a frozen network: distances inside a hole, Gram matrices, total variation.

- Zhang et al., "The Unreasonable Effectiveness of Deep Features", arXiv:1801.03924, eq. 1 without learned weights:
  d = mean over levels and places of ‖φ̂(x) - φ̂(y)‖², φ̂ of unit length over its channels; here averaged over a hole only.
- Gatys et al., arXiv:1508.06576: G = F Fᵀ of a map F (C, H·W), divided by C·H·W as in Johnson et al., arXiv:1603.08155.

Shapes: B batch, C channels, H and W a map's sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

EPS = 1e-6


def hole_weights(hole: Tensor, maps: Sequence[Tensor]) -> list[Tensor]:
    """Share of the hole (B, 1, H, W) that each place of each map sees, (B, 1, h, w) a map; 1 in all, where it is not empty."""
    weights = []
    for m in maps:
        share = F.interpolate(hole, size=m.shape[-2:], mode="area")
        weights.append(share / share.sum((2, 3), keepdim=True).clamp(min=EPS))
    return weights


def hole_distance(wanted: Sequence[Tensor], got: Sequence[Tensor], hole: Tensor) -> Tensor:
    """Squared distance of unit-length features, averaged over the hole (B, 1, H, W) and the levels: (B,), 2 where they are orthogonal."""
    total = torch.zeros(len(hole), device=hole.device)
    for want, have, weight in zip(wanted, got, hole_weights(hole, wanted), strict=True):
        # |a/|a| - b/|b||² = 2 - 2 cos(a, b): one pass over the maps instead of three
        cosine = F.cosine_similarity(have, want, dim=1, eps=EPS).unsqueeze(1)  # (B, 1, h, w)
        total = total + (weight * (2 - 2 * cosine)).sum((1, 2, 3))
    return total / len(wanted)


def gram(features: Tensor) -> Tensor:
    """Gram matrices (B, C, C) of maps (B, C, H, W), divided by C·H·W."""
    batch, channels, h, w = features.shape
    flat = features.reshape(batch, channels, h * w)
    return flat @ flat.transpose(1, 2) / (channels * h * w)


def total_variation(images: Tensor) -> Tensor:
    """Mean absolute difference of neighbours, across and down, of images (B, C, H, W)."""
    across = (images[..., :, 1:] - images[..., :, :-1]).abs().mean()
    return across + (images[..., 1:, :] - images[..., :-1, :]).abs().mean()
