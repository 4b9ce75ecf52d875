"""Projected GAN with a FastGAN-like generator, for a few thousand aligned faces at 64×64.

- Sauer et al., "Projected GANs Converge Faster", arXiv 2111.01007: discriminators look at a frozen network's feature
  pyramid, mixed across channels (CCM, fixed random 1×1 convolutions) and scales (CSM, fixed random 3×3, top-down).
- Liu et al., "Towards Faster and Stabilized GAN Training", arXiv 2101.04775: gated up-blocks and skip-layer excitation.
- Zhao et al., "Differentiable Augmentation", arXiv 2006.10738: colour, translation, cutout.

Differs from the papers: EfficientNet-Lite0 instead of Lite1; four discriminators of a few layers each; one generator pass
serves both losses; one skip-layer excitation (8×8 to the last map) instead of three; z on a sphere; augmentation with a
probability below 1. The loss is eq. 1 of Projected GAN in its hinge form, averaged over the discriminators D_l:

    L_D = mean_l E[max(0, 1 − D_l(P_l(x)))] + E[max(0, 1 + D_l(P_l(G(z))))]        L_G = −mean_l E[D_l(P_l(G(z)))]

Shapes: B batch, C channels, S side, R resolution, Z latent width. Images are RGB in [-1, 1].
Training: ``aigc_core/training/faces_gan.py``. Sampling: ``aigc_core/pipelines/faces/gan.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from aigc_core.models.features.efficientnet_lite import PYRAMID_CHANNELS, EfficientNetLite0
from aigc_core.models.gan_losses import hinge_discriminator, linear_generator


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    latent: int = 256
    """Width of z."""
    width: int = 32
    """Channels at 64×64; doubled at each coarser level up to ``max_width``."""
    max_width: int = 256
    resolution: int = 64
    """Side of the output in pixels: 32, 64 or 128."""

    def __post_init__(self) -> None:
        if self.resolution not in (32, 64, 128):
            raise ValueError(f"resolution must be 32, 64 or 128; got {self.resolution}")

    def channels(self, side: int) -> int:
        """Channels of the feature map of that side."""
        return min(self.max_width, self.width * 64 // side)


class Noise(nn.Module):
    """Adds one plane of Gaussian noise, of a learned strength, to all channels (B, C, S, S)."""

    def __init__(self) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, rng: torch.Generator | None) -> Tensor:
        if rng is None:
            return x
        batch, _, h, w = x.shape
        return x + self.strength * torch.randn(batch, 1, h, w, generator=rng).to(x.device)


class UpBlock(nn.Module):
    """A gated 3×3 convolution, nearest ×2, another one: (B, C, S, S) -> (B, C', 2S, 2S)."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, 2 * out, 3, 1, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(2 * out)
        self.noise1 = Noise()
        self.conv2 = nn.Conv2d(out, 2 * out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(2 * out)
        self.noise2 = Noise()

    def forward(self, x: Tensor, rng: torch.Generator | None) -> Tensor:
        x = F.glu(self.norm1(self.noise1(self.conv1(x), rng)), dim=1)  # (B, C', S, S)
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        return F.glu(self.norm2(self.noise2(self.conv2(x), rng)), dim=1)  # (B, C', 2S, 2S)


class Excitation(nn.Module):
    """Skip-layer excitation: gates for the channels of a fine map, from a coarse one (FastGAN eq. 1)."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(coarse, fine, 4, bias=False)
        self.excite = nn.Conv2d(fine, fine, 1, bias=False)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        gates = F.silu(self.squeeze(F.adaptive_avg_pool2d(coarse, 4)))  # (B, C, 1, 1)
        return fine * torch.sigmoid(self.excite(gates))


class Generator(nn.Module):
    """z (B, Z) on the sphere -> images (B, 3, R, R) in [-1, 1].

    Truncation is ψ·z: the first layer is linear, so it draws the 4×4 map towards the mean of all (StyleGAN does so with w).
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        first = config.channels(4)
        self.start = nn.ConvTranspose2d(config.latent, 2 * first, 4, bias=False)
        self.norm = nn.BatchNorm2d(2 * first)
        sides = []
        side = 4
        while side < config.resolution:
            side *= 2
            sides.append(side)
        self.up = nn.ModuleList(UpBlock(config.channels(s // 2), config.channels(s)) for s in sides)
        self.skip = Excitation(config.channels(8), config.channels(config.resolution))
        self.to_rgb = nn.Conv2d(config.channels(config.resolution), 3, 3, 1, 1)
        self.apply(_init)

    def forward(self, z: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Faces of ``z``; without ``rng`` no noise is added, so that a face depends on z alone."""
        x = F.glu(self.norm(self.start(z[:, :, None, None])), dim=1)  # (B, C, 4, 4)
        coarse = x
        for i, block in enumerate(self.up):
            x = block(x, rng)  # (B, C, 8·2^i, 8·2^i)
            if i == 0:
                coarse = x
        return torch.tanh(self.to_rgb(self.skip(coarse, x)))


def sphere(z: Tensor) -> Tensor:
    """√Z·z/|z|: Gaussian noise (B, Z) moved onto the sphere that the generator is trained on."""
    return F.normalize(z, dim=1).mul(z.shape[1] ** 0.5)


class Projection(nn.Module):
    """Frozen pyramid, mixed by fixed random convolutions: images -> four maps of ``width`` channels, fine to coarse."""

    def __init__(self, backbone: EfficientNetLite0, width: int = 64, input_side: int = 128) -> None:
        super().__init__()
        self.backbone = backbone
        self.input_side = input_side
        self.channel_mix = nn.ModuleList(nn.Conv2d(c, width, 1) for c in PYRAMID_CHANNELS)
        self.scale_mix = nn.ModuleList(nn.Conv2d(width, width, 3, 1, 1) for _ in PYRAMID_CHANNELS)
        for conv in (*self.channel_mix, *self.scale_mix):
            nn.init.kaiming_normal_(conv.weight)
            nn.init.zeros_(conv.bias)
        self.requires_grad_(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        x = F.interpolate(images, size=self.input_side, mode="bilinear", antialias=False, align_corners=False)
        return self.mix(self.backbone.pyramid(x))

    def mix(self, pyramid: list[Tensor]) -> list[Tensor]:
        """The maps that the discriminators see, of the frozen network's own maps, fine to coarse."""
        maps = [mix(m) for mix, m in zip(self.channel_mix, pyramid, strict=True)]
        mixed: list[Tensor] = []
        above: Tensor | None = None
        for mix, m in zip(reversed(self.scale_mix), reversed(maps), strict=True):
            if above is not None:
                m = m + F.interpolate(above, size=m.shape[-2:], mode="bilinear", align_corners=False)
            above = mix(m)
            mixed.append(above)
        return mixed[::-1]


class MapDiscriminator(nn.Module):
    """One pyramid level (B, C, S, S) -> logits (B, 1, 4, 4) by strided convolutions under spectral norm."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        while side > 4:
            layers += [spectral_norm(nn.Conv2d(width, width, 4, 2, 1)), nn.LeakyReLU(0.2)]
            side //= 2
        layers += [spectral_norm(nn.Conv2d(width, width, 3, 1, 1)), nn.LeakyReLU(0.2)]
        layers.append(spectral_norm(nn.Conv2d(width, 1, 1)))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layers(x)
        return logits


class Discriminators(nn.Module):
    """One :class:`MapDiscriminator` per level; maps -> list of logits."""

    def __init__(self, width: int = 64, input_side: int = 128) -> None:
        super().__init__()
        self.levels = nn.ModuleList(MapDiscriminator(width, input_side // stride) for stride in (4, 8, 16, 32))

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        return [level(m) for level, m in zip(self.levels, maps, strict=True)]


def discriminator_loss(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Hinge loss, averaged over levels."""
    return torch.stack([hinge_discriminator(r, f) for r, f in zip(real, fake, strict=True)]).mean()


def generator_loss(fake: list[Tensor]) -> Tensor:
    """Hinge loss, averaged over levels."""
    return torch.stack([linear_generator(f) for f in fake]).mean()


def augment(images: Tensor, rng: torch.Generator, chance: float = 1.0) -> Tensor:
    """DiffAugment (B, 3, S, S): brightness, saturation, contrast; translation by ≤ S/8; a cutout of S/2.

    Each of the three comes with probability ``chance``; below 0.8 the generator cannot get away with making augmented
    pictures (Karras et al., arXiv 2006.06676).
    """
    for transform in (_recolour, _translate, _cutout):
        chosen = torch.rand(len(images), 1, 1, 1, generator=rng).to(images.device) < chance
        images = torch.where(chosen, transform(images, rng), images)
    return images.contiguous(memory_format=torch.channels_last)


def _recolour(images: Tensor, rng: torch.Generator) -> Tensor:
    def uniform() -> Tensor:
        return torch.rand(len(images), 1, 1, 1, generator=rng).to(images.device)

    x = images + (uniform() - 0.5)
    grey = x.mean(1, keepdim=True)
    x = (x - grey) * (uniform() * 2) + grey
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) * (uniform() + 0.5) + mean


def _translate(images: Tensor, rng: torch.Generator) -> Tensor:
    """Shifts by whole pixels; what comes in from outside is 0, mid grey."""
    batch, _, side, _ = images.shape
    reach = side // 8
    shift = torch.randint(-reach, reach + 1, (2, batch, 1, 1), generator=rng).to(images.device)
    line = torch.arange(side, device=images.device)
    rows = line.view(1, side, 1) + shift[0] + reach  # (B, S, 1)
    columns = line.view(1, 1, side) + shift[1] + reach  # (B, 1, S)
    padded = F.pad(images, (reach, reach, reach, reach)).permute(0, 2, 3, 1)
    index = torch.arange(batch, device=images.device).view(batch, 1, 1)
    return padded[index, rows, columns].permute(0, 3, 1, 2)  # (B, 3, S, S)


def _cutout(images: Tensor, rng: torch.Generator) -> Tensor:
    batch, _, side, _ = images.shape
    centre = torch.randint(0, side + 1, (2, batch, 1, 1), generator=rng).to(images.device)
    line = torch.arange(side, device=images.device)
    near_row = (line.view(1, side, 1) - centre[0]).abs() < side // 4
    near_column = (line.view(1, 1, side) - centre[1]).abs() < side // 4
    return images * ~(near_row & near_column).unsqueeze(1)  # mask (B, 1, S, S)


def _init(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)
