"""Convert between pictures and what a face diffusion model works on: pixels as they are, or the latents of a VAE.

Latents: x = (z − shift)·scale with z the VAE's, so that x has the deviation that the model was trained with
(:mod:`aigc_core.training.latents`).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from aigc_core import checkpoint, runtime
from aigc_core.errors import CheckpointError
from aigc_core.models.vae import VAE, VAEConfig
from aigc_core.pipelines.faces.sliders import Sliders

FILE = "latents.safetensors"


class Codec:
    """The identity, for a model of pixels: x is the picture, (B, 3, R, R) in [-1, 1].

    Args:
        shape: Shape of x without the batch.
        folder: Checkpoint that may hold ``directions.safetensors``.
    """

    def __init__(self, shape: tuple[int, int, int], folder: Path) -> None:
        self.shape = shape
        self.side = shape[-1]
        self.sliders = Sliders(folder, shape)

    def encode(self, pictures: Tensor) -> Tensor:
        """The model's x for pictures (B, 3, R, R)."""
        return pictures

    def decode(self, x: Tensor, shift: Tensor | None = None) -> Tensor:
        """Pictures (B, 3, R, R) of x, edited by the sliders' ``shift``."""
        return x if shift is None else x + shift.to(x)


class LatentCodec(Codec):
    """The normalised latents of a VAE, for latent diffusion.

    Args:
        folder: The diffusion model's checkpoint, with ``latents.safetensors``.
        decoder: The VAE's checkpoint, whose sliders apply here as well.

    Raises:
        CheckpointError: a file is missing, or the latents have another shape.
    """

    def __init__(self, shape: tuple[int, int, int], folder: Path, decoder: Path) -> None:
        from safetensors.torch import load_file

        config = checkpoint.load_config(decoder, VAEConfig)
        if not (folder / FILE).exists() or config.shape != shape:
            raise CheckpointError(
                f"{folder} needs {FILE} and a VAE with latents of shape {shape}; {decoder.name} has {config.shape}.",
                f"{folder} 需要 {FILE}，以及潜变量形状为 {shape} 的 VAE；{decoder.name} 的形状为 {config.shape}。",
            )
        super().__init__(shape, decoder)
        self.side = config.resolution
        self.vae = checkpoint.load(decoder, VAE(config)).to(runtime.device()).requires_grad_(False)
        self.vae.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        kept = {name: tensor.float().to(runtime.device()) for name, tensor in load_file(folder / FILE).items()}
        self.shift, self.scale = kept["shift"], kept["scale"]  # (C, 1, 1) each

    def encode(self, pictures: Tensor) -> Tensor:
        x: Tensor = (self.vae.encode(pictures)[0] - self.shift) * self.scale
        return x

    def decode(self, x: Tensor, shift: Tensor | None = None) -> Tensor:
        z = x / self.scale + self.shift
        return self.vae.decode(z if shift is None else z + shift.to(z))
