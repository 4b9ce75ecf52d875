"""Features without training: random filters at several scales, enough for the statistics of textures.

Ustyuzhaninov et al. 2016, "Texture Synthesis Using Shallow Convolutional Networks with Random Filters", arXiv 1606.00021: Gram
matrices of one layer of random filters, taken at several sizes, make textures nearly as well as those of VGG19. Differs from
the paper: few small filters, since it must run within seconds on one core.

Shapes: B batch, K filters, H and W a map's sides. Pictures are RGB in [-1, 1].
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SCALES = (1, 2, 4)
"""A map a scale, from pictures shrunk so many times."""


class RandomFilters(nn.Module):
    """Pictures (B, 3, H, W) -> a map (B, K, H/s, W/s) for each scale s; the same filters for the same seed."""

    filters: Tensor

    def __init__(self, count: int = 48, side: int = 7, seed: int = 0) -> None:
        super().__init__()
        drawn = torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(seed))
        self.register_buffer("filters", drawn / (3 * side * side) ** 0.5)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        half = self.filters.shape[-1] // 2
        maps = []
        for scale in SCALES:
            small = F.avg_pool2d(pictures, scale) if scale > 1 else pictures
            maps.append(F.conv2d(F.pad(small, (half,) * 4, mode="reflect"), self.filters).relu())
        return maps
