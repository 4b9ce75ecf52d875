"""Random holes for training and evaluating inpainting: strokes, ellipses and rectangles that cover a wanted share.

The free-form masks of gated convolution (Yu et al., arXiv:1806.03589, algorithm 1): strokes of connected segments with
round joints, here joined by ellipses and rectangles, and drawn until a share of the picture is covered.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from aigc_core.media.mask import Hole

BANDS = ((0.1, 0.2), (0.2, 0.4), (0.4, 0.6))
"""Shares of the picture that a hole covers in the tables of evaluation."""
_TRIES = 400


def free_form(rng: np.random.Generator, height: int, width: int, low: float, high: float) -> Hole:
    """A hole (H, W) that covers between ``low`` and ``high`` of the picture, uniformly drawn as far as the shapes allow.

    Raises:
        ValueError: the band is empty or so narrow that no drawing met it.
    """
    if not 0 < low < high < 1:
        raise ValueError(f"0 < low < high < 1; got {low}, {high}")
    wanted = rng.uniform(low, high)
    mask = Image.new("1", (width, height), 0)
    share, scale = 0.0, 1.0
    for _ in range(_TRIES):
        drawn = mask.copy()
        _shape(ImageDraw.Draw(drawn), rng, width, height, scale)
        covered = float(np.asarray(drawn).mean())
        if covered > high:  # too much: another shape, a smaller one
            scale *= 0.8
            continue
        mask, share = drawn, covered
        if share >= wanted or (share >= low and scale < 0.1):
            break
    if share < low:
        raise ValueError(f"no shapes cover {low} to {high} of {width}×{height} pixels; reached {share:.3f}")
    return np.array(mask)


def _shape(draw: ImageDraw.ImageDraw, rng: np.random.Generator, width: int, height: int, scale: float) -> None:
    side = min(width, height) * scale
    kind = rng.choice(3, p=(0.6, 0.2, 0.2))
    if kind == 0:
        _stroke(draw, rng, width, height, side)
        return
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    half_width, half_height = rng.uniform(0.05, 0.25, 2) * side
    box = (x - half_width, y - half_height, x + half_width, y + half_height)
    (draw.ellipse if kind == 1 else draw.rectangle)(box, fill=1)


def _stroke(draw: ImageDraw.ImageDraw, rng: np.random.Generator, width: int, height: int, side: float) -> None:
    """A brush stroke of up to eight segments, each turning by less than 70°."""
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    thickness = max(1.0, rng.uniform(0.04, 0.2) * side)
    angle = rng.uniform(0, 2 * math.pi)
    for _ in range(int(rng.integers(1, 9))):
        angle += rng.uniform(-1.2, 1.2)
        length = rng.uniform(0.05, 0.3) * side
        to_x, to_y = x + length * math.cos(angle), y + length * math.sin(angle)
        draw.line((x, y, to_x, to_y), fill=1, width=round(thickness))
        for cx, cy in ((x, y), (to_x, to_y)):
            draw.ellipse((cx - thickness / 2, cy - thickness / 2, cx + thickness / 2, cy + thickness / 2), fill=1)
        x, y = min(max(to_x, 0), width), min(max(to_y, 0), height)
