"""GAN inversion by optimisation: find a photo's latent by gradient descent (Image2StyleGAN, Abdal et al. 2019, 1904.03189).

The loss is the mean absolute difference in pixels and in 4×4 blocks plus the distance of EfficientNet-Lite0 features.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_core.models.features import efficientnet_lite
from aigc_core.models.vae import Perceptual, distance
from aigc_core.types import Package

PACKAGES: tuple[Package, ...] = (efficientnet_lite.SOURCE,)
PERCEPTUAL = 3.0
"""Weight of the perceptual loss."""


class LatentOptimizer:
    """Adam (Kingma & Ba 2014) on a latent; its moments are reset when the latent changes shape.

    Args:
        generate: Decodes latents to pictures (B, 3, R, R).
        picture: The target, (1, 3, R, R) in [-1, 1].
    """

    def __init__(self, generate: Callable[[Tensor], Tensor], picture: Tensor) -> None:
        self.generate = generate
        with torch.inference_mode(False), torch.no_grad():  # tensors made in inference mode have no gradient
            backbone = efficientnet_lite.fuse(efficientnet_lite.load(efficientnet_lite.fetch())).to(picture.device)
            self.perceptual = Perceptual(backbone, input_side=picture.shape[-1])
            self.picture = picture.clone()
            self.features = self.perceptual.look(self.picture)
        self.moments: tuple[Tensor, Tensor] | None = None
        self.count = 0

    def step(self, latent: Tensor, rate: float) -> Tensor:
        """The latent after one step of gradient descent."""
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
        """The gradient of the loss at ``latent``."""
        latent = latent.clone().requires_grad_()
        made = self.generate(latent)
        pixels = (made - self.picture).abs().mean()
        blocks = (F.avg_pool2d(made, 4) - F.avg_pool2d(self.picture, 4)).abs().mean()
        loss = pixels + blocks + PERCEPTUAL * distance(self.features, self.perceptual.look(made)).mean()
        (gradient,) = torch.autograd.grad(loss, latent)
        return gradient


def learning_rate(step: int, steps: int, rate: float) -> float:
    """Constant, then falling linearly to 0 over the last 30 % of the steps."""
    return rate * min(1.0, (steps - step) / (0.3 * steps))
