"""Pictures of a disc, 8×8 pixels of 0 or 1: a data set with exactly two numbers behind every picture, made here.

The disc of radius 1.5 pixels stands anywhere inside the picture; what a model of these pictures should find is a plane.
"""

from __future__ import annotations

import torch
from torch import Tensor

SIDE = 8
RADIUS = 1.5
"""In pixels."""


def places(count: int, rng: torch.Generator) -> Tensor:
    """Centres (N, 2), each number uniform in [-1, 1]: across, down."""
    return 2 * torch.rand(count, 2, generator=rng) - 1


def draw(centres: Tensor) -> Tensor:
    """Pictures (N, 64) of 0 and 1, row by row, of centres (N, 2) in [-1, 1]."""
    middle, reach = (SIDE - 1) / 2, SIDE / 2 - RADIUS
    at = torch.arange(SIDE, dtype=centres.dtype)
    across = at[None, :] - (middle + reach * centres[:, :1])  # (N, 8), pixels from the centre
    down = at[None, :] - (middle + reach * centres[:, 1:])
    squared = across[:, None, :] ** 2 + down[:, :, None] ** 2  # (N, 8, 8)
    return (squared <= RADIUS**2).to(centres.dtype).flatten(1)
