"""Distances of a filled hole from what it hides: one picture, as many answers as there are methods.

The part around the hole is compared at ``SIDE`` pixels at most, so that the time does not grow with the picture.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from aigc_core.errors import AigcError
from aigc_core.evaluation.inpaint import DEPTH, psnr, to_tensor
from aigc_core.media import mask as masks
from aigc_core.models.features import vgg16
from aigc_core.models.features.perceptual import hole_distance

log = logging.getLogger(__name__)
SIDE = 320
"""Longest side at which VGG16 looks."""
MARGIN = 24
"""Surroundings of the hole that it sees, in pixels."""


class Nearness(NamedTuple):
    psnr: float
    """In the hole at full size, dB; higher is nearer."""
    vgg16: float | None
    """Distance of VGG16's features in the hole, lower is nearer; None where its weights are out of reach."""


class Judge:
    """Compares answers with one original; ``hole`` (H, W) is True where they were made up."""

    def __init__(self, original: NDArray[np.uint8], hole: masks.Hole) -> None:
        self._original, self._hole = original, hole
        self._area = masks.bounds(hole, MARGIN)
        self._look = _vgg16()
        self._wanted = self._maps(original)

    def __call__(self, filled: Image.Image) -> Nearness:
        pixels = np.asarray(filled)
        maps = self._maps(pixels)
        found = psnr(self._original, pixels, self._hole)
        if self._wanted is None or maps is None:
            return Nearness(found, None)
        hole = Image.fromarray(self._hole[self._area].astype(np.uint8) * 255).resize(self._size(), Image.Resampling.BOX)
        weight = torch.from_numpy(np.array(hole))[None, None] / 255
        return Nearness(found, float(hole_distance(self._wanted, maps, weight)))

    def _size(self) -> tuple[int, int]:
        h, w = self._hole[self._area].shape
        scale = min(1.0, SIDE / max(h, w))
        return max(1, round(w * scale)), max(1, round(h * scale))

    @torch.inference_mode()
    def _maps(self, picture: NDArray[np.uint8]) -> list[Tensor] | None:
        if self._look is None:
            return None
        part = Image.fromarray(picture[self._area])
        return self._look.pyramid(to_tensor(part.resize(self._size(), Image.Resampling.LANCZOS)), DEPTH)


def _vgg16() -> vgg16.VGG16 | None:
    try:
        return vgg16.load()
    except AigcError as error:
        log.warning("VGG16 is out of reach, its distance is left out: %s", error)
        return None
