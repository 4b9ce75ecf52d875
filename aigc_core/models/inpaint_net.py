r"""A small network that fills holes from coarse to fine, copying features from known places.

- Prefill: a hole starts as the average of what surrounds it at every scale (push-pull, Gortler et al. 1996, "The
  Lumigraph", §3.4); the network adds a correction to it.
- The same network fills every size: the picture is halved until its short side is about 32, filled, and each answer,
  doubled, is the prefill of the next size.
- Attention transfer (PEN-Net, Zeng et al., arXiv:1904.07475, §3.2): places of the hole look for similar places outside it at
  stride 8, and fetch *their* skip connections of strides 8, 4 and 2, so that fine detail is copied, not invented::

      A = softmax_j( τ cos(q_i, k_j) - λ |i - j| + 8 log known_j ),        copied_i = Σ_j A_ij · patch_j

Differs from PEN-Net: one attention for all levels, multi-headed, its scores learned from decoder features and falling with
distance (slope λ a head), no pyramid loss; no normalisation layers, so that a picture's size changes nothing else.

Shapes: B batch, C channels, H and W the picture's sides, N places at stride 8, h heads. Pictures are RGB in [-1, 1]; holes
(B, 1, H, W) are 1 where something has to be made up.
Training: ``aigc_core/training/inpaint.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDE = 16
ATTENTION_STRIDE = 8
SLOPE = 0.2
"""Negative slope of the leaky ReLUs."""
QUERIES = 1024
"""Queries of one attention call, which bounds its memory on large pictures."""


@dataclass(frozen=True, kw_only=True)
class InpaintConfig:
    width: int = 32
    """Channels at stride 2; doubled at each coarser stride up to ``max_width``."""
    max_width: int = 256
    blocks: tuple[int, ...] = (1, 1, 2)
    """Residual blocks at strides 2, 4, 8, on the way down and again on the way up."""
    dilations: tuple[int, ...] = (1, 2, 4, 1)
    """Dilations of the residual blocks at stride 16."""
    heads: int = 4
    """Width of the attention; 0 for none."""
    key: int = 32
    """Width of a head's queries and keys."""
    detail: int = 16
    """Channels at full size."""
    coarsest: int = 32
    """Short side in pixels, about, at which a picture is filled first."""

    def __post_init__(self) -> None:
        if self.width % 8 or len(self.blocks) != 3 or (self.heads and self.width % self.heads):
            raise ValueError(f"width a multiple of 8 and of heads, three numbers of blocks; got {self}")

    def channels(self, level: int) -> int:
        """Channels at stride 2^(level + 1)."""
        return min(self.max_width, self.width << level)


class Block(nn.Module):
    """x + conv(act(conv(act(x)))), 3×3; the second convolution starts small, so that a stack starts near the identity."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv1 = _conv(width, width, dilation)
        self.conv2 = _conv(width, width)
        with torch.no_grad():
            self.conv2.weight.mul_(0.2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.leaky_relu(x, SLOPE))
        out: Tensor = x + self.conv2(F.leaky_relu(y, SLOPE))
        return out


class AttentionTransfer(nn.Module):
    """Fetch the skip connections of similar known places for those in the hole.

    Args:
        width: Channels of the map at stride 8 that scores are made of.
        skips: Channels of the skip connections at strides 2, 4, 8.
    """

    def __init__(self, width: int, skips: tuple[int, ...], heads: int, key: int) -> None:
        super().__init__()
        self.heads, self.key = heads, key
        self.query_key = nn.Conv2d(width, 2 * heads * key, 1)
        self.sharpness = nn.Parameter(torch.full((heads, 1, 1), math.log(8.0)))
        self.slope = nn.Parameter(torch.linspace(-5.0, -1.0, heads).view(heads, 1, 1))
        self.mix = nn.ModuleList(nn.Conv2d(c, c, 1) for c in skips)
        for (
            parameter
        ) in self.mix.parameters():  # what is fetched comes in as it proves useful; at random it leaves a grid
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor, skips: list[Tensor], hole: Tensor) -> list[Tensor]:
        """Residuals for the skip connections, 0 outside the hole; ``skips`` from fine to coarse, ``x`` (B, C, H/8,
        W/8)."""
        batch, _, h, w = x.shape
        q, k = self.query_key(x).flatten(2).view(batch, 2, self.heads, self.key, h * w).unbind(1)
        q = F.normalize(q, dim=2).transpose(2, 3) * self.sharpness.exp()  # (B, h, N, K)
        k = F.normalize(k, dim=2)  # (B, h, K, N)
        known = 1 - F.avg_pool2d(hole, ATTENTION_STRIDE).flatten(2).unsqueeze(1)  # (B, 1, 1, N)
        bias = 8 * torch.log(known + 1e-6)
        values = torch.cat([self._tokens(s, s.shape[-1] // w) for s in skips], -1)  # (B, h, N, V)
        where = places(h, w, x.device)  # (N, 2)
        asking, answering = self._parties(known)
        k, values, bias = k[..., answering], values[:, :, answering], bias[..., answering]
        copied = []
        for some in torch.split(asking, QUERIES):
            distance = torch.cdist(where[some], where[answering])  # (Q, M)
            scores = q[:, :, some] @ k - F.softplus(self.slope) * distance + bias
            copied.append(scores.softmax(-1) @ values)  # (B, h, Q, V)
        found = values.new_zeros(batch, self.heads, h * w, values.shape[-1])  # (B, h, N, V)
        if copied:
            found = found.index_copy(2, asking, torch.cat(copied, 2))
        return self._maps(found, skips, hole, (h, w))

    @staticmethod
    def _parties(known: Tensor) -> tuple[Tensor, Tensor]:
        """Query positions, in the hole of any picture, and key positions, known in at least one."""
        share = known[:, 0, 0]  # (B, N)
        asking = (share < 1).any(0).nonzero()[:, 0]
        answering = (share > 0.5).any(0).nonzero()[:, 0]
        if not len(answering):
            answering = torch.arange(share.shape[1], device=share.device)
        return asking, answering

    def _tokens(self, skip: Tensor, patch: int) -> Tensor:
        """A map's patches as tokens of each head's channels: (B, C, h·p, w·p) -> (B, heads, N, C/heads·p²)."""
        batch, channels = skip.shape[:2]
        tokens = F.pixel_unshuffle(skip, patch).flatten(2)  # (B, C·p², N)
        return tokens.view(batch, self.heads, channels * patch**2 // self.heads, -1).transpose(2, 3)

    def _maps(self, found: Tensor, skips: list[Tensor], hole: Tensor, size: tuple[int, int]) -> list[Tensor]:
        patches = [s.shape[-1] // size[1] for s in skips]
        parts = torch.split(found, [s.shape[1] * p**2 // self.heads for s, p in zip(skips, patches, strict=True)], -1)
        maps = []
        for skip, part, patch, mix in zip(skips, parts, patches, self.mix, strict=True):
            flat = part.transpose(2, 3).reshape(len(skip), -1, *size)  # (B, C·p², h, w)
            inside = F.interpolate(hole, size=skip.shape[-2:], mode="area")
            maps.append(inside * mix(F.pixel_shuffle(flat, patch)))
        return maps


class InpaintNet(nn.Module):
    """A U-Net on 2×2 patches with attention transfer; one pass at one size."""

    def __init__(self, config: InpaintConfig) -> None:
        super().__init__()
        self.config = config
        c = [config.channels(level) for level in range(4)]
        self.stem = _conv(4 * 4, c[0])
        self.down = nn.ModuleList(_blocks(c[i], config.blocks[i]) for i in range(3))
        self.shrink = nn.ModuleList(nn.Conv2d(c[i], c[i + 1], 4, 2, 1) for i in range(3))
        self.middle = nn.Sequential(*(Block(c[3], d) for d in config.dilations))
        self.grow = nn.ModuleList(_conv(c[i + 1], c[i]) for i in range(3))
        self.up = nn.ModuleList(_blocks(c[i], config.blocks[i]) for i in range(3))
        self.attention = None
        if config.heads:
            self.attention = AttentionTransfer(c[2], (c[0], c[1], c[2]), config.heads, config.key)
        self.detail = _conv(c[0] // 4 + 4, config.detail)
        self.to_rgb = _conv(config.detail, 3)
        with torch.no_grad():
            self.to_rgb.weight.mul_(0.1)

    def forward(self, picture: Tensor, hole: Tensor, prefill: Tensor) -> Tensor:
        """The picture (B, 3, H, W) with its hole filled; outside it the picture itself.

        Args:
            prefill: A first answer (B, 3, H, W); looked at in the hole only.
        """
        height, width = picture.shape[-2:]
        x = torch.cat([torch.lerp(picture, prefill, hole), hole], 1)
        x = _padded(x)  # (B, 4, H', W')
        hole_padded = x[:, 3:]
        y = self.stem(F.pixel_unshuffle(x, 2))  # (B, C, H'/2, W'/2)
        skips = []
        for blocks, shrink in zip(self.down, self.shrink, strict=True):
            y = blocks(y)
            skips.append(y)
            y = shrink(F.leaky_relu(y, SLOPE))
        y = self.middle(y)
        for i in (2, 1, 0):
            y = self.grow[i](F.interpolate(F.leaky_relu(y, SLOPE), scale_factor=2, mode="nearest")) + skips[i]
            if i == 2 and self.attention is not None:
                copied = self.attention(y, skips, hole_padded)
                skips = [skip + extra for skip, extra in zip(skips, copied, strict=True)]
                y = y + copied[2]
            y = self.up[i](y)
        fine = torch.cat([F.pixel_shuffle(F.leaky_relu(y, SLOPE), 2), x], 1)  # (B, C/4 + 4, H', W')
        correction = self.to_rgb(F.leaky_relu(self.detail(fine), SLOPE))
        filled = (x[:, :3] + correction)[..., :height, :width]
        return torch.lerp(picture, filled, hole)

    def fill(self, picture: Tensor, hole: Tensor) -> list[Tensor]:
        """From coarse to fine: the filled picture at every size, the last one the full size."""
        filled: list[Tensor] = []
        for smaller, hole_there in reversed(sizes(picture, hole, self.config.coarsest)):
            prefill = doubled(filled[-1], smaller) if filled else push_pull(smaller, hole_there)
            filled.append(self(smaller, hole_there, prefill))
        return filled


def sizes(picture: Tensor, hole: Tensor, coarsest: int) -> list[tuple[Tensor, Tensor]]:
    """Picture and hole at full size and at halves, down to a short side of about ``coarsest`` pixels."""
    found = [(picture, hole)]
    while min(found[-1][0].shape[-2:]) >= 1.5 * coarsest:
        found.append(halved(*found[-1]))
    return found


def halved(picture: Tensor, hole: Tensor) -> tuple[Tensor, Tensor]:
    """Half the size, rounded up: means of known pixels, known where at least half of them are."""
    odd = (0, picture.shape[-1] % 2, 0, picture.shape[-2] % 2)
    picture, hole = F.pad(picture, odd, mode="replicate"), F.pad(hole, odd, mode="replicate")
    known = F.avg_pool2d(1 - hole, 2)
    mean = F.avg_pool2d(picture * (1 - hole), 2) / known.clamp(min=0.25)
    return mean, (known < 0.5).to(hole.dtype)


def doubled(filled: Tensor, like: Tensor) -> Tensor:
    """``filled`` at twice the size, cut to the sides of ``like``."""
    twice = F.interpolate(filled, scale_factor=2, mode="bilinear", align_corners=False)
    return twice[..., : like.shape[-2], : like.shape[-1]]


def push_pull(picture: Tensor, hole: Tensor) -> Tensor:
    """Fill the hole by averages of known pixels, each from the finest pyramid level that has any."""
    if min(picture.shape[-2:]) <= 1 or not bool(hole.any()):
        known = (1 - hole).sum((2, 3), keepdim=True)
        mean = (picture * (1 - hole)).sum((2, 3), keepdim=True) / known.clamp(min=1e-6)
        return torch.lerp(picture, mean.expand_as(picture), hole)
    odd = (0, picture.shape[-1] % 2, 0, picture.shape[-2] % 2)
    padded, hole_padded = F.pad(picture, odd, mode="replicate"), F.pad(hole, odd, mode="replicate")
    known = F.avg_pool2d(1 - hole_padded, 2)
    mean = F.avg_pool2d(padded * (1 - hole_padded), 2) / known.clamp(min=0.25)
    coarse = push_pull(mean, (known == 0).to(hole.dtype))
    return torch.lerp(picture, doubled(coarse, picture), hole)


def places(height: int, width: int, device: torch.device) -> Tensor:
    """Rows and columns of a map's places, row by row: (N, 2)."""
    rows, columns = torch.arange(height, device=device), torch.arange(width, device=device)
    return torch.cartesian_prod(rows, columns).float().view(-1, 2)


def _padded(x: Tensor) -> Tensor:
    """Repeat the last row and column up to multiples of :data:`STRIDE`."""
    down, right = (-side % STRIDE for side in x.shape[-2:])
    return F.pad(x, (0, right, 0, down), mode="replicate") if down or right else x


def _conv(width: int, out: int, dilation: int = 1) -> nn.Conv2d:
    conv = nn.Conv2d(width, out, 3, 1, dilation, dilation)
    nn.init.kaiming_normal_(conv.weight, a=SLOPE)
    nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
    return conv


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Block(width) for _ in range(count)))
