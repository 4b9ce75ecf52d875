"""Masks for inpainting: white means repaint, transparent and black mean keep.

A request's mask is thresholded, inverted, grown and feathered into a weight in [0, 1] per pixel: 0 keeps the pixel exactly,
1 takes the repainted one. Distances are Euclidean, in pixels, between pixel centres.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core.errors import InvalidRequestError
from aigc_core.media import colour, decode, selection
from aigc_core.media.image import flatten
from aigc_core.tasks.inpaint import InpaintRequest

THRESHOLD = 128
_SPECKS = 16
"""Light pixels from which on they count as painted; fewer are artefacts of lossy compression around dark paint."""
Hole = NDArray[np.bool_]


class Prepared(NamedTuple):
    """The picture and mask that a pipeline is to fill."""

    picture: NDArray[np.uint8]
    """(H, W, 3), extended where the request says so; what is added repeats the edge."""
    hole: Hole
    """Boolean mask (H, W), True where the picture is to be filled."""
    weight: NDArray[np.float32]
    """(H, W) in [0, 1]: 0 outside the hole; inside it rises to 1 over the feather, and is 1 in what is added."""


def prepare(request: InpaintRequest) -> Prepared:
    """The picture and the hole as the request wants them.

    Raises:
        InvalidRequestError: the mask is not as large as the picture, selects nothing, or leaves nothing to go by.
    """
    picture = np.asarray(flatten(request.image))
    inner = _hole(request, picture)
    weight = feathered(inner, request.feather)
    left, top, right, bottom = request.margins
    sides = ((top, bottom), (left, right))
    picture = np.pad(picture, (*sides, (0, 0)), mode="edge")
    hole = np.pad(inner, sides, constant_values=True)
    _check_share(request, hole)
    return Prepared(picture, hole, np.pad(weight, sides, constant_values=1))


def _hole(request: InpaintRequest, picture: NDArray[np.uint8]) -> Hole:
    """The mask joined with the objects marked, within the picture as it was given."""
    if request.mask is None:
        hole = np.zeros(picture.shape[:2], bool)
    else:
        check_size(request.mask.size, request.image.size)
        hole = read(request.mask)
    if request.objects:
        hole = hole | selection.selected(picture, request.boxes)
    return edited(hole, invert=request.invert, grow=request.grow)


def _check_share(request: InpaintRequest, hole: Hole) -> None:
    share = float(hole.mean())
    if share == 0:
        raise InvalidRequestError(
            "The mask selects nothing. Paint over what should be repainted, or give a mask that is white there"
            + (f"; shrinking by {-request.grow} pixels may have emptied it." if request.grow < 0 else "."),
            "遮罩没有选中任何区域。请涂抹要重绘的部分，或上传在该处为白色的遮罩"
            + (f"（收缩 {-request.grow} 像素可能已将其清空）。" if request.grow < 0 else "。"),
        )
    if share == 1:
        raise InvalidRequestError(
            "The mask selects the whole picture, so nothing is left to continue from. Leave a part unpainted, or invert the mask.",
            "遮罩选中了整张图片，没有可供参考的内容。请留出一部分不涂抹，或反转遮罩。",
        )


def check_size(mask: tuple[int, int], picture: tuple[int, int]) -> None:
    """Hold a mask to its picture's width and height.

    Raises:
        InvalidRequestError: they differ.
    """
    if mask != picture:
        (w, h), (mw, mh) = picture, mask
        raise InvalidRequestError(
            f"The mask must be as large as the picture: the picture is {w}×{h}, the mask {mw}×{mh}. Resize the mask.",
            f"遮罩须与图片同样大小：图片为 {w}×{h}，遮罩为 {mw}×{mh}，请调整遮罩尺寸。",
        )


def load(file: str | Path | bytes | IO[bytes]) -> Image.Image:
    """A mask's picture: RGBA where a pixel of it is not opaque, else RGB; its colour profile is left aside.

    Raises:
        InvalidRequestError: see :func:`aigc_core.media.image.read`.
    """
    image = decode.load(file)
    image.info.pop("icc_profile", None)  # a mask is numbers, not colours to be seen
    try:
        rgb, alpha = colour.split(image)
    except Exception as error:
        raise decode.refused("its colours are damaged", "其颜色数据已损坏") from error
    if alpha is not None and alpha.getextrema() != (255, 255):
        rgb.putalpha(alpha)
    return rgb


def read(mask: Image.Image) -> Hole:
    """True where to repaint: where the mask is at least mid-grey and not transparent.

    A mask with transparent parts is a layer somebody painted on, so what is transparent is kept, and there any colour counts
    as light. Where nothing painted is light, as after a black brush, the paint itself is the mask.
    """
    rgb, alpha = colour.split(mask)
    if alpha is None:
        return np.asarray(rgb.convert("L")) >= THRESHOLD
    opacity = np.asarray(alpha)
    painted = opacity >= THRESHOLD
    if painted.all():
        return np.asarray(rgb.convert("L")) >= THRESHOLD
    light: Hole = np.asarray(np.asarray(rgb).max(-1) * (opacity / 255) >= THRESHOLD)
    if light.sum() >= max(1, min(_SPECKS, painted.sum() / 200)):
        return light
    return np.asarray(painted)


def edited(hole: Hole, *, invert: bool = False, grow: int = 0) -> Hole:
    """Inverted if asked for, then grown by a disc of radius ``grow`` pixels (shrunk where negative)."""
    hole = ~hole if invert else hole
    if grow == 0 or not hole.any() or hole.all():
        return hole
    if grow > 0:
        return distance(~hole) <= grow
    return distance(hole) > -grow


def feathered(hole: Hole, pixels: int) -> NDArray[np.float32]:
    """1 deep inside, falling to the edge over ``pixels``; 0 outside, never less than 1 / (pixels + 1) inside."""
    if pixels == 0:
        return hole.astype(np.float32)
    return np.asarray(np.minimum(distance(hole) / (pixels + 1), 1), np.float32)


def distance(hole: Hole) -> NDArray[np.float32]:
    """Distance of each pixel of the hole to the nearest one outside it; 0 outside. (H, W)."""
    import cv2  # tabs import this module, and the app starts without OpenCV

    return np.asarray(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def depth(hole: Hole) -> int:
    """Distance from the deepest point of the hole to the nearest known pixel, rounded; 0 without a hole."""
    return round(float(distance(hole).max(initial=0)))


def halved(picture: NDArray[np.uint8], hole: Hole) -> tuple[NDArray[np.uint8], Hole]:
    """Half the size; a pixel is known only where all four it is the mean of are."""
    import cv2

    h, w = hole.shape
    even = ((0, h % 2), (0, w % 2))
    picture, hole = np.pad(picture, (*even, (0, 0)), mode="edge"), np.pad(hole, even, mode="edge")
    h, w = hole.shape
    mean = cv2.resize(picture, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(mean, np.uint8), np.asarray(hole.reshape(h // 2, 2, w // 2, 2).any((1, 3)))


def compose(picture: NDArray[np.uint8], filled: NDArray[np.uint8], weight: NDArray[np.float32]) -> NDArray[np.uint8]:
    """``picture`` outside, ``filled`` inside the hole, (H, W, 3); pixels of weight 0 keep their bytes."""
    out = picture.copy()
    area = bounds(weight > 0)
    w = weight[area][..., None]
    before, after = picture[area], filled[area]
    soft = (w > 0) & (w < 1)
    out[area] = np.where(w > 0, after, before)
    if soft.any():
        mixed = (before * (1 - w) + after * w + np.float32(0.5)).astype(np.uint8)
        out[area] = np.where(soft, mixed, out[area])
    return out


def overlay(picture: Image.Image, weight: NDArray[np.float32], max_side: int = 1024) -> Image.Image:
    """The picture with what will be repainted in red, for looking at; scaled down to ``max_side``."""
    red = np.array([255, 40, 80], np.float32)
    base = np.asarray(flatten(picture), np.float32)
    shown = base + 0.55 * weight[..., None] * (red - base)
    image = Image.fromarray(shown.astype(np.uint8))
    image.thumbnail((max_side, max_side))
    return image


def bounds(hole: Hole, margin: int = 0) -> tuple[slice, slice]:
    """The smallest rows and columns that hold the hole and ``margin`` pixels around it; empty if there is none."""
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    top, left = max(0, int(rows[0]) - margin), max(0, int(columns[0]) - margin)
    return slice(top, int(rows[-1]) + margin + 1), slice(left, int(columns[-1]) + margin + 1)
