"""Portraits from a prompt: any diffusers text-to-image pipeline with a VAE, one picture per seed.

Latent diffusion (Rombach et al. 2022, arXiv 2112.10752): the noise is removed in the small latent space of an
autoencoder, conditioned on the encoded prompt. The rows use distilled models that need 4 steps instead of 50, such as latent
consistency models (Luo et al. 2023, arXiv 2310.04378).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from aigc_core import runtime
from aigc_core.pipelines.images import diffusers_common
from aigc_core.tasks.faces import Faces, FacesRequest
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Events, ModelSpec, Result


class TextToImage:
    """Generates one picture after another; previews decode the current estimate at a small size.

    ``settings``: ``pipeline`` (class in diffusers), ``dtype`` (on an accelerator), ``components`` (components to leave out),
    ``steps`` and ``guidance_scale`` (defaults), ``size`` (pixels of a side).
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.name, self.settings = spec.name, spec.settings
        self.pipe = diffusers_common.load(
            folders[0],
            spec.settings["pipeline"],
            dtype=spec.settings.get("dtype", "float16"),
            **spec.settings.get("components", {}),
        )
        self.takes_negative = "negative_prompt" in spec.accepts

    @torch.inference_mode()
    def stream(self, request: FacesRequest) -> Events:
        steps = self._given(request.num_inference_steps, "steps")
        guidance = self._given(request.guidance_scale, "guidance_scale")
        size = int(self.settings["size"])
        seeds = seeds_from(request.seed, request.count)
        images: list[Image.Image] = []

        words = {"negative_prompt": request.negative_prompt} if self.takes_negative else {}
        for i, seed in enumerate(seeds):
            output = yield from diffusers_common.run(
                self.pipe,
                total=steps * len(seeds),
                done=steps * i,
                preview=partial(self._so_far, tuple(images), seeds),
                prompt=request.prompt,
                **words,
                height=size,
                width=size,
                num_inference_steps=steps,
                guidance_scale=guidance,
                generator=runtime.generator(seed),
            )
            images.append(output.images[0])
        info = {"steps": steps, "guidance_scale": guidance, "size": [size, size]}
        yield Result(output=Faces(images=tuple(images), seeds=seeds), info=info)

    def _so_far(self, images: tuple[Image.Image, ...], seeds: tuple[int, ...], clean: Tensor) -> Faces:
        size = int(self.settings["size"])
        small = diffusers_common.decode_preview(self.pipe, clean).resize((size, size))
        return Faces(images=(*images, small), seeds=seeds[: len(images) + 1])

    def _given(self, value: Any, name: str) -> Any:
        return self.settings[name] if value is None else value
