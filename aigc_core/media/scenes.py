"""Example pictures drawn from nothing: a lake, a canal street, a still life. Deterministic, and free of anybody's rights.

The tabs offer them as examples and the tests use them as photographs. Every scene is a function of its size and a seed:
``lake`` paints mountains and their reflection, ``canal`` a row of houses at dusk, ``still_life`` traces rays to spheres.
Colours are floats in [0, 1], arrays (H, W, 3), y down.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Array = NDArray[np.float32]
_SUPERSAMPLE = 2


def lake(width: int = 960, height: int = 640, seed: int = 3) -> Image.Image:
    """Mountains at sunset over a still lake, firs on the near bank."""
    rng = np.random.default_rng(seed)
    w, h = width * _SUPERSAMPLE, height * _SUPERSAMPLE
    shore = int(h * 0.60)
    sun = (int(w * 0.66), int(h * 0.37))
    picture = _sky(w, h, sun, rng)
    for depth in np.linspace(0, 1, 5):
        _ridge(picture, shore, float(depth), sun, rng)
    _reflect(picture, shore, rng)
    _glitter(picture, shore, sun, rng)
    _bank(picture, rng)
    for x in np.concatenate([rng.uniform(0, 0.25, 9), rng.uniform(0.82, 1.0, 7)]):
        _fir(picture, float(x) * w, h * float(rng.uniform(0.84, 0.97)), h * float(rng.uniform(0.2, 0.46)), rng)
    return _finish(picture, width, height, rng)


def canal(width: int = 960, height: int = 640, seed: int = 8) -> Image.Image:
    """A row of gabled houses with lit windows, mirrored in a canal."""
    rng = np.random.default_rng(seed)
    w, h = width * _SUPERSAMPLE, height * _SUPERSAMPLE
    quay = int(h * 0.68)
    picture = _sky(w, h, (int(w * 0.22), int(h * 0.55)), rng)
    walls = np.array([[196, 84, 62], [226, 178, 92], [92, 132, 156], [214, 206, 186], [148, 70, 78], [112, 142, 108]])
    x, previous = -0.02 * w, -1
    while x < w:
        wide = w * float(rng.uniform(0.10, 0.15))
        choice = int(rng.choice([i for i in range(len(walls)) if i != previous]))
        _house(picture, x, wide, quay, h * float(rng.uniform(0.34, 0.52)), walls[choice] / 255, rng)
        x, previous = x + wide, choice
    picture[quay - h // 60 : quay] = (0.30, 0.27, 0.27)
    _reflect(picture, quay, rng)
    return _finish(picture, width, height, rng)


def still_life(width: int = 960, height: int = 640, seed: int = 5) -> Image.Image:
    """Fruit-coloured spheres on a wooden table, ray traced with soft shadows and one reflection."""
    rng = np.random.default_rng(seed)
    w, h = int(width * 1.25), int(height * 1.25)
    u, v = np.meshgrid((np.arange(w) + 0.5 - w / 2) / h, (np.arange(h) + 0.5) / h - 0.5)
    rays = np.stack([u * 1.05, -v * 1.05 - 0.36, np.ones_like(u)], -1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    eye = np.array([0.0, 2.15, -5.4])
    colour = _trace(np.broadcast_to(eye, rays.shape).reshape(-1, 3), rays.reshape(-1, 3), rng, bounce=True)
    return _finish(colour.reshape(h, w, 3).astype(np.float32), width, height, rng)


SCENES: Mapping[str, Callable[..., Image.Image]] = {"lake": lake, "canal": canal, "still-life": still_life}


# --- damage, for inpainting -------------------------------------------------------------------------------------------


def scratched(image: Image.Image, seed: int = 1, count: int = 14) -> tuple[Image.Image, Image.Image]:
    """The picture as a scratched old print, and the mask (white: damage) that covers the scratches and spots."""
    rng = np.random.default_rng(seed)
    w, h = image.size
    mask = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(mask)
    for _ in range(count):
        start = rng.uniform((0, 0), (w, h))
        angle = rng.normal(1.2, 0.5)
        steps = np.cumsum(rng.normal((np.cos(angle), np.sin(angle)), 0.25, (24, 2)) * h * 0.022, axis=0)
        draw.line([tuple(p) for p in start + steps], fill=255, width=int(rng.integers(2, max(3, h // 120))))
    for x, y in rng.uniform((0, 0), (w, h), (count, 2)):
        r = rng.uniform(0.003, 0.012) * h
        draw.ellipse((x - r, y - r * 0.8, x + r, y + r * 0.8), fill=255)
    return Image.composite(Image.new("RGB", image.size, (238, 234, 226)), image, mask), mask


def stamped(image: Image.Image, text: str = "24.11.2026  18:07") -> tuple[Image.Image, Image.Image]:
    """The picture with a camera's date stamp, and the mask of its letters."""
    size = image.height // 14
    mask = Image.new("L", image.size, 0)
    place = (image.width - size * 0.6, image.height - size * 0.6)
    ImageDraw.Draw(mask).text(place, text, fill=255, font=ImageFont.load_default(size), anchor="rs")
    mask = mask.point(lambda v: 255 if v > 20 else 0)
    return Image.composite(Image.new("RGB", image.size, (255, 148, 40)), image, mask), mask


