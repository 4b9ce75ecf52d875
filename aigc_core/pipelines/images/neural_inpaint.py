"""Inpainting by our own network (:mod:`aigc_core.models.inpaint_net`), from coarse to fine.

The network sees the part of the picture around the hole; a part of more than ``MAX_PIXELS`` is filled at a smaller size, and
its answer is enlarged: the network then fills no detail that the size does not hold.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from aigc_core import checkpoint
from aigc_core.media import mask as masks
from aigc_core.models.inpaint_net import InpaintConfig, InpaintNet, doubled, push_pull, sizes
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Events, ModelSpec, Progress, Result

MAX_PIXELS = 1_100_000
CONTEXT = 384
"""Pixels around the hole that the network sees."""
PREVIEW_SIDE = 1024
Pixels = NDArray[np.uint8]


class NeuralInpaint:
    """A folder with ``config.json`` and ``model.safetensors``."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        model = InpaintNet(checkpoint.load_config(folders[0], InpaintConfig))
        self._model = checkpoint.load(folders[0], model)
        self._model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def stream(self, request: InpaintRequest) -> Events:
        """A step is one size, the coarsest first; previews at most 1024 pixels large."""
        yield Progress(step=0)
        given = masks.prepare(request)
        area = masks.bounds(given.hole, CONTEXT)
        filled = given.picture.copy()
        steps = self._fill(given.picture[area], given.hole[area])
        try:
            while True:
                step, total, answer = next(steps)
                filled[area] = answer
                shown = Image.fromarray(masks.compose(given.picture, filled, given.weight))
                shown.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
                yield Progress(step=step, total=total, preview=shown)
        except StopIteration:
            pass
        output = Image.fromarray(masks.compose(given.picture, filled, given.weight))
        repainted = int(given.hole.sum())
        yield Result(
            output=output, info={"width": output.width, "height": output.height, "repainted_pixels": repainted}
        )

    @torch.inference_mode()
    def _fill(self, picture: Pixels, hole: masks.Hole) -> Generator[tuple[int, int, Pixels], None, None]:
        """Number of the size, how many there are, and the answer at full size."""
        size = (picture.shape[1], picture.shape[0])
        scale = min(1.0, (MAX_PIXELS / (size[0] * size[1])) ** 0.5)
        small = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
        x = _tensor(np.asarray(Image.fromarray(picture).resize(small, Image.Resampling.BOX)))
        where = Image.fromarray(hole.astype(np.uint8) * 255).resize(small, Image.Resampling.BOX)
        m = torch.from_numpy(np.asarray(where) > 0).float()[None, None]
        pyramid = sizes(x, m, self._model.config.coarsest)
        filled: torch.Tensor | None = None
        for i, (smaller, there) in enumerate(reversed(pyramid)):
            prefill = push_pull(smaller, there) if filled is None else doubled(filled, smaller)
            filled = self._model(smaller, there, prefill)
            answer = ((filled[0].permute(1, 2, 0).clamp(-1, 1) + 1) * 127.5).round().byte().numpy()
            shown = Image.fromarray(answer)
            if shown.size != size:
                shown = shown.resize(size, Image.Resampling.BICUBIC)
            yield i + 1, len(pyramid), np.asarray(shown)


def _tensor(picture: Pixels) -> torch.Tensor:
    """uint8 (H, W, 3) to (1, 3, H, W) in [-1, 1], channels last."""
    x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
    return x.contiguous(memory_format=torch.channels_last)
