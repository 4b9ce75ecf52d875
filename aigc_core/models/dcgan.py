"""DCGAN generator: noise to a 64×64 picture in five transposed convolutions.

Radford, Metz, Chintala 2015, *Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks*, arXiv 1511.06434, figure 1. It is trained against a discriminator D by the minimax game of Goodfellow et al.
2014 (arXiv 1406.2661, equation 1):

    min_G max_D  E_x[log D(x)] + E_z[log(1 - D(G(z)))]

Differences from the paper: z is Gaussian rather than uniform; no fully connected projection, the first transposed
convolution does it. Batch normalisation everywhere but in the last layer, ReLU inside, tanh at the end, as in section 3.

Shapes: B batch, Z size of z, W width (channels of the last hidden layer).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class Config:
    latent_size: int = 100
    """Numbers in z."""
    width: int = 64
    """Channels at half the output's resolution; they double at each coarser level."""
    image_size: int = 64
    """Pixels, a power of two from 8."""
    channels: int = 3

    def __post_init__(self) -> None:
        if self.image_size < 8 or self.image_size & (self.image_size - 1):
            raise ValueError(f"image_size must be a power of two from 8; got {self.image_size}")


class Generator(nn.Module):
    """z (B, Z) from N(0, I) to pictures (B, 3, S, S) in [-1, 1]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        doublings = (config.image_size // 8).bit_length() - 1  # from 4×4 to half the output
        widths = [config.width << level for level in range(doublings, -1, -1)]  # 64×64: 8W, 4W, 2W, W
        self.project = _up(config.latent_size, widths[0], stride=1, padding=0)  # 1×1 to 4×4
        self.blocks = nn.ModuleList(_up(a, b) for a, b in pairwise(widths))
        self.to_rgb = nn.ConvTranspose2d(widths[-1], config.channels, 4, stride=2, padding=1, bias=False)

    def forward(self, z: Tensor) -> Tensor:
        h = self.project(z[:, :, None, None])  # (B, 8W, 4, 4)
        for block in self.blocks:
            h = block(h)  # half the channels, twice the side
        rgb: Tensor = self.to_rgb(h).tanh()  # (B, 3, S, S)
        return rgb


def _up(inputs: int, outputs: int, *, stride: int = 2, padding: int = 1) -> nn.Sequential:
    """Transposed convolution, batch normalisation, ReLU; twice the side at stride 2."""
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, 4, stride=stride, padding=padding, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )
