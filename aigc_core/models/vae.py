"""Convolutional variational autoencoder for faces at 64 or 128 pixels, with the terms that keep its pictures sharp.

- Kingma & Welling 2013, "Auto-Encoding Variational Bayes", arXiv 1312.6114; β: Higgins et al. 2017 (β-VAE).
- Perceptual term: Zhang et al. 2018 (LPIPS), arXiv 1801.03924, here on EfficientNet-Lite0 and unweighted. Adversarial term
  in feature space: as :mod:`aigc_core.models.gan`; the weighting by gradients is VQGAN's (Esser et al. 2020, 2012.09841).
- Density after training: Ghosh et al. 2019, arXiv 1903.12436, one Gaussian.

    q(z|x) = N(μ(x), diag σ²(x))      z = μ + σ·ε      L = |x − x̂| + λ_p·perceptual + λ_a·adversarial + β·KL(q(z|x) ‖ N(0, I))

With pixels alone the best answer to uncertainty is the mean of all faces that z could mean, which is a blur. Features and
a discriminator ask for *a* face instead. The price of a small β is that the encodings of real faces do not fill N(0, I): what a
decoder makes of the empty places is no face. So the Gaussian that they do fill is measured (:func:`fit_prior`) and kept
with the weights; :meth:`VAE.from_normal` moves standard normal noise there.

Latents are a vector (``latent_side`` 1) or a small map (C, S, S) for latent diffusion. Shapes: B batch, Z = C·S² numbers of a
latent, R resolution. Pictures are RGB in [-1, 1]. Training: ``aigc_core/training/faces_vae.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aigc_core.models.features.efficientnet_lite import EfficientNetLite0


@dataclass(frozen=True, kw_only=True)
class VAEConfig:
    resolution: int = 64
    latent: int = 256
    """Channels of the latent."""
    latent_side: int = 1
    """Side of the latent: 1 for a vector, 8 or so for a map."""
    patch: int = 1
    """Pixels that a position of the finest map stands for, each way: with 2 the network works at half the resolution."""
    width: int = 48
    """Channels of the finest map; doubled at each coarser level up to ``max_width``."""
    max_width: int = 256
    blocks: int = 1
    """Residual blocks of a level."""
    extra_blocks: int = 0
    """Further residual blocks of each decoder level, initialised to the identity (:func:`grow`)."""
    detail: int = 0
    """Channels of a last stage that doubles the picture's side (:class:`Detail`); 0 for none. The encoder sees half of it then."""
    groups: int = 8

    def __post_init__(self) -> None:
        finest = self.inner // self.patch
        if self.inner % self.patch or finest % self.coarsest or finest // self.coarsest not in (1, 2, 4, 8, 16, 32):
            raise ValueError(
                f"resolution {self.resolution} in patches of {self.patch} does not halve down to {self.coarsest}"
            )
        if self.width % self.groups or self.max_width % self.groups or self.detail % self.groups:
            raise ValueError(f"width, max_width and detail must be multiples of {self.groups} groups")

    @property
    def inner(self) -> int:
        """Side of the picture that the encoder sees, and the decoder's last stage enlarges."""
        return self.resolution // 2 if self.detail else self.resolution

    @property
    def coarsest(self) -> int:
        """Side of the coarsest map."""
        return self.latent_side if self.latent_side > 1 else 4

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of a latent."""
        return self.latent, self.latent_side, self.latent_side

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each level, the finest first."""
        levels = (self.inner // self.patch // self.coarsest).bit_length()
        return tuple(min(self.max_width, self.width * 2**i) for i in range(levels))


class ResBlock(nn.Module):
    """Pre-activation residual block (B, C, S, S) -> (B, C', S, S)."""

    def __init__(self, groups: int, width: int, out: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, width)
        self.conv1 = nn.Conv2d(width, out, 3, 1, 1)
        self.norm2 = nn.GroupNorm(groups, out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1)
        self.shortcut = nn.Conv2d(width, out, 1) if width != out else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        out: Tensor = self.shortcut(x) + h
        return out


class Detail(nn.Module):
    """A last decoder stage that doubles the side: the enlarged small picture plus a learned residual.

    (B, W, S, S) -> (B, 3, 2·P·S, 2·P·S) before the tanh, with patches of P pixels. What it lacks is nothing at first, so that a
    decoder that learned to draw small faces goes on from there. It is smoothed, or patches leave a pattern of two pixels' period
    in samples, which discriminators hardly see (the filtered upsampling of StyleGAN, Karras et al. 2018, 1812.04948); and the finest
    octave of the sum counts half (:func:`soften`), and the weave of four pixels that two pixel shuffles leave on flat skin is taken
    off (:func:`unweave`).
    """

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        width, values, groups = config.width, 3 * config.patch**2, config.groups
        self.small = nn.Sequential(
            nn.GroupNorm(groups, width), nn.SiLU(), nn.Conv2d(width, values, 3, 1, 1), nn.PixelShuffle(config.patch)
        )
        self.fine = nn.Sequential(
            nn.Conv2d(width, 4 * config.detail, 3, 1, 1),
            nn.PixelShuffle(2),
            ResBlock(groups, config.detail, config.detail),
            nn.GroupNorm(groups, config.detail),
            nn.SiLU(),
            _zeroed(nn.Conv2d(config.detail, values, 3, 1, 1)),
            nn.PixelShuffle(config.patch),
        )

    def forward(self, h: Tensor) -> Tensor:
        enlarged = F.interpolate(self.small(h), scale_factor=2, mode="bilinear", align_corners=False)
        return unweave(soften(enlarged + smooth(self.fine(h))))


class VAE(nn.Module):
    """``encode`` to a Gaussian, ``decode`` to a picture."""

    centre: Tensor
    spread: Tensor

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        widths, last = config.widths, config.widths[-1]
        values = 3 * config.patch**2
        down: list[nn.Module] = [nn.PixelUnshuffle(config.patch), nn.Conv2d(values, widths[0], 3, 1, 1)]
        for i, width in enumerate(widths):
            down += [
                ResBlock(config.groups, widths[i - 1] if i and not j else width, width) for j in range(config.blocks)
            ]
            if i < len(widths) - 1:
                down.append(nn.Conv2d(width, width, 4, 2, 1))
        vector = config.latent_side == 1
        down += [nn.GroupNorm(config.groups, last), nn.SiLU()]
        # one 4×4 convolution over a 4×4 map is a linear layer of everything
        down.append(nn.Conv2d(last, 2 * config.latent, 4 if vector else 1))
        self.encoder = nn.Sequential(*down)

        first = nn.ConvTranspose2d(config.latent, last, 4) if vector else nn.Conv2d(config.latent, last, 1)
        up: list[nn.Module] = [first]
        for i, width in reversed(list(enumerate(widths))):
            before = widths[i + 1] if i < len(widths) - 1 else last
            up += [ResBlock(config.groups, before if not j else width, width) for j in range(config.blocks + 1)]
            up += [_same(ResBlock(config.groups, width, width)) for _ in range(config.extra_blocks)]
            if i > 0:
                up += [nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(width, width, 3, 1, 1)]
        if config.detail:
            up += [Detail(config), nn.Tanh()]
        else:
            up += [nn.GroupNorm(config.groups, widths[0]), nn.SiLU(), nn.Conv2d(widths[0], values, 3, 1, 1)]
            up += [nn.PixelShuffle(config.patch), nn.Tanh()]
        self.decoder = nn.Sequential(*up)
        size = config.latent * config.latent_side**2
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("spread", torch.eye(size))

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), (B, C, S, S) each, of pictures (B, 3, R, R)."""
        if self.config.detail:
            images = F.avg_pool2d(images, 2)
        mean, log_variance = self.encoder(images).chunk(2, 1)
        return mean, log_variance.clamp(-20, 10)

    def decode(self, z: Tensor) -> Tensor:
        """Pictures (B, 3, R, R) of latents (B, C, S, S)."""
        out: Tensor = self.decoder(z)
        return out

    def from_normal(self, noise: Tensor) -> Tensor:
        """Map standard normal noise (B, C, S, S) to the distribution of real faces' latents: centre + L·noise."""
        return (self.centre + noise.flatten(1) @ self.spread.T).view_as(noise)


