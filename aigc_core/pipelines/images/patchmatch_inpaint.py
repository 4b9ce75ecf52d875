"""Inpainting by patches of the picture itself: the row around :mod:`aigc_core.media.patchmatch`."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core.media import mask as masks
from aigc_core.media import patchmatch
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Events, ModelSpec, Progress, Result

PREVIEW_SIDE = 1024


class PatchMatchInpaint:
    """Stochastic: another seed finds other patches and so fills the hole differently."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        pass

    def stream(self, request: InpaintRequest) -> Events:
        """A step is one search for patches and one vote of them; previews at most 1024 pixels large."""
        yield Progress(step=0)
        given = masks.prepare(request)
        yield Progress(step=0)
        filled = yield from _shrunk_previews(patchmatch.fill(given.picture, given.hole, seed=request.seed))
        output = Image.fromarray(masks.compose(given.picture, filled, given.weight))
        repainted = int(given.hole.sum())
        yield Result(
            output=output, info={"width": output.width, "height": output.height, "repainted_pixels": repainted}
        )


def _shrunk_previews(
    filling: Generator[Progress, None, NDArray[np.uint8]],
) -> Generator[Progress, None, NDArray[np.uint8]]:
    """The events of ``filling``, their previews as small pictures."""
    try:
        while True:
            event = next(filling)
            if event.preview is not None:
                shown = Image.fromarray(event.preview)
                shown.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
                event = Progress(step=event.step, total=event.total, preview=shown)
            yield event
    except StopIteration as done:
        filled: NDArray[np.uint8] = done.value
        return filled
    finally:
        filling.close()
