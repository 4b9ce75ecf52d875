"""Faces from our projected GAN: one forward pass each, walks over the sphere of latents, sliders, mixing, photos projected.

The model is :mod:`aigc_core.models.gan`, its training :mod:`aigc_core.training.faces_gan`. Streaming, seeds and walks are
those of :class:`aigc_core.pipelines.faces.dcgan.DCGAN`.

- Mixing: this generator sees z only at its 4×4 map, so a second seed takes over as in style transfer by adaptive instance
  normalisation (Huang & Belongie 2017, arXiv 1703.06868): from a resolution on, each channel of the first face's map is given
  the mean and deviation of the second's, and the skip-layer excitation's gates are the second's (FastGAN's own style mixing).
- Projection (:mod:`aigc_core.pipelines.faces.projection`): first z, then the 4×4 map made of it, which can be any face and not
  only likely ones.
"""

from __future__ import annotations

from collections.abc import Generator as Events
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_core import checkpoint, runtime
from aigc_core.models.gan import Generator, GeneratorConfig, sphere
from aigc_core.pipelines.faces.latents import Fitted, LatentFaces, Sliders
from aigc_core.pipelines.faces.projection import NEEDS, Search, rate_at
from aigc_core.sampling.diffusion.latents import truncate
from aigc_core.types import ModelSpec

FROM_SIDE = {"coarse": 8, "middle": 16, "fine": 32}
"""Side of the first map that takes the second seed's statistics."""
STARTS = 64
"""Random faces among which a projection looks for its start."""
Z_SHARE = 0.5
"""Of the projection's steps, those in z."""
LEARNING_RATE = {"z": 0.1, "map": 0.03}


class ProjectedGAN(LatentFaces):
    """``settings``: ``enlarge``, as for the DCGAN. Latents: z (1, Z), or a 4×4 map (1, 2C, 4, 4) of a projection."""

    needs = NEEDS

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.name = spec.name
        config = checkpoint.load_config(folders[0], GeneratorConfig)
        self.network = checkpoint.load(folders[0], Generator(config)).to(runtime.device()).requires_grad_(False)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.sliders = Sliders(folders[0], (config.latent,))
        self.latent_size = config.latent
        self.side = config.resolution
        self.enlarge = int(spec.settings.get("enlarge", 1))

    def _latent(self, seed: int, psi: float) -> Tensor:
        return truncate(sphere(runtime.noise([seed], (self.latent_size,))), psi)  # (1, Z)

    def place(self, z: Tensor) -> Tensor:
        return z.to(runtime.device())

    def move(self, latent: Tensor, shift: Tensor) -> Tensor:
        """z stays on its sphere; a map is moved as it would be by z."""
        shift = shift.to(latent)
        if latent.dim() == 2:
            moved = latent + shift
            latent = moved * (latent.norm() / moved.norm())
        else:
            latent = latent + self.first(shift) - self.first(torch.zeros_like(shift))
        return latent

    def first(self, z: Tensor) -> Tensor:
        """The 4×4 map of z, before its gates: affine in z; (B, 2C, 4, 4)."""
        made: Tensor = self.network.norm(self.network.start(z[:, :, None, None]))
        return made

    def generate(self, latent: Tensor) -> Tensor:
        made: Tensor = self.network(latent) if latent.dim() == 2 else self._grow(latent)
        return made

    def mix(self, own: Tensor, other: Tensor, at: str) -> Tensor:
        return self._grow(self.first(own), self.first(other), FROM_SIDE[at])

    def _grow(self, first: Tensor, other: Tensor | None = None, from_side: int = 0) -> Tensor:
        """The picture of a 4×4 map; with another one, its statistics from a side on."""
        x = F.glu(first, dim=1)
        y = x if other is None else F.glu(other, dim=1)
        coarse = y
        for i, block in enumerate(self.network.up):
            x = block(x, None)
            if other is not None:
                y = block(y, None)
                x = restyle(x, y) if x.shape[-1] >= from_side else x
            if i == 0:
                coarse = x if other is None else y
        made = self.network.to_rgb(self.network.skip(coarse, x))
        return torch.tanh(made)

    # --- projection ---

    def fit(self, picture: Tensor, steps: int) -> Events[Fitted, None, None]:
        search = Search(self.generate, picture)
        in_z = max(1, round(Z_SHARE * steps))
        z = self._start(picture)
        for i in range(steps):
            if i == in_z:
                z = self.first(z)
            part, done, length = ("z", i, in_z) if i < in_z else ("map", i - in_z, steps - in_z)
            z = search.step(z, rate_at(done, length, LEARNING_RATE[part]))
            yield Fitted(z, i + 1, steps)

    def _start(self, picture: Tensor) -> Tensor:
        """The nearest of some random faces, by their coarse pixels."""
        z = sphere(runtime.noise(tuple(range(STARTS)), (self.latent_size,))).to(picture.device)
        coarse = F.avg_pool2d(picture, 8)
        errors = [float((F.avg_pool2d(self.network(row[None]), 8) - coarse).abs().mean()) for row in z]
        return z[errors.index(min(errors)), None]


def restyle(own: Tensor, other: Tensor) -> Tensor:
    """``own`` (B, C, S, S) with the mean and deviation of each channel of ``other``."""
    mean, deviation = own.mean((2, 3), keepdim=True), own.std((2, 3), keepdim=True)
    wanted, spread = other.mean((2, 3), keepdim=True), other.std((2, 3), keepdim=True)
    return wanted + (own - mean) * spread / (deviation + 1e-5)
