"""Faces from our VAE: one decoder pass each, walks through its latents, sliders, mixing, and photos brought in.

The model is :mod:`aigc_core.models.vae`, its training :mod:`aigc_core.training.faces_vae`; a GAN whose generator is that
decoder, trained on, is served by the same class, and looks for a photo's latent from where the encoder puts it. Streaming, seeds and walks are
those of :class:`aigc_core.pipelines.faces.dcgan.DCGAN`; noise is moved to where the encodings of real faces lie before it is decoded.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import torch
from torch import Tensor

from aigc_core import checkpoint, runtime
from aigc_core.errors import InvalidRequestError
from aigc_core.models.vae import VAE, VAEConfig
from aigc_core.pipelines.faces.latents import Fitted, LatentFaces, Sliders, blend
from aigc_core.pipelines.faces.projection import NEEDS, Search, rate_at
from aigc_core.sampling.diffusion.latents import truncate
from aigc_core.types import ModelSpec

RATE = 0.03
"""Of the search for a photo's latent, in deviations of the latents."""


class VAEFaces(LatentFaces):
    """``settings``: ``enlarge``, as for the DCGAN; ``refine`` (whether a photo's latent is improved by gradient descent);
    ``spread`` (deviation of the prior, in those of the encodings: what decoders make of latents is tamer than the faces were).

    Latents: (1, C, S, S), where the encoder puts photos.
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.name = spec.name
        config = checkpoint.load_config(folders[0], VAEConfig)
        self.vae = checkpoint.load(folders[0], VAE(config)).to(runtime.device()).requires_grad_(False)
        self.vae.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.sliders = Sliders(folders[0], config.shape)
        self.side = config.resolution
        self.enlarge = int(spec.settings.get("enlarge", 1))
        self.spread = float(spec.settings.get("spread", 1.0))
        self.needs = NEEDS if spec.settings.get("refine") else ()

    def _latent(self, seed: int, psi: float) -> Tensor:
        return truncate(runtime.noise([seed], self.vae.config.shape), psi)  # (1, C, S, S)

    def place(self, z: Tensor) -> Tensor:
        return self.vae.from_normal(self.spread * z.to(runtime.device()))

    def generate(self, latent: Tensor) -> Tensor:
        return self.vae.decode(latent)

    def mix(self, own: Tensor, other: Tensor, at: str) -> Tensor:
        if self.vae.config.latent_side == 1:
            raise InvalidRequestError(
                f"{self.name} keeps a face as one vector, without coarse and fine, and cannot mix two seeds.",
                f"{self.name} 用单个向量表示人脸，没有粗细之分，无法混合两个种子。",
            )
        return self.vae.decode(blend(own, other, at))

    def fit(self, picture: Tensor, steps: int) -> Generator[Fitted, None, None]:
        latent = self.vae.encode(picture)[0]
        if not self.needs:
            yield Fitted(latent, 1, 1)
            return
        deviation = float(self.vae.spread.square().sum(1).mean().sqrt())
        search = Search(self.generate, picture)
        for i in range(steps):
            latent = search.step(latent, rate_at(i, steps, RATE * deviation))
            yield Fitted(latent, i + 1, steps)
