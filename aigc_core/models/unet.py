"""U-Net denoiser of face diffusion, its EDM preconditioning and its label conditioning.

- Ho et al. 2020, "Denoising Diffusion Probabilistic Models", arXiv 2006.11239: the U-Net with residual blocks, attention
  at low resolutions and sinusoidal time embedding; Dhariwal & Nichol 2021, arXiv 2105.05233: the embedding scales and
  shifts each block's second normalisation.
- Karras et al. 2022, "Elucidating the Design Space" (EDM), arXiv 2206.00364: :class:`Preconditioned` and :func:`loss`.

The network sees noise of any strength but always input of unit variance, and is asked for a target of unit variance (eq. 7):

    D(x, σ) = c_skip·x + c_out·F(c_in·x, c_noise)        c_skip = σ_d²/(σ²+σ_d²)      c_in = 1/√(σ²+σ_d²)
                                                          c_out = σ·σ_d/√(σ²+σ_d²)     c_noise = 250·ln σ

Differs from the papers: c_noise is ln σ / 4 times 1,000, so that it spans about the range of DDPM's t for which the embedding's
frequencies were chosen; pictures may be folded into patches first; conditions are attributes (age group, gender, mouth),
each with class 0 for "unspecified", their embeddings added to the time's.

Most of what makes a face is in means and correlations, and for those the best denoiser is known without training: with
:attr:`UNetConfig.gaussian` the network only corrects it (:class:`GaussianDenoiser`), which spares a short training the part
that needs no learning (Wang & Vastola 2023, "The Hidden Linear Structure in Score-Based Models", arXiv 2311.10892).

With no attributes and ``patch`` 1 the network is diffusers' ``UNet2DModel``; :func:`from_diffusers` renames its weights.

Shapes: B batch, C channels, S side, E embedding width, A attributes. Pictures are RGB in [-1, 1].
Training: ``aigc_core/training/faces_diffusion.py``. Sampling: ``aigc_core/sampling/diffusion/samplers.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Layer = TypeVar("Layer", bound=nn.Module)


@dataclass(frozen=True, kw_only=True)
class UNetConfig:
    resolution: int = 64
    """Side of the pictures in pixels."""
    patch: int = 1
    """Side in pixels of the patch at each position of the first map: 2 turns (3, 128, 128) into (12, 64, 64)."""
    channels: int = 3
    width: int = 64
    """Channels of the first level."""
    multipliers: tuple[int, ...] = (1, 2, 4)
    """Channels of each level, as multiples of ``width``; the side halves between levels."""
    blocks: int = 1
    """Residual blocks of a level on the way down; one more on the way up."""
    attention: tuple[int, ...] = (16,)
    """Sides of the maps that have self-attention; the middle always has."""
    head: int = 32
    """Channels of an attention head."""
    groups: int = 32
    """Channels per group of the group normalisations."""
    dropout: float = 0.0
    """Dropout of the residual blocks during training."""
    attributes: tuple[int, ...] = ()
    """Number of classes of each attribute; labels run from 0 (unspecified) to this number."""
    sigma_data: float = 0.5
    """Standard deviation of the pictures' pixels, σ_d."""
    gaussian: int = 0
    """Rank of the Gaussian whose denoiser the network corrects; 0 corrects c_skip·x, as EDM does."""

    def __post_init__(self) -> None:
        if self.resolution % (self.patch * 2 ** (len(self.multipliers) - 1)):
            raise ValueError(f"resolution {self.resolution} does not halve {len(self.multipliers) - 1} times")
        if any(self.width * m % self.groups or self.width * m % self.head for m in self.multipliers):
            raise ValueError(f"every level's channels must be multiples of groups {self.groups} and head {self.head}")

    @property
    def sides(self) -> tuple[int, ...]:
        """Side of each level's map, the first level first."""
        return tuple(self.resolution // self.patch // 2**i for i in range(len(self.multipliers)))


class ResBlock(nn.Module):
    """(B, C, S, S) and embedding (B, E) -> (B, C', S, S)."""

    def __init__(self, config: UNetConfig, width: int, out: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(config.groups, width)
        self.conv1 = nn.Conv2d(width, out, 3, 1, 1)
        self.modulate = nn.Linear(4 * config.width, 2 * out)
        self.norm2 = nn.GroupNorm(config.groups, out)
        self.dropout = nn.Dropout(config.dropout)
        self.conv2 = _zeroed(nn.Conv2d(out, out, 3, 1, 1))
        self.shortcut = nn.Conv2d(width, out, 1) if width != out else nn.Identity()

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.modulate(emb)[:, :, None, None].chunk(2, 1)  # (B, C', 1, 1) each
        h = F.silu(torch.addcmul(shift, self.norm2(h), 1 + scale))
        out: Tensor = self.shortcut(x) + self.conv2(self.dropout(h))
        return out


class Attention(nn.Module):
    """Self-attention over the S² places of a map, residual; queries, keys and values from one matrix."""

    def __init__(self, config: UNetConfig, width: int) -> None:
        super().__init__()
        self.head = config.head
        self.norm = nn.GroupNorm(config.groups, width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = _zeroed(nn.Linear(width, width))

    def forward(self, x: Tensor) -> Tensor:
        batch, width, side, _ = x.shape
        tokens = self.norm(x).flatten(2).transpose(1, 2)  # (B, S², C)
        qkv = self.qkv(tokens).view(batch, side * side, 3, width // self.head, self.head)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (B, heads, S², C/heads) each
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, side * side, width)
        out: Tensor = x + self.out(mixed).transpose(1, 2).reshape_as(x)
        return out


class Down(nn.Module):
    """The residual blocks of one resolution, each followed by attention where the level has it, then stride 2."""

    def __init__(self, config: UNetConfig, widths: list[tuple[int, int]], attention: bool, last: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(ResBlock(config, width, out) for width, out in widths)
        self.attention = nn.ModuleList(Attention(config, out) for _, out in widths if attention)
        self.resample = None if last else nn.Conv2d(widths[-1][1], widths[-1][1], 3, 2, 1)

    def forward(self, x: Tensor, emb: Tensor, kept: list[Tensor]) -> Tensor:
        """``kept`` is given every map, for the way up."""
        for i, block in enumerate(self.blocks):
            x = self.attention[i](block(x, emb)) if self.attention else block(x, emb)
            kept.append(x)
        if self.resample is not None:
            x = self.resample(x)
            kept.append(x)
        return x


class Up(nn.Module):
    """Residual blocks of a decoder level with skip connections, then nearest ×2 and a convolution."""

    def __init__(self, config: UNetConfig, widths: list[tuple[int, int]], attention: bool, last: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(ResBlock(config, width, out) for width, out in widths)
        self.attention = nn.ModuleList(Attention(config, out) for _, out in widths if attention)
        self.resample = None if last else nn.Conv2d(widths[-1][1], widths[-1][1], 3, 1, 1)

    def forward(self, x: Tensor, emb: Tensor, kept: list[Tensor]) -> Tensor:
        for i, block in enumerate(self.blocks):
            x = block(torch.cat([x, kept.pop()], 1), emb)
            x = self.attention[i](x) if self.attention else x
        if self.resample is not None:
            x = self.resample(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return x


class UNet(nn.Module):
    """Pictures (B, 3, R, R), times (B,) and labels (B, A) -> (B, 3, R, R)."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * m for m in config.multipliers]
        pixels = config.channels * config.patch**2
        seen = 2 * pixels if config.gaussian else pixels
        self.time = nn.Sequential(
            nn.Linear(config.width, 4 * config.width), nn.SiLU(), nn.Linear(4 * config.width, 4 * config.width)
        )
        self.labels = nn.ModuleList(nn.Embedding(n + 1, 4 * config.width) for n in config.attributes)
        self.conv_in = nn.Conv2d(seen, config.width, 3, 1, 1)
        skips, width = [config.width], config.width  # channels of the maps that the way up is given
        self.down = nn.ModuleList()
        for i, out in enumerate(widths):
            pairs = [(width if j == 0 else out, out) for j in range(config.blocks)]
            last = i == len(widths) - 1
            self.down.append(Down(config, pairs, config.sides[i] in config.attention, last))
            skips += [out] * (config.blocks if last else config.blocks + 1)
            width = out
        self.middle = nn.ModuleList(
            [ResBlock(config, width, width), Attention(config, width), ResBlock(config, width, width)]
        )
        self.up = nn.ModuleList()
        for i, out in reversed(list(enumerate(widths))):
            pairs = []
            for _ in range(config.blocks + 1):
                pairs.append((width + skips.pop(), out))
                width = out
            self.up.append(Up(config, pairs, config.sides[i] in config.attention, i == 0))
        self.norm_out = nn.GroupNorm(config.groups, width)
        self.conv_out = _zeroed(nn.Conv2d(width, pixels, 3, 1, 1))
        for table in self.labels:
            nn.init.normal_(table.weight, std=0.02)  # type: ignore[arg-type]

    def forward(self, x: Tensor, time: Tensor, labels: Tensor | None = None) -> Tensor:
        emb = self.time(sinusoids(time, self.config.width))  # (B, E)
        for i, table in enumerate(self.labels):
            known = labels[:, i] if labels is not None else torch.zeros(len(x), dtype=torch.long, device=x.device)
            emb = emb + table(known)
        emb = F.silu(emb)
        x = self.conv_in(F.pixel_unshuffle(x, self.config.patch))
        kept = [x]
        for level in self.down:
            x = level(x, emb, kept)
        first, attention, second = self.middle
        x = second(attention(first(x, emb)), emb)
        for level in self.up:
            x = level(x, emb, kept)
        x = self.conv_out(F.silu(self.norm_out(x)))
        return F.pixel_shuffle(x, self.config.patch)


class GaussianDenoiser(nn.Module):
    """The mean of x_0 given x = x_0 + σ·ε if pictures were N(m, U·diag(λ)·Uᵀ + rest·(I − U·Uᵀ)), pixels D = C·S²:

        m + U·diag(λ/(λ+σ²))·Uᵀ(x − m) + rest/(rest+σ²)·(I − U·Uᵀ)(x − m)

    Each direction is kept as far as its variance λ stands out of the noise. :func:`fit_gaussian` measures it.
    """

    mean: Tensor
    basis: Tensor
    variance: Tensor
    rest: Tensor

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        size = config.channels * config.resolution**2
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("basis", torch.eye(size, config.gaussian))
        self.register_buffer("variance", torch.full((config.gaussian,), config.sigma_data**2))
        self.register_buffer("rest", torch.tensor(config.sigma_data**2))

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        """(B, C, S, S) and (B,) -> (B, C, S, S), float32."""
        noise = sigma.float().view(-1, 1) ** 2
        centred = x.float().flatten(1) - self.mean  # (B, D)
        along = centred @ self.basis  # (B, K)
        kept = self.rest / (self.rest + noise)
        out = kept * centred + (along * (self.variance / (self.variance + noise) - kept)) @ self.basis.T
        return (self.mean + out).view_as(x)


@torch.no_grad()
def fit_gaussian(model: GaussianDenoiser, pictures: Tensor) -> None:
    """Fit mean, principal directions and variances of ``pictures`` (N, C, S, S), and store them in ``model``."""
    flat = pictures.flatten(1).double()
    centred = flat - flat.mean(0)
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(flat))  # ascending
    count = len(model.variance)
    model.mean.copy_(flat.mean(0))
    model.basis.copy_(vectors[:, -count:])
    model.variance.copy_(values[-count:].clamp(min=1e-8))
    model.rest.copy_(values[:-count].mean().clamp(min=1e-8) if count < len(values) else values[0].clamp(min=1e-8))


class Preconditioned(nn.Module):
    """The denoiser D(x, σ, labels) around :class:`UNet`; what is trained, averaged, saved and sampled."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        self.net = UNet(config)
        self.linear = GaussianDenoiser(config) if config.gaussian else None

    def forward(self, x: Tensor, sigma: Tensor, labels: Tensor | None = None) -> Tensor:
        """The estimate of the clean pictures, float32; ``x`` (B, 3, R, R) = x_0 + σ·ε, ``sigma`` (B,), ``labels``
        (B, A)."""
        level = sigma.float().view(-1, 1, 1, 1)
        variance = level**2 + self.config.sigma_data**2
        c_out = level * self.config.sigma_data * variance.rsqrt()
        scaled = x * variance.rsqrt()
        if self.linear is None:
            start = self.config.sigma_data**2 / variance * x
        else:
            start = self.linear(x, sigma)
            scaled = torch.cat([scaled, start / self.config.sigma_data], 1)
        answer = self.net(scaled, 250 * level.flatten().log(), labels)
        out: Tensor = start + c_out * answer.float()
        return out


def loss(
    model: Callable[..., Tensor], images: Tensor, sigma: Tensor, noise: Tensor, labels: Tensor | None, data: float
) -> Tensor:
    """EDM eq. 8: λ(σ)·|D(x_0 + σ·ε, σ) − x_0|² with λ = (σ²+σ_d²)/(σ·σ_d)², so that every level weighs the same; (B,).

    Args:
        model: :class:`Preconditioned`, compiled or not.
        images: x_0 (B, 3, R, R) in [-1, 1].
        sigma: (B,), drawn by :func:`training_sigmas`.
        noise: ε, like ``images``.
        labels: (B, A).
        data: σ_d.
    """
    level = sigma.view(-1, 1, 1, 1)
    denoised = model(images + level * noise, sigma, labels)
    weight = (sigma**2 + data**2) / (sigma * data) ** 2
    return weight * (denoised - images).square().mean((1, 2, 3))


def training_sigmas(normal: Tensor, mean: float = -1.2, deviation: float = 1.2) -> Tensor:
    """Noise levels with ln σ ~ N(P_mean, P_std²), made from standard normal numbers (EDM table 1)."""
    return (normal * deviation + mean).exp()


def sinusoids(time: Tensor, width: int) -> Tensor:
    """cos and sin of t·10000^(−i/(width/2)); (B,) -> (B, width), float32."""
    half = width // 2
    rates = torch.exp(-math.log(10000) / half * torch.arange(half, device=time.device))
    angles = time.float()[:, None] * rates
    return torch.cat([angles.cos(), angles.sin()], 1)


def _zeroed(layer: Layer) -> Layer:
    """Starts as the identity (residual branches) or as "no correction" (the last layer)."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


# --- diffusers' names -------------------------------------------------------------------------------------------------

_RENAMED = (
    ("time_emb_proj", "modulate"), ("conv_shortcut", "shortcut"), ("conv_norm_out", "norm_out"), ("group_norm", "norm"),
    ("time_embedding.linear_1", "time.0"), ("time_embedding.linear_2", "time.2"), ("to_out.0", "out"),
    ("downsamplers.0.conv", "resample"), ("upsamplers.0.conv", "resample"), ("mid_block.attentions.0", "middle.1"),
    ("mid_block.resnets.0", "middle.0"), ("mid_block.resnets.1", "middle.2"), ("down_blocks", "down"), ("up_blocks", "up"), ("resnets", "blocks"),
    ("attentions", "attention"),
)  # fmt: skip


def from_diffusers(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of a ``UNet2DModel`` under :class:`UNet`'s names; it must have ``resnet_time_scale_shift="scale_shift"`` and
    ``attn_norm_num_groups`` (without it, the middle attention has no normalisation there).

    The names change as ``_RENAMED`` says; ``to_q``, ``to_k`` and ``to_v`` become the thirds of ``qkv``.
    """
    out: dict[str, Tensor] = {}
    for theirs, tensor in state.items():
        name = theirs
        for old, new in _RENAMED:
            name = name.replace(old, new)
        if ".to_q." in name:
            parts = [state[theirs.replace(".to_q.", f".to_{part}.")] for part in "qkv"]
            out[name.replace(".to_q.", ".qkv.")] = torch.cat(parts)
        elif ".to_k." not in name and ".to_v." not in name:
            out[name] = tensor
    return out
