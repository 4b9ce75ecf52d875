"""Repainting a picture in words: noise it part of the way, then denoise it towards the prompt.

SDEdit (Meng et al. 2022, arXiv 2108.01073): the picture's latents are brought to the noise level t₀ = strength · T by
x_t₀ = √ᾱ_t₀ · x₀ + √(1 - ᾱ_t₀) · ε, and the reverse process starts there instead of at pure noise: a small t₀ keeps the
composition, a large one leaves the model free. The row uses latent consistency (Luo et al. 2023, arXiv 2310.04378), which
needs 4 to 8 steps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aigc_core import runtime
from aigc_core.media import image as pictures
from aigc_core.media import recolour
from aigc_core.pipelines.images import diffusers_common
from aigc_core.pipelines.images.painting import floats
from aigc_core.tasks.stylize import StylizeRequest
from aigc_core.types import Events, ModelSpec, Progress, Result

MULTIPLE = 8
"""The autoencoder halves the side three times."""
LCM_STEPS = 50
"""Steps of the solver that latent consistency was distilled from; sampling steps are a subset of them."""
STYLES = {
    "oil-painting": "an oil painting with thick brush strokes, rich colours, impressionist",
    "watercolour": "a loose watercolour painting on rough paper, soft washes, visible pigment edges",
    "ink-wash": "a chinese ink wash painting, black ink, rice paper, much left white",
    "anime": "an anime background painting, clean lines, vivid colours",
    "pixel-art": "pixel art, 16-bit video game, limited palette",
    "pencil-sketch": "a detailed graphite pencil sketch, hatching, white paper",
}


class ImageToImage:
    """``settings``: ``pipeline``, ``components``, ``side`` (longest, pixels), ``steps``, ``guidance_scale``, ``most_noise``."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.name, self.settings = spec.name, spec.settings
        self.pipe = diffusers_common.load(folders[0], spec.settings["pipeline"], **spec.settings.get("components", {}))

    @torch.inference_mode()
    def stream(self, request: StylizeRequest) -> Events:
        """One event per denoising step. Strength 1 adds the share ``most_noise`` of all noise: beyond it nothing is left
        of the picture. At strength 0 the fitted picture comes back bit for bit."""
        picture = pictures.fit(pictures.flatten(request.image), min(request.max_side, int(self.settings["side"])))
        style = request.style or next(iter(STYLES))
        info: dict[str, Any] = {"style": style, "width": picture.width, "height": picture.height}
        yield Progress(step=0)
        if request.strength == 0:
            yield Result(output=picture.copy(), info=info)
            return
        noise = max(1 / LCM_STEPS, request.strength * float(self.settings["most_noise"]))
        steps = self.settings["steps"] if request.num_inference_steps is None else request.num_inference_steps
        steps = max(1, min(steps, int(LCM_STEPS * noise)))
        guidance = self.settings["guidance_scale"] if request.guidance_scale is None else request.guidance_scale

        def preview(clean: Tensor) -> Image.Image:
            return diffusers_common.decode_preview(self.pipe, clean).resize(picture.size)

        result = yield from diffusers_common.run(
            self.pipe,
            total=steps,
            preview=preview,
            prompt=", ".join(part for part in (request.prompt, STYLES[style]) if part),
            image=picture.resize(multiple(picture.size), Image.Resampling.LANCZOS),
            strength=noise,
            num_inference_steps=steps,
            original_inference_steps=LCM_STEPS,
            guidance_scale=guidance,
            generator=runtime.generator(request.seed),
        )
        output = result.images[0].resize(picture.size, Image.Resampling.LANCZOS)
        if request.keep_colors:
            kept = recolour.KEEPING[request.keep_colors_by](floats(picture), floats(output))
            output = Image.fromarray((kept * 255 + 0.5).astype(np.uint8))
        yield Result(output=output, info={**info, "steps": steps, "guidance_scale": guidance})


def multiple(size: tuple[int, int], of: int = MULTIPLE) -> tuple[int, int]:
    """Both sides rounded to the next multiple, never 0."""
    width, height = (max(of, round(side / of) * of) for side in size)
    return width, height