# --- painting ---------------------------------------------------------------------------------------------------------


def noise(h: int, w: int, cells: tuple[float, float], octaves: int, rng: np.random.Generator) -> Array:
    """Fractal value noise in about [-1, 1], (h, w); ``cells`` is (rows, columns) of the coarsest octave."""
    total = np.zeros((h, w), np.float32)
    for k in range(octaves):
        rows, columns = (max(2, int(c * 2**k)) for c in cells)
        if rows > h or columns > w:
            break
        grid = rng.uniform(-1, 1, (rows + 1, columns + 1)).astype(np.float32)
        total += cv2.resize(grid, (w, h), interpolation=cv2.INTER_CUBIC) * 0.5**k
    return total / 1.5


def mix(a: Any, b: Any, t: Any) -> Array:
    """``a`` where t = 0, ``b`` where t = 1; t of shape (…) against colours (…, 3)."""
    t = np.clip(np.asarray(t, np.float32), 0, 1)[..., None]
    return np.asarray(np.asarray(a, np.float32) * (1 - t) + np.asarray(b, np.float32) * t, np.float32)


def _sky(w: int, h: int, sun: tuple[int, int], rng: np.random.Generator) -> Array:
    y = np.linspace(0, 1, h, dtype=np.float32)[:, None] * np.ones((1, w), np.float32)
    colour = mix((0.16, 0.27, 0.52), (0.97, 0.72, 0.52), (y / 0.62) ** 1.3)
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    distance = np.hypot(xx - sun[0], (yy - sun[1]) * 1.15) / h
    colour += mix((0, 0, 0), (0.5, 0.30, 0.10), np.exp(-distance * 4.5))
    clouds = noise(h, w, (9, 3), 6, rng) + 0.25 * noise(h, w, (26, 7), 4, rng)
    cover = np.clip((clouds - 0.12) * 2.2, 0, 1) * np.clip(1.25 - y * 1.5, 0, 1)
    lit = mix((0.55, 0.45, 0.55), (1.0, 0.80, 0.62), np.exp(-distance * 2.2) + (clouds - 0.3) * 0.5)
    colour = mix(colour, lit, cover * 0.85)
    return mix(np.minimum(colour, 1), (1.0, 0.95, 0.80), np.clip((0.034 - distance) * h / 4, 0, 1))


def _ridge(picture: Array, shore: int, depth: float, sun: tuple[int, int], rng: np.random.Generator) -> None:
    """One range of mountains, ``depth`` 0 the farthest; lit from the sun's side, hazier the farther."""
    h, w = picture.shape[:2]
    x = np.linspace(0, 1, w, dtype=np.float32)
    line = 1 - np.abs(_profile(w, 3 + 3 * depth, rng)) * 1.3 + 0.25 * _profile(w, 9 + 9 * depth, rng)
    peak = shore - h * (0.36 - 0.27 * depth) * (0.35 + 0.65 * line) * (1 - 0.35 * np.exp(-(((x - 0.62) / 0.2) ** 2)))
    top = max(0, int(peak.min()) - 2)
    rows = np.arange(top, shore, dtype=np.float32)[:, None]
    inside = np.clip(rows - peak[None], 0, 1)
    relief = _warped(noise(shore - top, w, (4, 10 + 8 * depth), 7, rng), h * 0.03, rng)
    slope = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=5) * w / 9000
    light = np.clip(0.5 - slope * np.sign(sun[0] - np.arange(w))[None], 0, 1)
    rock = mix(
        mix((0.36, 0.38, 0.56), (0.06, 0.13, 0.14), depth), mix((0.92, 0.66, 0.58), (0.28, 0.33, 0.18), depth), light
    )
    snow = np.clip((h * (0.05 + 0.02 * relief) - (rows - peak[None])) / (h * 0.02), 0, 1) * (1 - depth) ** 2
    rock = mix(rock, mix((0.66, 0.68, 0.82), (1.0, 0.90, 0.84), light), snow * 0.9)
    haze = np.clip((rows - peak[None]) / (shore - top) * 0.55 + 0.30, 0, 1) * (1 - depth) ** 1.2
    picture[top:shore] = mix(picture[top:shore], mix(rock, (0.93, 0.72, 0.62), haze), inside)


