"""Pictures: read within limits, write PNG with a recipe inside, lay out grids."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from aigc_core.errors import InvalidRequestError
from aigc_core.requests import MAX_PIXELS


def read(file: str | Path | bytes | IO[bytes]) -> Image.Image:
    """An RGB picture (transparency over white, camera rotation applied); its size is checked before decoding.

    Raises:
        InvalidRequestError: not a picture, damaged, or above 16 megapixels.
    """
    source = io.BytesIO(file) if isinstance(file, bytes) else file
    try:
        image: Image.Image = Image.open(source)
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise InvalidRequestError(
                f"The picture may have at most {MAX_PIXELS // 1_000_000} megapixels; got {width}×{height}. "
                "Please make it smaller.",
                f"图片最多 {MAX_PIXELS // 1_000_000} 百万像素，收到 {width}×{height}，请缩小后再试。",
            )
        image = ImageOps.exif_transpose(image)
        return flatten(image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidRequestError(
            f"The file could not be read as a picture ({type(error).__name__}). Use PNG, JPEG or WebP.",
            "无法将该文件作为图片读取，请使用 PNG、JPEG 或 WebP。",
        ) from error


def flatten(image: Image.Image) -> Image.Image:
    """RGB, transparency laid over white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    if image.mode.startswith("I;16") or image.mode == "I":  # 16-bit grey: PIL's own conversion clips it
        return image.point(lambda v: v / 256).convert("L").convert("RGB")
    return image.convert("RGB")


def fit(image: Image.Image, max_side: int) -> Image.Image:
    """Scaled down, never up, so that the longest side is at most ``max_side``."""
    scale = max_side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def enlarge(image: Image.Image, factor: int) -> Image.Image:
    """``factor`` times larger, by Lanczos; the picture itself at 1."""
    size = (image.width * factor, image.height * factor)
    return image if factor == 1 else image.resize(size, Image.Resampling.LANCZOS)


def grid(
    images: Sequence[Image.Image], *, columns: int | None = None, gap: int = 4, fill: str = "white"
) -> Image.Image:
    """Pictures of one size side by side, as near to a square as ``columns`` (default ⌈√n⌉) makes it."""
    columns = columns or max(1, round(len(images) ** 0.5 + 0.49))
    rows = -(-len(images) // columns)
    width, height = images[0].size
    sheet = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), fill)
    for i, image in enumerate(images):
        sheet.paste(image, ((i % columns) * (width + gap), (i // columns) * (height + gap)))
    return sheet


def write_png(file: Path, image: Image.Image, text: dict[str, str]) -> None:
    """Write ``image`` with text chunks (iTXt, UTF-8)."""
    info = PngImagePlugin.PngInfo()
    for key, value in text.items():
        info.add_itxt(key, value)
    image.save(file, "PNG", pnginfo=info)
