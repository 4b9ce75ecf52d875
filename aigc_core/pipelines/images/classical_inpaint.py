r"""Inpainting without learning: two baselines of OpenCV that propagate the surroundings into the hole.

Telea (2004, "An image inpainting technique based on the fast marching method") fills the pixel p nearest to the known
region first, from its known neighbours q within the radius ε, first-order, weighted by direction, distance and level::

    I(p) = Σ_q w(p,q) [I(q) + ∇I(q)·(p - q)] / Σ_q w(p,q),        w = dir · dst · lev
    dir = (p-q)/|p-q| · N(p),     dst = 1/|p-q|²,     lev = 1/(1 + |T(p) - T(q)|)

T is the distance to the hole's border, solved by fast marching (\|∇T\| = 1), N = ∇T.

Navier-Stokes (Bertalmio, Bertozzi, Sapiro 2001) continues isophotes: the intensity is a stream function whose Laplacian
(the vorticity) is transported along the level lines, ∇⊥I · ∇ΔI = 0 in the steady state.

One OpenCV call cannot be stopped. Holes farther apart than the radius do not influence each other, so groups of holes are
filled one after another, each on its own crop, with the same result as one call. A hole deeper than ``DEEP`` is first
filled at half size and keeps that in its interior; the full size only does the ``RIM``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core.media import mask as masks
from aigc_core.media.mask import Hole
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Events, ModelSpec, Progress, Result

Pixels = NDArray[np.uint8]

DEEP = 64
"""Pixels from the border to the deepest point, above which a hole is filled from coarse to fine."""
RIM = 32
"""Pixels of a deep hole's border that are filled at full size."""
SLACK = 3
"""OpenCV looks this many pixels beyond the radius: gradients of neighbours, and the border of its narrow band."""
HEARTBEAT_S = 0.2
STEP_PIXELS = 40_000
"""Small groups are reported together: about 0.1 s at radius 5."""
PREVIEW_SIDE = 1024


class ClassicalInpaint:
    """``settings["method"]``: ``telea`` or ``ns``."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._flag = {"telea": cv2.INPAINT_TELEA, "ns": cv2.INPAINT_NS}[spec.settings["method"]]

    def stream(self, request: InpaintRequest) -> Events:
        """Steps in pixels filled; previews at most 1024 pixels large, with what is filled so far."""
        yield Progress(step=0)
        given = masks.prepare(request)
        yield Progress(step=0)
        filled = yield from fill(given.picture, given.hole, request.radius, self._flag)
        output = Image.fromarray(masks.compose(given.picture, filled, given.weight))
        repainted = int(given.hole.sum())
        yield Result(
            output=output, info={"width": output.width, "height": output.height, "repainted_pixels": repainted}
        )


class Level(NamedTuple):
    """One size of the pyramid, 0 the full one."""

    picture: Pixels
    hole: Hole
    target: Hole
    """The pixels filled at this size; the rest of the hole is upsampled from the next coarser level."""


def fill(picture: Pixels, hole: Hole, radius: int, flag: int) -> Generator[Progress, None, Pixels]:
    """``picture`` (H, W, 3) with its hole filled; ``flag`` is OpenCV's name of the method."""
    area = masks.bounds(hole, 8 * (radius + SLACK))
    show = _Preview(picture, area)
    levels = yield from _pyramid(picture[area], hole[area])
    total = sum(int(level.target.sum()) for level in levels)
    done = reported = 0
    coarse: Pixels | None = None
    with ThreadPoolExecutor(1) as pool:
        for level in reversed(levels):
            filled = level.picture.copy()
            if coarse is not None:
                h, w = level.hole.shape
                inner = level.hole & ~level.target
                filled[inner] = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_LINEAR)[inner]
            for crop, group in _groups(level.target, radius):
                call = pool.submit(cv2.inpaint, filled[crop], group.astype(np.uint8), radius, flag)
                while not wait([call], timeout=HEARTBEAT_S).done:
                    yield Progress(step=done, total=total)
                filled[crop][group] = call.result()[group]
                done += int(group.sum())
                if done - reported >= STEP_PIXELS:
                    reported = done
                    yield Progress(step=done, total=total, preview=show(filled))
            coarse = filled
            if reported < done:
                reported = done
                yield Progress(step=done, total=total, preview=show(filled))
    assert coarse is not None
    result = picture.copy()
    result[area] = coarse
    return result


def _pyramid(picture: Pixels, hole: Hole) -> Generator[Progress, None, list[Level]]:
    """The picture at full size, and at halves of it as long as the hole is deeper than ``DEEP`` pixels."""
    levels: list[Level] = []
    while True:
        yield Progress(step=0)
        depth = masks.distance(hole)
        if float(depth.max()) <= DEEP:
            return [*levels, Level(picture, hole, hole)]
        smaller = masks.halved(picture, hole)
        if smaller[1].all():
            return [*levels, Level(picture, hole, hole)]
        levels.append(Level(picture, hole, hole & (depth <= RIM)))
        picture, hole = smaller


def _groups(hole: Hole, radius: int) -> Iterator[tuple[tuple[slice, slice], Hole]]:
    """Parts of the hole too far apart to influence each other: the crop that decides each, and the part within it."""
    near = masks.distance(~hole) <= radius + SLACK  # two holes touch here if their radii can meet
    near |= hole
    count, labels, stats, _ = cv2.connectedComponentsWithStats(near.astype(np.uint8), connectivity=8)
    margin = radius + SLACK  # `near` itself reaches one radius beyond the hole
    for k in range(1, count):
        left, top, wide, high = (int(v) for v in stats[k, :4])
        rows = slice(max(0, top - margin), top + high + margin)
        columns = slice(max(0, left - margin), left + wide + margin)
        yield (rows, columns), hole[rows, columns] & (labels[rows, columns] == k)


class _Preview:
    """Shows a small copy of the picture with the part that is being worked on, at whatever size that is."""

    def __init__(self, picture: Pixels, area: tuple[slice, slice]) -> None:
        h, w = picture.shape[:2]
        scale = min(1.0, PREVIEW_SIDE / max(h, w))
        self._small = _resized(picture, max(1, round(h * scale)), max(1, round(w * scale)))
        bottom, right = min(area[0].stop, h), min(area[1].stop, w)
        self._rows = slice(int(area[0].start * scale), max(int(area[0].start * scale) + 1, int(bottom * scale)))
        self._columns = slice(int(area[1].start * scale), max(int(area[1].start * scale) + 1, int(right * scale)))

    def __call__(self, filled: Pixels) -> Image.Image:
        place = self._small[self._rows, self._columns]
        place[:] = _resized(filled, *place.shape[:2])
        return Image.fromarray(self._small)  # copies


def _resized(picture: Pixels, height: int, width: int) -> Pixels:
    if picture.shape[:2] == (height, width):
        return picture.copy()
    shrink = height < picture.shape[0]
    method = cv2.INTER_AREA if shrink else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.uint8)
