"""Frames between frames by optical flow, without a network: the baseline of frame interpolation.

Where a pixel is at time t between two frames is estimated from the flow both ways, both frames are drawn from there, and each
counts where the other does not contradict it: Jiang et al., "Super SloMo" (2018), equations 4 and 5, with the flow of Kroeger et
al., "Fast Optical Flow using Dense Inverse Search" (2016), in the place of networks.

Shapes: H height, W width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core.media.clip import Clip

Flow = NDArray[np.float32]
"""(H, W, 2): how far the pixel has moved in the other frame, x and y in pixels."""
SOFT = 1.5
"""Pixels of disagreement between the two directions of flow at which a frame counts e times less."""


def slowed(clip: Clip, times: int) -> Clip:
    """The clip at the same rate, ``times`` as long: ``times`` − 1 frames stand between two of its own.

    Args:
        times: At least 1.
    """
    frames: list[Image.Image] = []
    for first, last in zip(clip.frames, clip.frames[1:], strict=False):
        frames += [first, *between(first, last, [i / times for i in range(1, times)])]
    return Clip(frames=(*frames, *clip.frames[-1:]), fps=clip.fps)


def between(first: Image.Image, last: Image.Image, times: Sequence[float]) -> Iterator[Image.Image]:
    """Frames at ``times``, each in [0, 1], between two RGB frames of one size."""
    a, b = (np.asarray(frame.convert("RGB"), np.float32) for frame in (first, last))
    there, back = flow(first, last), flow(last, first)
    for time in times:
        yield _at(time, a, b, there, back)


def flow(first: Image.Image, last: Image.Image) -> Flow:
    """The optical flow from one RGB frame to another of the same size."""
    import cv2

    grey = [np.asarray(frame.convert("L")) for frame in (first, last)]
    if min(grey[0].shape) < 16:  # too small for its patches
        return np.zeros((*grey[0].shape, 2), np.float32)
    made = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(grey[0], grey[1], None)
    return np.asarray(made, np.float32)


def _at(time: float, a: Any, b: Any, there: Flow, back: Flow) -> Image.Image:
    to_a = -(1 - time) * time * there + time * time * back
    to_b = (1 - time) * (1 - time) * there - time * (1 - time) * back
    trust_a = (1 - time) * _agreement(there, _drawn(back, to_b), to_a)
    trust_b = time * _agreement(back, _drawn(there, to_a), to_b)
    whole = (trust_a + trust_b)[..., None] + 1e-6
    mixed = (trust_a[..., None] * _drawn(a, to_a) + trust_b[..., None] * _drawn(b, to_b)) / whole
    return Image.fromarray(np.clip(np.rint(mixed), 0, 255).astype(np.uint8), "RGB")


def _agreement(own: Flow, others: Flow, place: Flow) -> NDArray[np.float32]:
    """How far the two directions cancel out at the place that a pixel is drawn from, in (0, 1]."""
    off = np.linalg.norm(_drawn(own, place) + others, axis=-1)
    agreed: NDArray[np.float32] = np.exp(-off / SOFT).astype(np.float32)
    return agreed


def _drawn(picture: Any, moved: Flow) -> Any:
    """The picture sampled where each pixel has moved to, bilinearly; its edges go on outside."""
    import cv2

    height, width = moved.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(picture, x + moved[..., 0], y + moved[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
