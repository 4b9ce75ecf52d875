"""Faces from our projected GAN: one forward pass each, walks over the sphere of latents, sliders, mixing, inverted photos.

The model is :mod:`aigc_core.models.gan`, its training :mod:`aigc_core.training.faces_gan`. Streaming, seeds and walks are
those of :class:`aigc_core.pipelines.faces.dcgan.DCGAN`.

- Mixing: z enters this generator only at its 4×4 feature map, so the second seed takes over by adaptive instance
  normalisation (Huang & Belongie 2017, arXiv 1703.06868): from a resolution on, each channel of the first face's map is given
  the mean and deviation of the second's, and the skip-layer excitation takes its gates from the second (FastGAN's style mixing).
- Inversion (:mod:`aigc_core.pipelines.faces.projection`): z is optimised first, then the 4×4 map made from it, which can
  represent faces outside the generator's distribution.
"""

from __future__ import annotations

from collections.abc import Generator as Iterating
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_core import checkpoint, runtime
from aigc_core.models.gan import Generator, GeneratorConfig, sphere
from aigc_core.pipelines.faces.edit import Inversion
from aigc_core.pipelines.faces.latents import LatentFaces
from aigc_core.pipelines.faces.projection import PACKAGES, LatentOptimizer, learning_rate
from aigc_core.pipelines.faces.sliders import Sliders
from aigc_core.sampling.diffusion.latents import truncate
from aigc_core.types import ModelSpec

MIX_FROM_SIDE = {"coarse": 8, "middle": 16, "fine": 32}
"""Side of the first map that takes the second seed's statistics."""
INITIAL_CANDIDATES = 64
"""Random faces, of which the nearest to the photo starts the optimisation."""
Z_SHARE = 0.5
"""Share of the steps that optimise z."""
LEARNING_RATE = {"z": 0.1, "map": 0.03}


class ProjectedGAN(LatentFaces):
    """``settings``: ``display_scale``, as for the DCGAN. Latents: z (1, Z), or the 4×4 map (1, 2C, 4, 4) of an inverted photo."""

    packages = PACKAGES

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.name = spec.name
        config = checkpoint.load_config(folders[0], GeneratorConfig)
        self.network = checkpoint.load(folders[0], Generator(config)).to(runtime.device()).requires_grad_(False)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.sliders = Sliders(folders[0], (config.latent,))
        self.latent_size = config.latent
        self.side = config.resolution
        self.display_scale = int(spec.settings.get("display_scale", 1))

    def _latent(self, seed: int, psi: float) -> Tensor:
        return truncate(sphere(runtime.noise([seed], (self.latent_size,))), psi)  # (1, Z)

    def from_noise(self, z: Tensor) -> Tensor:
        return z.to(runtime.device())

    def edit(self, latent: Tensor, shift: Tensor) -> Tensor:
        """Shift z along its sphere; shift a 4×4 map as the same change of z would."""
        shift = shift.to(latent)
        if latent.dim() == 2:
            moved = latent + shift
            latent = moved * (latent.norm() / moved.norm())
        else:
            latent = latent + self.base_map(shift) - self.base_map(torch.zeros_like(shift))
        return latent

    def base_map(self, z: Tensor) -> Tensor:
        """The 4×4 map of z before its gated linear unit, affine in z; (B, 2C, 4, 4)."""
        made: Tensor = self.network.norm(self.network.start(z[:, :, None, None]))
        return made

    def generate(self, latent: Tensor) -> Tensor:
        made: Tensor = self.network(latent) if latent.dim() == 2 else self._grow(latent)
        return made

    def mix(self, own: Tensor, other: Tensor, at: str) -> Tensor:
        return self._grow(self.base_map(own), self.base_map(other), MIX_FROM_SIDE[at])

    def _grow(self, first: Tensor, other: Tensor | None = None, from_side: int = 0) -> Tensor:
        """The picture of a 4×4 map, from ``from_side`` on with the channel statistics of another one."""
        x = F.glu(first, dim=1)
        y = x if other is None else F.glu(other, dim=1)
        coarse = y
        for i, block in enumerate(self.network.up):
            x = block(x, None)
            if other is not None:
                y = block(y, None)
                x = adain(x, y) if x.shape[-1] >= from_side else x
            if i == 0:
                coarse = x if other is None else y
        made = self.network.to_rgb(self.network.skip(coarse, x))
        return torch.tanh(made)

    # --- inversion ---

    def invert(self, picture: Tensor, steps: int) -> Iterating[Inversion, None, None]:
        optimizer = LatentOptimizer(self.generate, picture)
        in_z = max(1, round(Z_SHARE * steps))
        z = self._start(picture)
        for i in range(steps):
            if i == in_z:
                z = self.base_map(z)
            part, done, length = ("z", i, in_z) if i < in_z else ("map", i - in_z, steps - in_z)
            z = optimizer.step(z, learning_rate(done, length, LEARNING_RATE[part]))
            yield Inversion(z, i + 1, steps)

    def _start(self, picture: Tensor) -> Tensor:
        """The nearest of :data:`INITIAL_CANDIDATES` random faces, compared at an eighth of the resolution."""
        z = sphere(runtime.noise(tuple(range(INITIAL_CANDIDATES)), (self.latent_size,))).to(picture.device)
        coarse = F.avg_pool2d(picture, 8)
        errors = [float((F.avg_pool2d(self.network(row[None]), 8) - coarse).abs().mean()) for row in z]
        return z[errors.index(min(errors)), None]


def adain(own: Tensor, other: Tensor) -> Tensor:
    """Adaptive instance normalisation: ``own`` (B, C, S, S) with each channel's mean and deviation taken from ``other``."""
    mean, deviation = own.mean((2, 3), keepdim=True), own.std((2, 3), keepdim=True)
    wanted, spread = other.mean((2, 3), keepdim=True), other.std((2, 3), keepdim=True)
    return wanted + (own - mean) * spread / (deviation + 1e-5)
