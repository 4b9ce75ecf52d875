"""Style pictures drawn from nothing, for style transfer without a painting at hand: each is square and deterministic.

A style network reads colours and the statistics of strokes, so every texture is built from one kind of mark: swirling
brush strokes, cut lines, wet pigment, tiles, ink, chalk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import cv2
import numpy as np
from PIL import Image

from aigc_core.media.scenes import Array, mix, noise

SIDE = 512


def _palette(values: Array, *colours: tuple[int, int, int]) -> Array:
    """Map values in [0, 1] through evenly spaced colours (0–255); (…) → (…, 3) in [0, 1]."""
    stops = np.linspace(0, 1, len(colours))
    channels = [np.interp(values, stops, [c[i] / 255 for c in colours]) for i in range(3)]
    return np.stack(channels, -1).astype(np.float32)


def _strokes(
    canvas: Array, angle: Array, ink: Array, rng: np.random.Generator, count: int, length: int, width: int
) -> None:
    """``count`` short strokes that follow ``angle`` (radians, (H, W)), each of one colour out of ``ink`` (H, W, 3)."""
    side = canvas.shape[0]
    for y, x in rng.integers(0, side, (count, 2)):
        points = [(float(x), float(y))]
        for _ in range(length // 4):
            px, py = points[-1]
            a = angle[int(np.clip(py, 0, side - 1)), int(np.clip(px, 0, side - 1))]
            points.append((px + 4 * float(np.cos(a)), py + 4 * float(np.sin(a))))
        colour = np.clip(ink[y, x] + rng.normal(0, 0.05), 0, 1)
        cv2.polylines(canvas, [np.array(points, np.int32)], False, tuple(map(float, colour)), width, cv2.LINE_AA)


def swirl(rng: np.random.Generator) -> Array:
    """Thick oil strokes around whirlpools, night blues with yellow lights."""
    yy, xx = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    angle = noise(SIDE, SIDE, (2, 2), 2, rng) * 0.8
    tone = np.clip(noise(SIDE, SIDE, (3, 3), 3, rng) * 0.5 + 0.42, 0, 1)
    for cx, cy, r in ((150, 140, 120), (380, 250, 140), (120, 410, 100), (430, 60, 60)):
        distance = np.hypot(xx - cx, yy - cy)
        near = np.exp(-((distance / r) ** 2))
        angle = angle * (1 - near) + (np.arctan2(yy - cy, xx - cx) + 1.75) * near
        tone = np.maximum(tone, np.exp(-((distance / (0.32 * r)) ** 2)))
    ink = _palette(tone, (12, 22, 66), (28, 72, 150), (86, 150, 196), (180, 206, 190), (250, 214, 84))
    canvas = ink.copy()
    _strokes(canvas, angle, ink, rng, 5200, 44, 5)
    return canvas


def woodcut(rng: np.random.Generator) -> Array:
    """Parallel gouge marks, black on cream with one red block."""
    field = noise(SIDE, SIDE, (3, 3), 3, rng)
    yy, xx = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    wave = np.sin((yy * 0.8 + xx * 0.45 + 60 * field) * 0.24)
    cut = np.clip((wave + 1.5 * noise(SIDE, SIDE, (2, 2), 3, rng)) * 5 + 1.6, 0, 1)
    paper = mix((0.95, 0.90, 0.78), (0.78, 0.16, 0.12), np.clip(noise(SIDE, SIDE, (2, 3), 2, rng) * 14 - 2.5, 0, 1))
    return mix((0.07, 0.06, 0.07), paper, cut)


def watercolour(rng: np.random.Generator) -> Array:
    """Transparent washes with dark drying edges on rough paper."""
    canvas = np.full((SIDE, SIDE, 3), 0.97, np.float32)
    pigments = ((60, 120, 170), (230, 120, 90), (90, 160, 130), (240, 190, 90), (130, 100, 160), (70, 150, 190))
    for pigment in pigments * 2:
        blob = noise(SIDE, SIDE, (3, 3), 6, rng)
        wash = np.clip((blob - 0.12) * 9, 0, 1)
        edge = np.exp(-(((blob - 0.14) / 0.025) ** 2))
        density = (0.40 + 0.25 * noise(SIDE, SIDE, (5, 5), 4, rng)) * wash + 0.30 * edge
        canvas *= 1 - np.clip(density, 0, 1)[..., None] * (1 - np.array(pigment, np.float32) / 255)
    grain = noise(SIDE, SIDE, (150, 150), 2, rng)
    return canvas * (1 + 0.05 * grain[..., None])


def mosaic(rng: np.random.Generator) -> Array:
    """Voronoi tiles of glass in leads of grout."""
    grid = np.arange(12, SIDE, 24)
    seeds = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2) + rng.uniform(-8, 8, (len(grid) ** 2, 2))
    yy, xx = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    best, second, owner = (np.full((SIDE, SIDE), 1e9, np.float32) for _ in range(3))
    for i, (x, y) in enumerate(seeds):
        a, b, c, d = (int(np.clip(v, 0, SIDE)) for v in (y - 60, y + 60, x - 60, x + 60))
        distance = np.hypot(xx[a:b, c:d] - x, yy[a:b, c:d] - y).astype(np.float32)
        closer = distance < best[a:b, c:d]
        second[a:b, c:d] = np.where(closer, best[a:b, c:d], np.minimum(second[a:b, c:d], distance))
        owner[a:b, c:d] = np.where(closer, i, owner[a:b, c:d])
        best[a:b, c:d] = np.minimum(best[a:b, c:d], distance)
    tone = np.clip(noise(SIDE, SIDE, (3, 3), 3, rng) * 0.55 + 0.5, 0, 1)[
        seeds[:, 1].astype(int), seeds[:, 0].astype(int)
    ]
    tone = np.clip(tone + rng.normal(0, 0.07, len(tone)), 0, 1).astype(np.float32)
    glass = _palette(
        tone[owner.astype(int)], (24, 48, 110), (30, 130, 150), (240, 226, 190), (226, 150, 50), (160, 40, 40)
    )
    return mix((0.16, 0.14, 0.14), glass, np.clip((second - best - 1.5) / 2, 0, 1))


def ink(rng: np.random.Generator) -> Array:
    """Brush and wash on rice paper: black, greys, much left white."""
    wash = np.clip(noise(SIDE, SIDE, (2, 2), 6, rng) * 1.6 + 0.30, 0, 1)
    canvas = mix((0.95, 0.94, 0.90), (0.42, 0.45, 0.47), wash * 0.75)
    angle = noise(SIDE, SIDE, (3, 3), 3, rng) * 2.4
    dark = mix(canvas, (0.06, 0.07, 0.08), np.full((SIDE, SIDE), 0.92))
    _strokes(canvas, angle, dark, rng, 90, 110, 6)
    _strokes(canvas, angle + 0.5, dark, rng, 260, 40, 2)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), 0.8), np.float32)


def chalk(rng: np.random.Generator) -> Array:
    """Pastel hatching on dark paper."""
    tone = np.clip(noise(SIDE, SIDE, (2, 3), 3, rng) * 0.6 + 0.5, 0, 1)
    colours = _palette(tone, (226, 96, 110), (246, 176, 120), (250, 230, 180), (130, 190, 200), (96, 110, 190))
    canvas = np.full((SIDE, SIDE, 3), 0.14, np.float32)
    angle = np.full((SIDE, SIDE), 0.9, np.float32) + noise(SIDE, SIDE, (2, 2), 1, rng) * 0.5
    _strokes(canvas, angle, colours, rng, 3600, 48, 2)
    tooth = np.clip(noise(SIDE, SIDE, (128, 128), 2, rng) * 1.5 + 0.75, 0.25, 1)
    return np.asarray(canvas * tooth[..., None], np.float32)


TEXTURES: Mapping[str, Callable[[np.random.Generator], Array]] = {
    "swirl": swirl, "watercolour": watercolour, "woodcut": woodcut, "mosaic": mosaic, "ink": ink, "chalk": chalk,
}  # fmt: skip


@cache
def texture(name: str) -> Image.Image:
    """The style picture called ``name``, 512 × 512."""
    drawn = TEXTURES[name](np.random.default_rng(list(TEXTURES).index(name) + 1))
    return Image.fromarray(np.clip(drawn * 255 + 0.5, 0, 255).astype(np.uint8))