def smooth(x: Tensor) -> Tensor:
    """Smooth each channel (B, C, S, S) with the binomial filter [1 2 1]/4 along both axes, which removes
    pixel-to-pixel alternation."""
    kernel = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype, device=x.device)
    weight = torch.outer(kernel, kernel).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), weight, groups=x.shape[1])


def soften(x: Tensor) -> Tensor:
    """Halve the finest octave of pictures (B, C, S, S): the detail that their half-size versions cannot show."""
    coarse = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="bilinear", align_corners=False)
    return torch.lerp(x, coarse, 0.5)


def unweave(x: Tensor) -> Tensor:
    """Remove a diagonal weave of four pixels' period from pictures (B, C, S, S).

    Two pixel shuffles in a row leave it: their 4×4 phases never learn quite the same brightness. What is subtracted is the band
    around that one frequency along both axes at once; flat areas, edges along an axis and a period of two pixels stay as they are.
    """
    taps = (
        torch.tensor([-1, 6, -15, 20, -15, 6, -1], dtype=x.dtype, device=x.device) / 64
    )  # every other pixel: gain 1 at 1/4
    weight = torch.outer(taps, taps).expand(x.shape[1], 1, 7, 7)
    return x - F.conv2d(F.pad(x, (6, 6, 6, 6), mode="reflect"), weight, groups=x.shape[1], dilation=2)


def _zeroed(conv: nn.Conv2d) -> nn.Conv2d:
    """Set a convolution's weights and bias to 0."""
    for parameter in conv.parameters():
        nn.init.zeros_(parameter)
    return conv


def _same(block: ResBlock) -> ResBlock:
    """A residual block initialised to the identity (Goyal et al. 2017, 1706.02677, section 5.1)."""
    _zeroed(block.conv2)
    return block


