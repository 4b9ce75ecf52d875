"""The pictures of a data set as latents of a trained VAE, for latent diffusion (Rombach et al. 2021, arXiv 2112.10752).

A latent is the encoder's mean, shifted and scaled channel by channel so that all have mean 0 and the deviation that
the diffusion model expects. ``latents.safetensors`` in a checkpoint's folder holds both, so that samples find their way back:

    x = (z − shift)·scale        z = x/scale + shift        picture = decoder(z)

Shapes: N pictures, C channels, S side of the latent map, R resolution.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from aigc_core import checkpoint
from aigc_core.models.vae import VAE, VAEConfig

FILE = "latents.safetensors"


class Latents(NamedTuple):
    """A data set in latents, as given and mirrored, float32 (N, C, S, S) each, and its labels (N, A)."""

    plain: Tensor
    mirrored: Tensor
    labels: Tensor
    vae: VAE
    shift: Tensor
    """(C, 1, 1)"""
    scale: Tensor
    """(C, 1, 1)"""

    def __len__(self) -> int:
        return len(self.plain)

    def batch(self, index: NDArray[np.int64], rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Latents, half of them of mirrored pictures; and their labels."""
        at = torch.from_numpy(index).to(self.plain.device)
        mirrored = torch.rand(len(at), 1, 1, 1, generator=rng, device=rng.device).to(self.plain.device) < 0.5
        return torch.where(mirrored, self.mirrored[at], self.plain[at]), self.labels[at]

    def decode(self, x: Tensor) -> Tensor:
        """Pictures (B, 3, R, R) in [-1, 1] of scaled latents (B, C, S, S)."""
        return self.vae.decode(x / self.scale + self.shift)

    def save(self, folder: Path) -> None:
        """Write shift and scale beside the weights."""
        folder.mkdir(parents=True, exist_ok=True)
        save_file({"shift": self.shift.cpu().contiguous(), "scale": self.scale.cpu().contiguous()}, folder / FILE)


@torch.no_grad()
def encode(folder: Path, pictures: NDArray[np.uint8], labels: NDArray[np.int64], device: str, spread: float) -> Latents:
    """Encode ``pictures`` (N, 3, R, R) and their mirror images with the VAE of a checkpoint folder.

    Args:
        folder: The VAE's checkpoint.
        labels: (N, A).
        spread: Standard deviation that each channel is brought to.
    """
    vae = checkpoint.load(folder, VAE(checkpoint.load_config(folder, VAEConfig))).to(device)
    vae.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def means(flip: bool) -> Tensor:
        rows = []
        for at in range(0, len(pictures), 64):
            batch = torch.from_numpy(pictures[at : at + 64]).to(device).float() / 127.5 - 1
            batch = batch.flip(3) if flip else batch
            rows.append(vae.encode(batch.contiguous(memory_format=torch.channels_last))[0].contiguous())
        return torch.cat(rows)

    plain, mirrored = means(False), means(True)
    both = torch.cat([plain, mirrored]).transpose(0, 1).flatten(1)  # (C, 2N·S²)
    shift, scale = both.mean(1).view(-1, 1, 1), (spread / both.std(1)).view(-1, 1, 1)
    return Latents(
        (plain - shift) * scale, (mirrored - shift) * scale, torch.from_numpy(labels).to(device), vae, shift, scale
    )