def _profile(w: int, cells: float, rng: np.random.Generator) -> Array:
    """One-dimensional noise in about [-1, 1], rough down to single pixels, (w,)."""
    total = np.zeros(w, np.float32)
    for k in range(8):
        knots = rng.uniform(-1, 1, int(cells * 2**k) + 2)
        total += np.interp(np.linspace(0, len(knots) - 1, w), np.arange(len(knots)), knots).astype(np.float32) * 0.5**k
    return total / 1.3


def _warped(field: Array, by: float, rng: np.random.Generator) -> Array:
    """``field`` bent by smooth noise of ``by`` pixels, which hides the grid the noise was drawn on."""
    h, w = field.shape
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    dx, dy = (noise(h, w, (5, 12), 4, rng) * by for _ in range(2))
    return np.asarray(cv2.remap(field, xx + dx, yy + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)


def _reflect(picture: Array, shore: int, rng: np.random.Generator) -> None:
    """Mirror what is above ``shore`` into the water, broken by ripples that grow towards the viewer."""
    h, w = picture.shape[:2]
    rows = np.arange(h - shore, dtype=np.float32)[:, None] * np.ones((1, w), np.float32)
    near = rows / (h - shore)
    waves = noise(h - shore, w, (46, 5), 4, rng)
    columns = np.arange(w, dtype=np.float32)[None] + waves * (2 + 26 * near)
    source = np.clip(shore - 1 - rows * 1.15 + waves * (3 + 34 * near), 0, shore - 1)
    mirror = cv2.remap(
        picture, columns.astype(np.float32), source.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    water = mix(mirror * (0.86, 0.90, 0.95), (0.07, 0.15, 0.24), 0.16 + 0.42 * near)
    picture[shore:] = water + (waves * 0.05 * (0.3 + near))[..., None]


def _glitter(picture: Array, shore: int, sun: tuple[int, int], rng: np.random.Generator) -> None:
    h, w = picture.shape[:2]
    near = np.linspace(0, 1, h - shore, dtype=np.float32)[:, None]
    across = np.abs(np.arange(w, dtype=np.float32)[None] - sun[0]) / (w * (0.02 + 0.09 * near))
    sparks = np.clip(noise(h - shore, w, (90, 26), 3, rng) - 0.18, 0, 1) * np.exp(-(across**2)) * 2.6
    picture[shore:] = mix(picture[shore:], (1.0, 0.86, 0.62), sparks)


def _bank(picture: Array, rng: np.random.Generator) -> None:
    h, w = picture.shape[:2]
    x = np.linspace(-1, 1, w, dtype=np.float32)
    edge = h * (1.0 - 0.13 * np.abs(x) ** 1.6) + noise(2, w, (1, 14), 6, rng)[0] * h * 0.012
    top = int(edge.min()) - 1
    rows = np.arange(top, h, dtype=np.float32)[:, None]
    grass = noise(h - top, w, (5, 160), 4, rng) * 0.5 + 0.5
    picture[top:] = mix(picture[top:], mix((0.03, 0.07, 0.05), (0.20, 0.24, 0.10), grass), rows - edge[None])


def _fir(picture: Array, x: float, base: float, tall: float, rng: np.random.Generator) -> None:
    """A conifer as drooping branches, longer towards the ground, brighter where the sun reaches."""
    canvas = np.zeros(picture.shape[:2], np.uint8)
    cv2.line(canvas, (int(x), int(base)), (int(x), int(base - tall)), 255, max(1, int(tall * 0.016)), cv2.LINE_AA)
    for t in np.linspace(0.03, 0.93, 46):
        for side in (-1, 1):
            reach = tall * 0.21 * t**0.9 * rng.uniform(0.65, 1.15)
            y = base - tall * (1 - t)
            tip = (int(x + side * reach), int(y + reach * rng.uniform(0.25, 0.55)))
            cv2.line(canvas, (int(x), int(y)), tip, 255, max(1, int(tall * 0.013)), cv2.LINE_AA)
    left, right = (int(np.clip(v, 0, picture.shape[1])) for v in (x - tall * 0.3, x + tall * 0.3))
    if left < right:
        cover = canvas[:, left:right].astype(np.float32) / 255
        light = np.clip(
            (np.arange(left, right, dtype=np.float32) - x) / (tall * 0.2) * np.sign(picture.shape[1] * 0.6 - x), 0, 1
        )
        picture[:, left:right] = mix(
            picture[:, left:right], mix((0.02, 0.06, 0.06), (0.16, 0.17, 0.09), light)[None], cover
        )


def _house(picture: Array, x: float, wide: float, quay: int, tall: float, wall: Any, rng: np.random.Generator) -> None:
    """A façade with a stepped or pointed gable, rows of windows (some lit) and a door."""
    h, w = picture.shape[:2]
    top = quay - tall
    shade = (
        1
        + 0.10 * noise(h, w, (60, 60), 3, rng)[..., None]
        - 0.12 * np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    )
    body = np.zeros((h, w), np.uint8)
    gable = wide * 0.5
    outline = [(x, quay), (x, top), (x + wide / 2, top - gable), (x + wide, top), (x + wide, quay)]
    if rng.random() < 0.5:
        steps = [(x + wide * s / 8, top - gable * (s / 4 if s <= 4 else 2 - s / 4)) for s in range(9)]
        outline = [(x, quay)] + [p for a, b in itertools.pairwise(steps) for p in ((a[0], min(a[1], b[1])), (b[0], min(a[1], b[1])))] + [(x + wide, quay)]  # fmt: skip
    cv2.fillPoly(body, [np.array(outline, np.int32)], 255, cv2.LINE_AA)
    picture[:] = mix(picture, np.asarray(wall, np.float32) * shade * (0.80, 0.78, 0.84), body.astype(np.float32) / 255)
    cv2.polylines(picture, [np.array(outline, np.int32)], False, (0.93, 0.90, 0.84), max(1, h // 300), cv2.LINE_AA)
    floors = max(2, int(tall / (h * 0.115)))
    for floor in range(floors):
        for column in range(3):
            cx = x + wide * (0.22 + 0.28 * column)
            cy = top + tall * (floor + 0.55) / floors
            glass = (1.0, 0.80, 0.42) if rng.random() < 0.4 else (0.15, 0.19, 0.28)
            _window(picture, cx, cy, wide * 0.085, tall / floors * 0.30, glass)
    _window(picture, x + wide / 2, top - gable * 0.32, wide * 0.07, wide * 0.09, (1.0, 0.80, 0.42))


def _window(
    picture: Array, x: float, y: float, half_w: float, half_h: float, glass: tuple[float, float, float]
) -> None:
    frame = max(2, picture.shape[0] // 260)
    a, b = (int(x - half_w), int(y - half_h)), (int(x + half_w), int(y + half_h))
    cv2.rectangle(picture, (a[0] - frame, a[1] - frame), (b[0] + frame, b[1] + frame), (0.92, 0.90, 0.86), -1)
    cv2.rectangle(picture, a, b, glass, -1)
    cv2.line(picture, (int(x), a[1]), (int(x), b[1]), (0.92, 0.90, 0.86), frame // 2 + 1)
    cv2.line(picture, (a[0], int(y)), (b[0], int(y)), (0.92, 0.90, 0.86), frame // 2 + 1)


# --- ray tracing ------------------------------------------------------------------------------------------------------

_BALLS = np.array(  # x, z, radius, red, green, blue
    [
        [-1.55, 1.1, 0.95, 0.90, 0.45, 0.08], [0.25, 1.7, 1.15, 0.60, 0.07, 0.10], [1.85, 0.8, 0.80, 0.93, 0.78, 0.22],
        [-0.45, -0.35, 0.62, 0.32, 0.52, 0.12], [0.95, -0.6, 0.50, 0.20, 0.12, 0.34], [-2.3, -0.55, 0.42, 0.25, 0.10, 0.30],
        [1.9, -1.0, 0.36, 0.75, 0.16, 0.14], [2.95, 1.9, 0.85, 0.36, 0.55, 0.62],
    ]
)  # fmt: skip
_LIGHT = np.array([-4.2, 6.2, -3.0])


def _hit(origin: NDArray[Any], ray: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Distance to the nearest ball and its index, −1 for none; (N,), (N,)."""
    best = np.full(len(ray), np.inf)
    which = np.full(len(ray), -1)
    for i, (x, z, r, *_) in enumerate(_BALLS):
        offset = origin - (x, r, z)
        b = np.einsum("ij,ij->i", offset, ray)
        root = b * b - (np.einsum("ij,ij->i", offset, offset) - r * r)
        t = -b - np.sqrt(np.maximum(root, 0))
        closer = (root > 0) & (t > 1e-3) & (t < best)
        best[closer], which[closer] = t[closer], i
    return best, which


def _trace(origin: NDArray[Any], ray: NDArray[Any], rng: np.random.Generator, *, bounce: bool) -> NDArray[Any]:
    """Colours (N, 3) of rays: Lambert + Blinn-Phong under an area light, one mirror bounce with Schlick's Fresnel term."""
    t, which = _hit(origin, ray)
    floor = np.where(ray[:, 1] < -1e-6, -origin[:, 1] / np.minimum(ray[:, 1], -1e-6), np.inf)
    on_floor = (floor < t) & (origin[:, 2] + ray[:, 2] * np.minimum(floor, 99) < 4.2)
    t = np.where(on_floor, floor, t)
    which = np.where(on_floor, -1, which)
    backdrop = mix((0.30, 0.22, 0.18), (0.10, 0.09, 0.12), np.hypot(ray[:, 0] + 0.35, ray[:, 1] * 1.6) * 1.35)
    colour = backdrop.astype(np.float64)
    solid = on_floor | (which >= 0)
    point = origin[solid] + ray[solid] * t[solid, None]
    ball = which[solid]
    centre = np.stack([_BALLS[ball, 0], _BALLS[ball, 2], _BALLS[ball, 1]], -1)
    normal = np.where(ball[:, None] >= 0, (point - centre) / _BALLS[ball, 2][:, None], (0.0, 1.0, 0.0))
    skin = np.where(ball[:, None] >= 0, _BALLS[ball, 3:6], _wood(point))
    shine = np.where(ball >= 0, 0.55, 0.12)
    lit = _light(point, normal, rng, samples=12 if bounce else 3)
    half = _unit(_unit(_LIGHT - point) - ray[solid])
    gloss = np.maximum(np.einsum("ij,ij->i", normal, half), 0) ** 70 * shine * lit
    ambient = 0.16 + 0.12 * normal[:, 1:2]
    contact = np.where(ball[:, None] >= 0, np.clip(0.45 + point[:, 1:2] / 0.8, 0, 1), 1.0)
    shaded = skin * (lit[:, None] * (1.0, 0.94, 0.84) + ambient * contact * (0.9, 0.95, 1.1)) + gloss[:, None]
    if bounce:
        cosine = np.clip(-np.einsum("ij,ij->i", normal, ray[solid]), 0, 1)
        fresnel = (0.05 + 0.75 * (1 - cosine) ** 5) * np.where(ball >= 0, 1.0, 0.45)
        mirror = ray[solid] + 2 * cosine[:, None] * normal
        shaded = shaded * (1 - fresnel[:, None]) + fresnel[:, None] * _trace(
            point + normal * 1e-3, mirror, rng, bounce=False
        )
    colour[solid] = shaded
    return np.clip(colour, 0, 1) ** (1 / 1.25)


def _light(point: NDArray[Any], normal: NDArray[Any], rng: np.random.Generator, *, samples: int) -> NDArray[Any]:
    """Lambert's cosine times the visible part of a square light of side 2.4, (N,)."""
    total = np.zeros(len(point))
    for _ in range(samples):
        target = _LIGHT + rng.uniform(-1.2, 1.2, (len(point), 3)) * (1, 0.2, 1)
        towards = _unit(target - point)
        blocked = _hit(point + normal * 1e-3, towards)[1] >= 0
        total += np.maximum(np.einsum("ij,ij->i", normal, towards), 0) * ~blocked
    return total / samples


def _wood(point: NDArray[Any]) -> NDArray[Any]:
    x, z = point[:, 0], point[:, 2]
    plank = np.floor(z * 1.1)
    grain = np.sin(x * 1.7 + 2.2 * np.sin(z * 5.1 + plank) + plank * 5) + 0.4 * np.sin(x * 9 + z * 31 + plank * 3)
    seam = np.where(np.abs(z * 1.1 - plank) < 0.025, 0.55, 1.0)
    return np.asarray(mix((0.34, 0.19, 0.10), (0.56, 0.36, 0.20), grain * 0.3 + 0.5)) * seam[:, None]


def _unit(v: NDArray[Any]) -> NDArray[Any]:
    unit: NDArray[Any] = v / np.linalg.norm(v, axis=-1, keepdims=True)
    return unit


def _finish(picture: Array, width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """Scale down (the supersampling), add a breath of film grain, round to 8 bits."""
    small = cv2.resize(np.clip(picture, 0, 1), (width, height), interpolation=cv2.INTER_AREA)
    small = small + rng.normal(0, 0.006, (height, width, 1)).astype(np.float32)
    return Image.fromarray(np.clip(small * 255 + 0.5, 0, 255).astype(np.uint8))
