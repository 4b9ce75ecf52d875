"""Our face model and a face of it, for the figures that need a picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from aigc_core import registry
from aigc_core.pipelines.faces.dcgan import to_picture
from aigc_core.pipelines.faces.diffusion import DiffusionFaces
from aigc_core.tasks.faces import FacesRequest

MODEL = "faces-diffusion-128"


@cache
def model() -> DiffusionFaces:
    """The shipped latent diffusion model with its decoder."""
    return cast(DiffusionFaces, registry.load(MODEL))


def latents(seeds: list[int]) -> Tensor:
    """Finished latents (B, 8, 8, 8) of these seeds, as the Faces tab draws them."""
    return model().latents([FacesRequest(model=MODEL, count=1, seed=seed) for seed in seeds])


@torch.inference_mode()
def decode(x: Tensor) -> list[Image.Image]:
    """Latents (B, 8, 8, 8) as pictures of 128 × 128."""
    return [to_picture(image) for image in model().codec.decode(x.float())]


@cache
def face(seed: int, side: int = 128) -> NDArray[np.float32]:
    """One face in [-1, 1], (side, side, 3)."""
    picture = decode(latents([seed]))[0].resize((side, side), Image.Resampling.LANCZOS)
    return np.asarray(picture, np.float32) / 127.5 - 1


def stack(pictures: Sequence[Image.Image], side: int = 72, gap: int = 3) -> NDArray[np.uint8]:
    """Pictures below each other with gaps to look through, as one of RGBA: quicker to draw than one by one."""
    rows: list[NDArray[np.uint8]] = []
    for picture in pictures:
        small = picture.resize((side, side), Image.Resampling.LANCZOS).convert("RGBA")
        rows += [np.asarray(small), np.zeros((gap, side, 4), np.uint8)]
    return np.concatenate(rows[:-1])
