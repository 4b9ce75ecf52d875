"""Inpainting by latent diffusion: the hole is denoised from pure noise, seeing the known surroundings at every step.

A U-Net trained for it (Rombach et al. 2022, arXiv 2112.10752, section 4.5) takes nine channels: the noisy latents (4), the
latents of the picture with the hole blanked (4), and the mask (1). RePaint (Lugmayr et al. 2022, arXiv 2201.09865) gets by
with an unconditional model by setting x_{t-1} = m ⊙ x_{t-1}^unknown + (1 - m) ⊙ x_{t-1}^known after every step.

The model sees a crop around the hole at the size it was trained for. What it makes is scaled back and laid into the
picture only where the mask is, so everything else keeps its bytes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from aigc_core import runtime
from aigc_core.media import mask as masks
from aigc_core.media.image import fit
from aigc_core.media.mask import Hole, Prepared
from aigc_core.pipelines.images import diffusers_common
from aigc_core.pipelines.images.img2img import multiple
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Events, ModelSpec, Progress, Result

CONTEXT = 0.5
"""Surroundings shown on each side of the hole, as a share of its longer side."""
PREVIEW_SIDE = 1024
Area = tuple[slice, slice]


class DiffusionInpaint:
    """``settings``: ``side`` (pixels the model was trained at), ``steps``, ``guidance_scale``, ``strength``, ``load`` options."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.settings = spec.settings
        self.pipe = diffusers_common.load(folders[0], spec.settings["pipeline"], **spec.settings.get("load", {}))

    @torch.inference_mode()
    def stream(self, request: InpaintRequest) -> Events:
        """One event per denoising step, previews in place."""
        yield Progress(step=0)
        given = masks.prepare(request)
        side = int(self.settings["side"])
        area = surroundings(given.hole, side)
        crop, hole = Image.fromarray(given.picture[area]), Image.fromarray(given.hole[area])
        size = working_size(crop.size, side)
        steps = self.settings["steps"] if request.num_inference_steps is None else request.num_inference_steps
        guidance = self.settings["guidance_scale"] if request.guidance_scale is None else request.guidance_scale
        strength = float(self.settings["strength"]) if steps > 1 else 1.0  # below 1 a single step would be none

        def preview(clean: Tensor) -> Image.Image:
            made = diffusers_common.decode_preview(self.pipe, clean)
            return fit(Image.fromarray(_laid_in(given, made, area)), PREVIEW_SIDE)

        result = yield from diffusers_common.run(
            self.pipe,
            total=min(steps, int(steps * strength)),
            preview=preview,
            prompt=request.prompt,
            image=crop.resize(size, Image.Resampling.LANCZOS),
            mask_image=_model_mask(hole, size),
            width=size[0],
            height=size[1],
            strength=strength,
            num_inference_steps=steps,
            guidance_scale=guidance,
            generator=runtime.generator(request.seed),
        )
        output = Image.fromarray(_laid_in(given, result.images[0], area))
        info = {"width": output.width, "height": output.height, "steps": steps, "guidance_scale": guidance}
        yield Result(output=output, info={**info, "crop": list(crop.size)})


def surroundings(hole: Hole, side: int) -> Area:
    """Rows and columns of a near-square crop: the hole, its context, and no less than ``side`` pixels where there are."""
    rows, columns = masks.bounds(hole)
    longest = max(rows.stop - rows.start, columns.stop - columns.start)
    wanted = max(side, int(longest * (1 + 2 * CONTEXT)))
    return _centred(rows, wanted, hole.shape[0]), _centred(columns, wanted, hole.shape[1])


def _centred(part: slice, wanted: int, limit: int) -> slice:
    """``wanted`` pixels around ``part``, moved inside [0, limit), never cutting the part."""
    length = min(max(wanted, part.stop - part.start), limit)
    start = min(max(0, (part.start + part.stop - length) // 2), limit - length)
    return slice(start, start + length)


def working_size(crop: tuple[int, int], side: int) -> tuple[int, int]:
    """The crop scaled, up or down, so that its longer side is ``side``; multiples of eight."""
    scale = side / max(crop)
    return multiple((round(crop[0] * scale), round(crop[1] * scale)))


def _model_mask(hole: Image.Image, size: tuple[int, int]) -> Image.Image:
    """White wherever the scaled mask touches a pixel, so that nothing of the hole's content is shown to the model."""
    scaled = np.asarray(hole.convert("L").resize(size, Image.Resampling.BOX))
    return Image.fromarray((scaled > 0).astype(np.uint8) * 255)


def _laid_in(given: Prepared, made: Image.Image, area: Area) -> NDArray[np.uint8]:
    filled = given.picture.copy()
    height, width = filled[area].shape[:2]
    filled[area] = np.asarray(made.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))
    return masks.compose(given.picture, filled, given.weight)
