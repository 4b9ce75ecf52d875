"""Unconditional faces by diffusion: a diffusers ``DDPMPipeline`` repository, sampled by DDIM in few steps.

Trained as Ho et al. 2020 (arXiv 2006.11239), equation 14: predict the noise ε in x_t = √ᾱ_t x_0 + √(1-ᾱ_t) ε. Sampled as
Song et al. 2020 (arXiv 2010.02502), equation 12 with σ = 0: deterministic, so that 25 steps do instead of 1000 and the
seed alone determines the face.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from aigc_core import runtime
from aigc_core.errors import CheckpointError
from aigc_core.pipelines.images import diffusers_common
from aigc_core.tasks.faces import Faces, FacesRequest
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Events, ModelSpec, Result


class DDPM:
    """Generates one face after another; previews show the network's current estimate of the clean picture.

    ``settings``: ``steps`` (default number of denoising steps).
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.pipe = load(folders[0])
        self.name = spec.name
        self.steps = int(spec.settings["steps"])

    @torch.inference_mode()
    def stream(self, request: FacesRequest) -> Events:
        steps = self.steps if request.num_inference_steps is None else request.num_inference_steps
        seeds = seeds_from(request.seed, request.count)
        images: list[Image.Image] = []

        for i, seed in enumerate(seeds):
            output = yield from diffusers_common.run(
                self.pipe,
                total=steps * len(seeds),
                done=steps * i,
                preview=partial(_so_far, tuple(images), seeds),
                generator=runtime.generator(seed),
                num_inference_steps=steps,
                eta=0.0,
            )
            images.append(output.images[0])
        info = {"steps": steps, "sampler": "DDIM, eta 0", "size": list(images[0].size)}
        yield Result(output=Faces(images=tuple(images), seeds=seeds), info=info)


def _so_far(images: tuple[Image.Image, ...], seeds: tuple[int, ...], clean: Tensor) -> Faces:
    return Faces(images=(*images, _to_picture(clean[0])), seeds=seeds[: len(images) + 1])


def load(folder: Path) -> Any:
    """Load a ``DDIMPipeline`` from a repository whose U-Net and noise schedule lie in subfolders or side by side."""
    with diffusers_common.loading(folder, "DDPMPipeline"):
        from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel

        def part(name: str) -> str:
            return str(folder / name if (folder / name).is_dir() else folder)

        unet = UNet2DModel.from_pretrained(
            part("unet"), use_safetensors=True, local_files_only=True, dtype=diffusers_common.compute_dtype()
        )
        scheduler = DDIMScheduler.from_pretrained(part("scheduler"), local_files_only=True)
        if unet.config.in_channels != unet.config.out_channels:
            raise CheckpointError(f"{folder.name} predicts a variance too, which DDIM with eta 0 does not use.")
        return diffusers_common.place(DDIMPipeline(unet=unet, scheduler=scheduler))


def _to_picture(image: Tensor) -> Image.Image:
    """(3, H, W) in [-1, 1] to 8-bit RGB."""
    levels = ((image.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).cpu().numpy())
