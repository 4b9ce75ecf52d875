"""Rounding weights to few bits: uniform, symmetric, after training (Jacob et al. 2018, arXiv 1712.05877, eq. 1 with Z = 0).

With b bits and a scale s for each row of a matrix (or one for all of it)::

    s = max|w| / (2^(b−1) − 1),        w ≈ s · round(w / s),        |error| ≤ s / 2

The weights stay float32 here: this shows what is lost. What is gained, memory and speed, needs kernels that compute with
the integers, such as those of torch, ONNX Runtime or llama.cpp.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)


def rounded(weight: Tensor, bits: int, *, per_row: bool = True) -> Tensor:
    """The nearest matrix on the grid of ``bits`` ≥ 2; (R, C)."""
    largest = weight.abs().amax(1, keepdim=True) if per_row else weight.abs().max()
    step = largest.clamp(min=1e-12) / (2 ** (bits - 1) - 1)
    made: Tensor = (weight / step).round() * step
    return made


@torch.no_grad()
def quantised(model: Model, bits: int, *, per_row: bool = True) -> Model:
    """A copy of the model, its matrices rounded; vectors such as norms and biases are few and stay as they are."""
    made = copy.deepcopy(model)
    for weight in made.parameters():
        if weight.dim() == 2:
            weight.copy_(rounded(weight, bits, per_row=per_row))
    return made


def megabytes(model: nn.Module, bits: int) -> float:
    """Size with ``bits`` for each weight of a matrix and 32 for the others, scales not counted."""
    return sum(w.numel() * (bits if w.dim() == 2 else 32) for w in model.parameters()) / 8e6
