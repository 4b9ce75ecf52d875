"""Any kind of PIL picture to eight bits of sRGB, with its transparency beside it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageCms

from aigc_core.media.decode import Note, noted

_BAD_PROFILE: Note = (
    "its colour profile is damaged or of a kind not known here; the colours were taken as sRGB",
    "其色彩配置文件已损坏或不受支持，颜色按 sRGB 处理",
)
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
"""Colour space of a profile → the mode of the pictures it is for."""
_SAME = 2
"""Levels by which a profile may move a colour and still count as sRGB; the picture then keeps its bytes."""
_GREY = ("1", "L", "LA", "La")


def is_transparent(image: Image.Image) -> bool:
    """True if the picture may have transparent pixels."""
    return image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info


def split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """RGB in sRGB, with ``info`` holding notes alone, and the alpha channel (L) where there is one.

    Grey of 16 or 32 bits and of floats is scaled, see :func:`eight_bits`; a colour profile (ICC) is applied.
    """
    profile, notes = image.info.get("icc_profile"), image.info.get("notes", ())
    base, alpha = _separated(image)
    rgb, said = _converted(base, profile)
    rgb.info = {}
    return (noted(rgb, *notes, *said) if notes or said else rgb), alpha


def _separated(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The picture without transparency, of mode L, RGB, CMYK or LAB, and its alpha."""
    if image.mode[0] in "IF":
        return _deep(image)
    if image.mode == "CMYK":
        inverted = image.format in ("JPEG", "MPO") and "adobe" not in image.info  # Pillow takes every one for Adobe's
        return (ImageChops.invert(image) if inverted else image), None
    if image.mode in ("L", "RGB", "LAB") and not is_transparent(image):
        return image, None
    grey = "L" if image.mode in _GREY else "RGB"
    if not is_transparent(image):
        return image.convert(grey), None
    rgba = image.convert("LA").convert("RGBA") if image.mode == "La" else image.convert("RGBA")
    return rgba.convert("RGB").convert(grey), rgba.getchannel("A")


def _deep(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Grey of more than eight bits."""
    tags: Any = getattr(image, "tag_v2", {})
    values = np.asarray(image)
    if image.mode == "I" and tags.get(339, (2,)) in (1, (1,)):  # unsigned, which Pillow has no mode for
        values = values.view(np.uint32)
    sizes = tags.get(258, (16,))
    bits = int(sizes[0] if isinstance(sizes, tuple) else sizes)
    grey = eight_bits(values, min(max(bits, 8), 16) if image.mode.startswith("I;16") else None)
    if tags.get(262) == 0:  # white is zero
        grey = 255 - grey
    clear = image.info.get("transparency")
    alpha = Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)) if isinstance(clear, int) else None
    return Image.fromarray(grey), alpha


def eight_bits(values: NDArray[Any], bits: int | None = None) -> NDArray[np.uint8]:
    """Grey values of any type as 0…255.

    Args:
        bits: What the file says; the values then lie in [0, 2^bits). None where only the values themselves can tell:
            [0, 1] of floats, [0, 255] and [0, 65535] are scaled as such where their values fill enough of them, anything
            else by its range (0.5 % at either end is clipped), so that no picture comes out black.
    """
    if bits is not None:
        return np.asarray(np.clip(values.astype(np.int64) >> (bits - 8), 0, 255), np.uint8)
    numbers = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=3.4e38, neginf=-3.4e38)
    low, high = (float(v) for v in (numbers.min(), numbers.max()))
    if values.dtype.kind == "f" and low >= 0 and (high <= 1 and (high >= 0.1 or low == high)):
        return np.asarray(np.rint(numbers * 255), np.uint8)
    if low >= 0 and (high >= (128 if values.dtype.kind == "f" else 16) or low == high):
        if high <= 255:
            return np.asarray(np.rint(numbers), np.uint8)
        if high <= 65535:
            return np.asarray(numbers / 256, np.uint8)
    return _stretched(numbers, low, high)


def _stretched(numbers: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    bottom, top = (float(v) for v in np.percentile(numbers, (0.5, 99.5)))
    if bottom < top:
        low, high = bottom, top
    if low == high:
        return np.full(numbers.shape, 255 if high > 0 else 0, np.uint8)
    return np.asarray(np.rint(np.clip((numbers - low) / (high - low), 0, 1) * 255), np.uint8)


# --- colour profiles ---------------------------------------------------------------------------------------------------


def _converted(base: Image.Image, profile: Any) -> tuple[Image.Image, tuple[Note, ...]]:
    """``base`` in sRGB."""
    if not profile:
        return base.convert("RGB"), ()
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _SPACES[source.profile.xcolor_space.strip()]
        if base.mode != mode and (base.mode, mode) != ("L", "RGB"):
            raise ImageCms.PyCMSError(f"a profile for {mode} in a picture of {base.mode}")
        return _applied(base if base.mode == mode else base.convert(mode), source), ()
    except Exception:  # lcms and Pillow raise many kinds for the many ways in which a profile can be damaged
        return base.convert("RGB"), (_BAD_PROFILE,)


def _applied(base: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), base.mode, "RGB")
    if base.mode in ("L", "RGB"):
        probe = _probe(base.mode)
        moved = ImageCms.applyTransform(probe, transform)
        assert moved is not None
        change = np.asarray(moved, np.int16) - np.asarray(probe.convert("RGB"), np.int16)
        if int(np.abs(change).max()) <= _SAME:
            return base.convert("RGB")
    result = ImageCms.applyTransform(base, transform)
    assert result is not None
    return result


def _probe(mode: str) -> Image.Image:
    """Every grey, or 17³ colours of a lattice."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    steps = np.linspace(0, 255, 17).round().astype(np.uint8)
    return Image.fromarray(np.stack(np.meshgrid(steps, steps, steps), -1).reshape(17, 289, 3))
