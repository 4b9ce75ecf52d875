"""Muon: momentum, orthogonalised by Newton-Schulz iterations, for the weight matrices (Jordan et al. 2024).

A matrix W of hidden weights moves along the nearest semi-orthogonal matrix to its momentum M = U S Vᵀ, which is U Vᵀ:
every direction of the update has the same size, so rare directions are learned as fast as common ones. The odd polynomial
X ← aX + (bA + cA²)X with A = XXᵀ pushes all singular values towards 1 without an SVD.

``torch.optim.Muon`` does the same in bfloat16, which CPUs without such units run thirty times slower; here float32 unless
asked otherwise, and equal shapes are treated in one batched product.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""a, b, c: slope at 0 as steep as possible while singular values end in about [0.7, 1.2]."""


def orthogonalised(x: Tensor, steps: int = 5) -> Tensor:
    """Approximately U Vᵀ of each matrix; (…, m, n) to (…, m, n)."""
    tall = x.shape[-2] > x.shape[-1]
    y = x.mT if tall else x
    y = y / (y.square().sum((-2, -1), keepdim=True).sqrt() + 1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(steps):
        gram = y @ y.mT
        y = a * y + (b * gram + c * gram @ gram) @ y
    result: Tensor = y.mT if tall else y
    return result


class Muon(torch.optim.Optimizer):
    """For two-dimensional hidden weights; embeddings, gains and biases belong to AdamW.

    Update: M ← μM + G; W ← W(1 − ηλ) − η·0.2·√max(m, n)·orth(G + μM). The factor gives the update the root mean square
    of AdamW's (Liu et al. 2025, arXiv 2502.16982), so that both share one learning rate and decay.

    Args:
        lr: η, as for AdamW.
        momentum: μ.
        weight_decay: λ, decoupled.
        bfloat16: Orthogonalise in bfloat16; faster where the processor multiplies it.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        momentum: float = 0.95,
        weight_decay: float = 0.1,
        *,
        bfloat16: bool = False,
    ) -> None:
        self._dtype = torch.bfloat16 if bfloat16 else torch.float32
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update; gradients of all parameters must be there."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = {}
            for parameter in group["params"]:
                by_shape.setdefault(parameter.shape, []).append(parameter)
            for shape, parameters in by_shape.items():
                directions = torch.stack([self._direction(p, group["momentum"]) for p in parameters])
                scale = 0.2 * max(shape) ** 0.5
                for parameter, update in zip(parameters, orthogonalised(directions.to(self._dtype)), strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(update, alpha=-group["lr"] * scale)

    def _direction(self, parameter: Tensor, momentum: float) -> Tensor:
        if parameter.grad is None:
            raise ValueError("a parameter given to Muon has no gradient")
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].mul_(momentum).add_(parameter.grad)
        return parameter.grad.add(state["momentum"], alpha=momentum)
