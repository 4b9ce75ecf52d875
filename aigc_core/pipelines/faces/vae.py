"""Faces from our VAE: one decoder pass each, walks through its latents, sliders, mixing, and edited photos.

The model is :mod:`aigc_core.models.vae`, its training :mod:`aigc_core.training.faces_vae`. The same class serves the VAE whose
decoder was then trained on against discriminators (VAE-GAN); there a photo's encoding is refined by gradient descent.
Streaming, seeds and walks are those of :class:`aigc_core.pipelines.faces.dcgan.DCGAN`; noise is mapped to the distribution of
the encodings of real faces before it is decoded.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import torch
from torch import Tensor

from aigc_core import checkpoint, runtime
from aigc_core.errors import InvalidRequestError
from aigc_core.models.vae import VAE, VAEConfig
from aigc_core.pipelines.faces.edit import Inversion
from aigc_core.pipelines.faces.latents import LatentFaces, blend
from aigc_core.pipelines.faces.projection import PACKAGES, LatentOptimizer, learning_rate
from aigc_core.pipelines.faces.sliders import Sliders
from aigc_core.sampling.diffusion.latents import truncate
from aigc_core.types import ModelSpec

LEARNING_RATE = 0.03
"""Step size of the optimisation of a photo's latent, in standard deviations of the latents."""


class VAEFaces(LatentFaces):
    """``settings``: ``display_scale``, as for the DCGAN; ``refine`` (improve a photo's latent by gradient descent);
    ``spread`` (standard deviation of the prior relative to that of the encodings: above 1 makes up for decoded faces being less
    varied than photos).

    Latents: (1, C, S, S), in the encoder's space.
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.name = spec.name
        config = checkpoint.load_config(folders[0], VAEConfig)
        self.vae = checkpoint.load(folders[0], VAE(config)).to(runtime.device()).requires_grad_(False)
        self.vae.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.sliders = Sliders(folders[0], config.shape)
        self.side = config.resolution
        self.display_scale = int(spec.settings.get("display_scale", 1))
        self.spread = float(spec.settings.get("spread", 1.0))
        self.packages = PACKAGES if spec.settings.get("refine") else ()

    def _latent(self, seed: int, psi: float) -> Tensor:
        return truncate(runtime.noise([seed], self.vae.config.shape), psi)  # (1, C, S, S)

    def from_noise(self, z: Tensor) -> Tensor:
        return self.vae.from_normal(self.spread * z.to(runtime.device()))

    def generate(self, latent: Tensor) -> Tensor:
        return self.vae.decode(latent)

    def mix(self, own: Tensor, other: Tensor, at: str) -> Tensor:
        if self.vae.config.latent_side == 1:
            raise InvalidRequestError(
                f"{self.name} encodes a face as a single vector without coarse and fine parts, so it cannot mix two seeds.",
                f"{self.name} 用单个向量表示人脸，没有粗细之分，无法混合两个种子。",
            )
        return self.vae.decode(blend(own, other, at))

    def invert(self, picture: Tensor, steps: int) -> Generator[Inversion, None, None]:
        latent = self.vae.encode(picture)[0]
        if not self.packages:
            yield Inversion(latent, 1, 1)
            return
        deviation = float(self.vae.spread.square().sum(1).mean().sqrt())
        optimizer = LatentOptimizer(self.generate, picture)
        for i in range(steps):
            latent = optimizer.step(latent, learning_rate(i, steps, LEARNING_RATE * deviation))
            yield Inversion(latent, i + 1, steps)
