"""Shared steps of the style networks: the picture fitted and painted, a small copy first; then stroke size, colours and strength.

A network paints strokes of one size in pixels. ``style_scale`` s lets it see the picture at 1/s of the size and enlarges its
answer, so that strokes become s times as wide; what the enlargement cannot know, the photo's own detail gives back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core.errors import InvalidRequestError
from aigc_core.media import image as pictures
from aigc_core.media import recolour
from aigc_core.tasks.fields import limits
from aigc_core.tasks.stylize import StylizeRequest
from aigc_core.types import Events, Progress, Result

Array = NDArray[np.float32]
Network = Callable[[Array], Generator[None, None, Array]]
"""A picture (H, W, 3) in [0, 1] to another; yields now and then while it computes, so that it can be closed."""

PREVIEW_SIDE = 384
MIN_SIDE = 32
"""Smaller pictures are padded: the networks halve the resolution twice and reflect four pixels at the border."""
MOST_PIXELS = int(limits(StylizeRequest, "max_side").maximum or 0) ** 2
"""Most pixels that a network paints at once."""
PICTURE = "picture"
"""The name of the style that a style picture gives."""
_PERCENT = 100


def shares(request: StylizeRequest, styles: Sequence[str]) -> dict[str, float]:
    """Share of each style in the request's blend, 1 in all; the first style where none is named.

    Raises:
        InvalidRequestError: the blend names a style that is not among ``styles``.
    """
    chosen = request.style or styles[0]
    weights = {chosen: 1.0}
    for name, weight in request.blended:
        if name not in styles:
            raise InvalidRequestError(
                f"blend names the style {name!r:.60}, which {request.model or 'this model'} does not have. "
                f"Choose from: {', '.join(styles)}.",
                f"混合风格（blend）中的 {name!r:.60} 不是 {request.model or '当前模型'} 的风格。可选：{'、'.join(styles)}。",
            )
        weights[name] = weights.get(name, 0.0) + weight
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def described(mixed: Mapping[str, float]) -> dict[str, Any]:
    """Facts for the recipe: the style, and the shares where several are blended."""
    rounded = {name: round(share, 4) for name, share in mixed.items()}
    return {"style": next(iter(mixed)), **({"shares": rounded} if len(mixed) > 1 else {})}


def paint(request: StylizeRequest, network: Network, info: Mapping[str, Any]) -> Events:
    """Fit the picture to ``max_side``, run the network on a small copy for the preview, then on the whole, and finish.

    At strength 0 the fitted picture comes back bit for bit.

    Raises:
        InvalidRequestError: ``style_scale`` would enlarge the picture beyond what a network can paint.
    """
    picture = pictures.fit(pictures.flatten(request.image), request.max_side)
    _check_scale(picture.size, request.style_scale)
    info = {**info, "width": picture.width, "height": picture.height}
    yield Progress(step=0, total=_PERCENT)
    if request.strength == 0:
        yield Progress(step=_PERCENT, total=_PERCENT, preview=picture)
        yield Result(output=picture.copy(), info=info)
        return
    small = pictures.fit(picture, PREVIEW_SIDE)
    start = time.monotonic()
    painted = yield from _passed(network, small, request.style_scale, expected_s=None)
    if small.size != picture.size:
        pixels = picture.width * picture.height / (small.width * small.height)
        expected_s = (time.monotonic() - start) * pixels
        preview = finished(small, painted, request).resize(picture.size, Image.Resampling.BICUBIC)
        yield Progress(step=_percent(0, expected_s), total=_PERCENT, preview=preview)
        painted = yield from _passed(network, picture, request.style_scale, expected_s=expected_s)
    output = finished(picture, painted, request)
    yield Progress(step=_PERCENT, total=_PERCENT, preview=output)
    yield Result(output=output, info=info)


def finished(picture: Image.Image, painted: Array, request: StylizeRequest) -> Image.Image:
    """``picture + strength · (painted - picture)``, with the picture's own colours if asked for."""
    original = floats(picture)
    painted = np.clip(painted, 0, 1)
    if request.keep_colors:
        painted = recolour.KEEPING[request.keep_colors_by](original, painted)
    mixed = original + request.strength * (painted - original)
    return Image.fromarray((mixed * 255 + 0.5).astype(np.uint8))


def floats(picture: Image.Image) -> Array:
    """(H, W, 3) in [0, 1]."""
    return np.asarray(picture, np.float32) / np.float32(255)


def _check_scale(size: tuple[int, int], scale: float) -> None:
    width, height = scaled(size, 1 / scale)
    if scale < 1 and width * height > MOST_PIXELS:
        most = (MOST_PIXELS / (width * height)) ** 0.5
        limit = f"{MOST_PIXELS / 1e6:.1f}"
        raise InvalidRequestError(
            f"style_scale {scale:g} has the network paint {width}×{height} pixels; at most {limit} megapixels are possible. "
            f"Choose style_scale {scale / most:.2f} or more, or max_side {int(max(size) * most)} or less.",
            f"笔触大小（style_scale）为 {scale:g} 时，网络须绘制 {width}×{height} 像素，最多 {limit} 百万像素。"
            f"请将其设为 {scale / most:.2f} 以上，或将最长边（max_side）设为 {int(max(size) * most)} 以下。",
        )


def scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    """Both sides times ``factor``, at least one pixel."""
    width, height = (max(1, round(side * factor)) for side in size)
    return width, height


def _passed(
    network: Network, picture: Image.Image, scale: float, *, expected_s: float | None
) -> Generator[Progress, None, Array]:
    """One pass at 1/``scale`` of the size with progress by the clock: a network call does not say how far it is."""
    seen = floats(picture)
    if scale != 1:
        seen = _resized(seen, scaled(picture.size, 1 / scale))
    padded, size = _pad(seen)
    start = time.monotonic()
    running = network(padded)
    try:
        while True:
            next(running)
            yield Progress(step=_percent(time.monotonic() - start, expected_s), total=_PERCENT)
    except StopIteration as done:
        painted: Array = done.value[: size[0], : size[1]]
        return painted if scale == 1 else _at_size_of(picture, seen, painted)
    finally:
        running.close()


def _at_size_of(picture: Image.Image, seen: Array, painted: Array) -> Array:
    """The painting at the picture's size, with the detail that the picture lost on its way to ``seen``."""
    original = floats(picture)
    detail = original - _resized(seen, picture.size)
    enlarged = _resized(painted, picture.size)
    enlarged += detail.mean(-1, keepdims=True)
    return enlarged


def _resized(picture: Array, size: tuple[int, int]) -> Array:
    """(H, W, 3) at another size: by area when it shrinks, else by cubic interpolation."""
    shrinks = size[0] < picture.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=method), np.float32)


def _percent(elapsed_s: float, expected_s: float | None) -> int:
    return 1 if expected_s is None else min(95, 5 + int(90 * elapsed_s / max(expected_s, 1e-3)))


def _pad(x: Array) -> tuple[Array, tuple[int, int]]:
    """Mirror the border up to multiples of four and at least ``MIN_SIDE``; the padded picture and its true size."""
    h, w = x.shape[:2]
    down, right = (max(MIN_SIDE, side + -side % 4) - side for side in (h, w))
    return np.pad(x, ((0, down), (0, right), (0, 0)), mode="symmetric"), (h, w)
