"""A small network for points of the plane, to watch diffusion being learned within seconds on one core.

- :class:`PointNet`: three layers with SiLU on a point and features of the noise level.
- :class:`PointDenoiser`: the same within EDM's preconditioning (Karras et al. 2022, arXiv 2206.00364, eq. 7; see
  :mod:`aigc_core.models.unet`, whose loss it is trained with).

Shapes: B batch, D dimensions of a point.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

WAVES = 4
"""Frequencies of the sines and cosines that each number is also given as, 1, 2, 3, …: without them sharp edges take long."""


class PointNet(nn.Module):
    """Points (B, D) and a number each, (B,), about in −2 … 2 -> (B, D)."""

    def __init__(self, dimensions: int = 2, width: int = 96) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear((dimensions + 1) * (2 * WAVES + 1), width), nn.SiLU(),
            nn.Linear(width, width), nn.SiLU(),
            nn.Linear(width, width), nn.SiLU(),
            nn.Linear(width, dimensions),
        )  # fmt: skip

    def forward(self, x: Tensor, level: Tensor) -> Tensor:
        seen = torch.cat([x, level[:, None]], 1)  # (B, D + 1)
        rates = torch.arange(1, WAVES + 1, device=x.device)
        waves = (seen[:, :, None] * rates).flatten(1)
        out: Tensor = self.layers(torch.cat([seen, waves.sin(), waves.cos()], 1))
        return out


class PointDenoiser(nn.Module):
    """D(x, σ) = c_skip·x + c_out·F(c_in·x, ln σ); a :data:`~aigc_core.sampling.diffusion.samplers.Denoiser`."""

    def __init__(self, sigma_data: float = 1.0, dimensions: int = 2, width: int = 96) -> None:
        super().__init__()
        self.sigma_data = sigma_data
        self.net = PointNet(dimensions, width)

    def forward(self, x: Tensor, sigma: Tensor, labels: Tensor | None = None) -> Tensor:
        """Clean points expected, like ``x``: (B, D), or (B, D, 1, 1) as :func:`aigc_core.models.unet.loss` hands them over."""
        points, level = x.flatten(1).float(), sigma.float()
        variance = (level**2 + self.sigma_data**2)[:, None]
        answer = self.net(points * variance.rsqrt(), level.log() / 2)
        out: Tensor = (
            self.sigma_data**2 / variance * points + level[:, None] * self.sigma_data * variance.rsqrt() * answer
        )
        return out.view_as(x).to(x.dtype)
