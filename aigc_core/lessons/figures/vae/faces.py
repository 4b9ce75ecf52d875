"""The face VAE that the figures share, and faces to give it."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_core import checkpoint, runtime, weights
from aigc_core.models.vae import VAE, VAEConfig
from aigc_core.tasks.fields import seeds_from


@cache
def model(name: str = "faces-vae-64") -> VAE:
    """A shipped VAE, or the GAN that grew from it, on the CPU."""
    folder = weights.CHECKPOINTS / name
    return checkpoint.load(folder, VAE(checkpoint.load_config(folder, VAEConfig))).requires_grad_(False)


@torch.inference_mode()
def strangers(seed: int, count: int) -> Tensor:
    """Faces (N, 3, 64, 64) that the VAE did not draw: those of ``faces-gan-128``, halved; no data set is needed."""
    gan = model("faces-gan-128")
    z = runtime.noise(seeds_from(seed, count), gan.config.shape)
    return F.avg_pool2d(gan.decode(gan.from_normal(z)), 2)


def pixels(images: Tensor) -> list[np.ndarray]:
    """Pictures (B, 3, R, R) in [-1, 1] as 8-bit arrays (R, R, 3)."""
    levels = ((images.clamp(-1, 1) + 1) * 127.5).round().byte()
    return list(levels.permute(0, 2, 3, 1).cpu().numpy())


def sheet(images: Tensor, columns: int) -> np.ndarray:
    """Pictures (B, 3, R, R), B a multiple of ``columns``, side by side as one 8-bit array."""
    cells = pixels(images)
    rows = [np.concatenate(cells[i : i + columns], 1) for i in range(0, len(cells), columns)]
    return np.concatenate(rows, 0)