@torch.no_grad()
def grow(model: VAE, config: VAEConfig) -> VAE:
    """Grow a VAE by ``extra_blocks`` and ``detail`` without changing its pictures, or only their size; training
    continues from there.

    Raises:
        ValueError: ``config`` differs in more than these two and the resolution.
    """
    old = model.config
    if replace(config, resolution=config.inner, extra_blocks=0, detail=0) != replace(old, extra_blocks=0) or old.detail:
        raise ValueError(f"a VAE of {old} grows extra blocks and detail, not into {config}")
    if config.extra_blocks < old.extra_blocks:
        raise ValueError(f"extra_blocks must be at least the model's {old.extra_blocks}; got {config.extra_blocks}")
    grown = VAE(config)
    for name in ("centre", "spread"):
        getattr(grown, name).copy_(getattr(model, name))
    parts = list(model.decoder)
    ending = [parts.pop() for _ in range(5)][::-1] if config.detail else []
    at = 0
    run = 0
    for part in grown.decoder:
        run = run + 1 if isinstance(part, ResBlock) else 0
        if run > config.blocks + 1 + old.extra_blocks or at == len(parts):
            continue  # one that is new
        part.load_state_dict(parts[at].state_dict())
        at += 1
    if config.detail:
        small = grown.decoder[-2]
        assert isinstance(small, Detail)
        small.small.load_state_dict(nn.Sequential(*ending[:-1]).state_dict())
    grown.encoder.load_state_dict(model.encoder.state_dict())
    return grown


def sample(mean: Tensor, log_variance: Tensor, rng: torch.Generator) -> Tensor:
    """z = μ + σ·ε: the noise comes from outside, so that gradients reach μ and σ; any shape."""
    noise = torch.randn(mean.shape, generator=rng, device=rng.device).to(mean)
    return mean + (0.5 * log_variance).exp() * noise


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(μ, σ²) ‖ N(0, I)) = ½·Σ (μ² + σ² − 1 − ln σ²) in nats, of each of the batch (B,)."""
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).flatten(1).sum(1)


def beta_at(seen: float, *, beta: float, warmup: float) -> float:
    """β after ``seen`` pictures: rises linearly until ``warmup``.

    From the first step with a full β, the KL term is easiest served by ignoring z ("posterior collapse").
    """
    return beta * min(1.0, seen / warmup) if warmup > 0 else beta


@torch.no_grad()
def fit_prior(model: VAE, batches: Iterable[Tensor], *, ridge: float = 1e-4) -> None:
    """Fit the mean and covariance of real faces' latents, sampling noise included, and store them in ``model``.

    Args:
        model: Its buffers ``centre`` (Z,) and ``spread`` (Z, Z), lower triangular, are overwritten.
        batches: Pictures (B, 3, R, R).
        ridge: Added to the diagonal, so that few pictures do as well.
    """
    size = len(model.centre)
    count, total, products, noise = 0, *(torch.zeros(s, dtype=torch.float64) for s in ((size,), (size, size), (size,)))
    for images in batches:
        mean, log_variance = (t.flatten(1).double().cpu() for t in model.encode(images))
        count += len(mean)
        total += mean.sum(0)
        products += mean.T @ mean
        noise += log_variance.exp().sum(0)
    centre = total / count
    covariance = products / count - torch.outer(centre, centre) + torch.diag(noise / count + ridge)
    model.centre.copy_(centre)
    model.spread.copy_(torch.linalg.cholesky(covariance))


class Perceptual(nn.Module):
    """Perceptual distance: mean squared difference of a frozen network's unit-length features on four levels.

    Args:
        backbone: Frozen EfficientNet-Lite0.
        input_side: Pictures are brought to this size first.
    """

    def __init__(self, backbone: EfficientNetLite0, input_side: int = 128) -> None:
        super().__init__()
        self.backbone = backbone.requires_grad_(False)
        self.input_side = input_side

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """(B,), 0 for equal pictures; gradients reach ``b`` alone."""
        with torch.no_grad():
            wanted = self.look(a)
        return distance(wanted, self.look(b))

    def look(self, images: Tensor) -> list[Tensor]:
        """The features of pictures (B, 3, R, R): four maps, fine to coarse."""
        sized = F.interpolate(images, size=self.input_side, mode="bilinear", antialias=False, align_corners=False)
        return self.backbone.pyramid(sized)


def distance(wanted: list[Tensor], got: list[Tensor]) -> Tensor:
    """Mean squared difference of unit-length features (B, C, S, S), averaged over the levels; (B,)."""
    total = torch.zeros(len(got[0]), device=got[0].device)
    for want, have in zip(wanted, got, strict=True):
        difference = F.normalize(have.float(), dim=1) - F.normalize(want.float(), dim=1)
        total = total + difference.square().sum(1).mean((1, 2))
    return total / len(wanted)


def balance(wanted: Tensor, asked: Tensor, most: float = 1e4) -> Tensor:
    """λ = |∇rec| / |∇adv|, which balances the two terms (VQGAN eq. 7; there at the last layer, here at the pictures).

    Args:
        wanted: Gradient of the reconstruction terms.
        asked: Gradient of the adversarial term, same shape.
        most: Upper bound of λ.
    """
    share: Tensor = wanted.norm() / (asked.norm() + 1e-12)
    return share.clamp(max=most)
