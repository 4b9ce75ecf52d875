"""ConvNeXt blocks over time (Liu et al. 2022, arXiv 2201.03545; in one dimension as in Vocos, arXiv 2306.00814).

    x ← x + γ ∘ W₂ gelu(W₁ LayerNorm(depthwise convolution(x)))

The depthwise convolution looks at neighbours, the two products at channels. Shapes: B batch, T frames, D width.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

KERNEL = 7


class ConvNeXtBlock(nn.Module):
    """One block.

    Args:
        expansion: Width of the hidden layer, in units of D.
        scale: γ at the start, small so that deep stacks begin near the identity.
    """

    def __init__(self, width: int, expansion: int = 3, scale: float = 0.3) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, expansion * width)
        self.down = nn.Linear(expansion * width, width)
        self.gamma = nn.Parameter(torch.full((width,), scale))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, T, D) to (B, T, D); where ``mask`` (B, T) is 0 nothing is seen and nothing changes."""
        seen = x if mask is None else x * mask[..., None]
        y = self.depthwise(seen.transpose(1, 2)).transpose(1, 2)
        y = self.gamma * self.down(F.gelu(self.up(self.norm(y))))
        added: Tensor = y if mask is None else y * mask[..., None]
        return x + added


class Blocks(nn.Module):
    """Several blocks, and a norm."""

    def __init__(self, width: int, count: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(ConvNeXtBlock(width) for _ in range(count))
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        blocks: Iterable[nn.Module] = self.blocks
        for block in blocks:
            x = block(x, mask)
        y: Tensor = self.norm(x)
        return y
