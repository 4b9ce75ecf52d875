"""A latent whose face looks like a photo, by gradient descent (as Image2StyleGAN, Abdal et al. 2019, arXiv 1904.03189).

What is made small: the mean absolute difference in pixels and in 4×4 blocks, and the distance of EfficientNet-Lite0's features.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_core.models.features import efficientnet_lite
from aigc_core.models.vae import Perceptual, distance
from aigc_core.types import Package

NEEDS: tuple[Package, ...] = (efficientnet_lite.SOURCE,)
PERCEPTUAL = 3.0
"""Weight of the features' distance."""


class Search:
    """Adam (Kingma & Ba 2014) on a latent; it starts afresh when the latent changes its shape.

    Args:
        generate: Pictures (B, 3, R, R) of latents.
        picture: (1, 3, R, R) in [-1, 1].
    """

    def __init__(self, generate: Callable[[Tensor], Tensor], picture: Tensor) -> None:
        self.generate = generate
        with torch.inference_mode(False), torch.no_grad():  # tensors made in inference mode take part in no gradient
            backbone = efficientnet_lite.fuse(efficientnet_lite.load(efficientnet_lite.fetch())).to(picture.device)
            self.perceptual = Perceptual(backbone, input_side=picture.shape[-1])
            self.picture = picture.clone()
            self.wanted = self.perceptual.look(self.picture)
        self.moments: tuple[Tensor, Tensor] | None = None
        self.count = 0

    def step(self, latent: Tensor, rate: float) -> Tensor:
        """The latent, a step better."""
        gradient = self.gradient(latent)
        if self.moments is None or self.moments[0].shape != latent.shape:
            self.moments, self.count = (torch.zeros_like(latent), torch.zeros_like(latent)), 0
        self.count += 1
        first = torch.lerp(gradient, self.moments[0], 0.9)
        second = torch.lerp(gradient**2, self.moments[1], 0.99)
        self.moments = first, second
        scale = (second / (1 - 0.99**self.count)).sqrt() + 1e-8
        return latent - rate * first / (1 - 0.9**self.count) / scale

    @torch.inference_mode(False)
    @torch.enable_grad()
    def gradient(self, latent: Tensor) -> Tensor:
        """Of what is made small, at ``latent``."""
        asked = latent.clone().requires_grad_()
        made = self.generate(asked)
        pixels = (made - self.picture).abs().mean()
        blocks = (F.avg_pool2d(made, 4) - F.avg_pool2d(self.picture, 4)).abs().mean()
        loss = pixels + blocks + PERCEPTUAL * distance(self.wanted, self.perceptual.look(made)).mean()
        (gradient,) = torch.autograd.grad(loss, asked)
        return gradient


def rate_at(done: int, steps: int, rate: float) -> float:
    """Level, then down to 0 over the last third."""
    return rate * min(1.0, (steps - done) / (0.3 * steps))
