r"""The face diffusion's U-Net, inflated in time: a denoiser of clips.

- Ho et al. 2022, "Video Diffusion Models", arXiv 2204.03458: every layer of a picture's U-Net works on each frame by itself,
  frames lying in the batch; after each residual block attention *in time* lets the frames of one place look at each other.
  Space and time are factorised: S²·T places cost S²·T² + T·S⁴ comparisons in the place of (S²·T)².
- Karras et al. 2022, EDM, arXiv 2206.00364: preconditioning, as for faces (:mod:`aigc_core.models.unet`).

Frames that are known come in as further channels, with a channel that says which: one network then draws a clip from
nothing, continues from its first frame (image to video), or fills in between two frames.

A frame has four channels, RGB times opacity in [-1, 1] and opacity - 1/2: figures stand on any ground.

Shapes: B clips, T frames, C = 4 channels, S side, E embedding width, A attributes. Clips are (B, T, C, S, S).
Training: ``aigc_core/training/video_sprites.py``. Sampling: ``aigc_core/sampling/diffusion/samplers.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from aigc_core.models.unet import Attention, ResBlock, UNetConfig, sinusoids

CHANNELS = 4


@dataclass(frozen=True, kw_only=True)
class VideoConfig:
    frames: int = 8
    picture: UNetConfig = field(
        default_factory=lambda: UNetConfig(
            channels=CHANNELS, patch=4, width=64, multipliers=(2, 3), attention=(8,), groups=16, sigma_data=0.34
        )
    )
    """The U-Net of one frame; its embedding holds the noise level and all attributes."""

    def __post_init__(self) -> None:
        if isinstance(self.picture, dict):  # as config.json has it
            read: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value for name, value in self.picture.items()
            }
            object.__setattr__(self, "picture", UNetConfig(**read))
        if self.frames < 1 or self.picture.gaussian:
            raise ValueError(f"frames >= 1, and no Gaussian part; got {self.frames}, {self.picture.gaussian}")


class TimeAttention(nn.Module):
    """Self-attention over the T frames at each place of a map, residual; a frame knows its number in the clip.

    (B·T, C, S, S) -> the same.
    """

    def __init__(self, config: VideoConfig, width: int) -> None:
        super().__init__()
        self.frames, self.head = config.frames, config.picture.head
        self.norm = nn.GroupNorm(config.picture.groups, width)
        self.place = nn.Parameter(torch.zeros(config.frames, width))
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        for parameter in self.out.parameters():
            nn.init.zeros_(parameter)  # starts as the identity: a model of single frames
        nn.init.normal_(self.place, std=0.5)

    def forward(self, x: Tensor) -> Tensor:
        width, side = x.shape[1], x.shape[2]
        tokens = self.norm(x).view(-1, self.frames, width, side * side).permute(0, 3, 1, 2)  # (B, S², T, C)
        qkv = self.qkv(tokens + self.place).unflatten(-1, (3, width // self.head, self.head))  # (B, S², T, 3, h, C/h)
        q, k, v = qkv.flatten(0, 1).permute(2, 0, 3, 1, 4)  # (B·S², h, T, C/h) each
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape_as(tokens)
        out: Tensor = x + self.out(mixed).permute(0, 2, 3, 1).reshape_as(x)
        return out


class Stage(nn.Module):
    """A residual block, attention in space where the map is small, attention in time."""

    def __init__(self, config: VideoConfig, width: int, out: int, side: int) -> None:
        super().__init__()
        self.block = ResBlock(config.picture, width, out)
        self.space = Attention(config.picture, out) if side in config.picture.attention else nn.Identity()
        self.time = TimeAttention(config, out)

    def forward(self, x: Tensor, emb: Tensor, in_time: bool) -> Tensor:
        x = self.space(self.block(x, emb))
        return self.time(x) if in_time else x


class VideoUNet(nn.Module):
    """Noisy clips and known frames (B, T, 2·C + 1, S, S), times (B,) and labels (B, A) -> (B, T, C, S, S)."""

    def __init__(self, config: VideoConfig) -> None:
        super().__init__()
        self.config = config
        one = config.picture
        pixels = one.channels * one.patch**2
        widths = [one.width * m for m in one.multipliers]
        self.time = nn.Sequential(
            nn.Linear(one.width, 4 * one.width), nn.SiLU(), nn.Linear(4 * one.width, 4 * one.width)
        )
        self.labels = nn.ModuleList(nn.Embedding(n + 1, 4 * one.width) for n in one.attributes)
        self.conv_in = nn.Conv2d(2 * pixels + 1, widths[0], 3, 1, 1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        self.shrink, self.grow = nn.ModuleList(), nn.ModuleList()
        width, skips = widths[0], [widths[0]]
        for level, out in enumerate(widths):
            for _ in range(one.blocks):
                self.down.append(Stage(config, width, out, one.sides[level]))
                width = out
                skips.append(out)
            if level < len(widths) - 1:
                self.shrink.append(nn.Conv2d(out, out, 3, 2, 1))
        self.middle = nn.ModuleList(Stage(config, width, width, one.sides[-1]) for _ in range(2))
        for level, out in reversed(list(enumerate(widths))):
            for _ in range(one.blocks + (level == 0)):
                self.up.append(Stage(config, width + skips.pop(), out, one.sides[level]))
                width = out
            if level:
                self.grow.append(nn.Conv2d(out, out, 3, 1, 1))
        self.norm_out = nn.GroupNorm(one.groups, width)
        self.conv_out = nn.Conv2d(width, pixels, 3, 1, 1)
        for parameter in self.conv_out.parameters():
            nn.init.zeros_(parameter)
        for table in self.labels:
            nn.init.normal_(table.weight, std=0.02)  # type: ignore[arg-type]

    def forward(self, x: Tensor, time: Tensor, labels: Tensor | None = None, *, in_time: bool = True) -> Tensor:
        """``in_time`` false switches attention in time off: every frame is drawn as if it were alone."""
        batch, frames, _, side, _ = x.shape
        one = self.config.picture
        emb = self.time(sinusoids(time, one.width))  # (B, E)
        for i, table in enumerate(self.labels):
            known = labels[:, i] if labels is not None else torch.zeros(batch, dtype=torch.long, device=x.device)
            emb = emb + table(known)
        emb = F.silu(emb).repeat_interleave(frames, 0)  # (B·T, E)
        x = self.conv_in(self._patches(x.flatten(0, 1)))
        skips = [x]
        for level in range(len(one.multipliers)):
            for block in range(one.blocks):
                x = self.down[level * one.blocks + block](x, emb, in_time)
                skips.append(x)
            x = self.shrink[level](x) if level < len(self.shrink) else x
        for stage in self.middle:
            x = stage(x, emb, in_time)
        stages = iter(self.up)
        for level in reversed(range(len(one.multipliers))):
            for _ in range(one.blocks + (level == 0)):
                x = next(stages)(torch.cat([x, skips.pop()], 1), emb, in_time)
            if level:
                x = self.grow[len(self.grow) - level](F.interpolate(x, scale_factor=2.0, mode="nearest"))
        x = self.conv_out(F.silu(self.norm_out(x)))
        return F.pixel_shuffle(x, one.patch).view(batch, frames, -1, side, side)

    def _patches(self, x: Tensor) -> Tensor:
        """(B·T, 2·C + 1, S, S) -> (B·T, 2·C·p² + 1, S/p, S/p); "known" is the same for a whole frame."""
        patch = self.config.picture.patch
        return torch.cat([F.pixel_unshuffle(x[:, :-1], patch), x[:, -1:, ::patch, ::patch]], 1)


class VideoDenoiser(nn.Module):
    """D(x, σ, labels) around :class:`VideoUNet`, preconditioned as EDM says; what is trained, averaged, saved and sampled."""

    def __init__(self, config: VideoConfig) -> None:
        super().__init__()
        self.config = config
        self.net = VideoUNet(config)

    def forward(
        self,
        x: Tensor,
        sigma: Tensor,
        labels: Tensor | None = None,
        known: Tensor | None = None,
        told: Tensor | None = None,
        *,
        in_time: bool = True,
    ) -> Tensor:
        """The estimate of the clean clips (B, T, C, S, S), float32.

        Args:
            x: x_0 + σ·ε, (B, T, C, S, S).
            sigma: (B,).
            labels: (B, A), 0 where an attribute is not told.
            known: Clean frames, like ``x``; looked at where ``told`` says so.
            told: (B, T), 1 for frames that are known; they are given back as they are.
            in_time: False switches attention in time off.
        """
        data = self.config.picture.sigma_data
        level = sigma.float().view(-1, 1, 1, 1, 1)
        variance = level**2 + data**2
        if told is None or known is None:
            known, told = torch.zeros_like(x), x.new_zeros(x.shape[:2])
        mark = told[:, :, None, None, None]  # (B, T, 1, 1, 1)
        seen = torch.cat([x * variance.rsqrt(), known * mark / data, mark.expand_as(x[:, :, :1])], 2)
        answer = self.net(seen, 250 * level.flatten().log(), labels, in_time=in_time)
        clean = data**2 / variance * x + level * data * variance.rsqrt() * answer.float()
        return torch.lerp(clean, known.float(), mark)


def loss(
    model: Callable[..., Tensor],
    clips: Tensor,
    sigma: Tensor,
    noise: Tensor,
    labels: Tensor | None,
    told: Tensor,
    data: float,
) -> Tensor:
    """EDM eq. 8 over the frames that are not known; (B,).

    Args:
        model: :class:`VideoDenoiser`, compiled or not.
        clips: x_0 (B, T, C, S, S).
        sigma: (B,).
        noise: ε, like ``clips``.
        labels: (B, A).
        told: (B, T), 1 for frames that are given; at least one a clip is not.
        data: σ_d.
    """
    denoised = model(clips + sigma.view(-1, 1, 1, 1, 1) * noise, sigma, labels, clips, told)
    weight = (sigma**2 + data**2) / (sigma * data) ** 2
    wanted = 1 - told
    return weight * ((denoised - clips).square().mean((2, 3, 4)) * wanted).sum(1) / wanted.sum(1)


def encode(frames: NDArray[np.uint8]) -> Tensor:
    """RGB and opacity, uint8 (…, S, S, 4), as the model's channels, float32 (…, 4, S, S)."""
    rgba = torch.from_numpy(frames).movedim(-1, -3).float() / 255
    opacity = rgba[..., 3:, :, :]
    return torch.cat([(2 * rgba[..., :3, :, :] - 1) * opacity, opacity - 0.5], -3)


def decode(clips: Tensor) -> NDArray[np.uint8]:
    """The model's channels (…, 4, S, S) as uint8 (…, S, S, 4); a pixel is there or not, as pixel art has it."""
    solid = clips[..., 3:, :, :] > 0
    rgb = (clips[..., :3, :, :].clamp(-1, 1) + 1) / 2 * solid
    rgba = torch.cat([rgb, solid.float()], -3)
    frames: NDArray[np.uint8] = (rgba * 255).round().byte().movedim(-3, -1).cpu().numpy()
    return frames
