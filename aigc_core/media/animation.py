"""Moving pictures with transparency: GIF, animated WebP, and sprite sheets with the JSON that game engines read.

The JSON has the form that TexturePacker and Aseprite write ("array"), which Phaser, PixiJS and others load as it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

GIF_TICK_MS = 10
"""A GIF counts in hundredths of a second."""


def write_gif(file: Path, frames: Sequence[Image.Image], *, fps: float, comment: str = "") -> None:
    """Write an endless loop of RGB or RGBA frames of one size; a pixel of less than half opacity is left out.

    Args:
        fps: Frames a second; the file keeps each frame's time in whole hundredths of a second, at least two.
        comment: Text in the file, ASCII kept as it is.
    """
    drawn = [_indexed(frame) for frame in frames]
    duration = max(2, round(100 / fps)) * GIF_TICK_MS
    drawn[0].save(
        file, "GIF", save_all=True, append_images=drawn[1:], duration=duration, loop=0, disposal=2, optimize=False,
        comment=comment.encode(),
    )  # fmt: skip


def _indexed(frame: Image.Image) -> Image.Image:
    """255 colours of its own, and one that is transparent."""
    picture = frame.convert("RGBA")
    opaque = picture.getchannel("A").point(lambda value: 255 if value >= 128 else 0)
    indexed = picture.convert("RGB").quantize(255, dither=Image.Dither.NONE)
    indexed.paste(255, mask=opaque.point(lambda value: 255 - value))
    indexed.info["transparency"] = 255
    return indexed


def write_webp(file: Path, frames: Sequence[Image.Image], *, fps: float, comment: str = "") -> None:
    """Write an endless loop of RGB or RGBA frames of one size, without loss.

    Args:
        fps: Frames a second; the file keeps each frame's time in whole thousandths of a second.
        comment: Text in the file's XMP record.
    """
    first, *rest = [frame.convert("RGBA") for frame in frames]
    first.save(
        file, "WEBP", save_all=True, append_images=rest, duration=round(1000 / fps), loop=0, lossless=True, method=4,
        **({"xmp": comment.encode()} if comment else {}),
    )  # fmt: skip


def sprite_sheet(
    frames: Sequence[Image.Image], *, fps: float, image: str, tag: str = "loop"
) -> tuple[Image.Image, dict[str, Any]]:
    """All frames in one RGBA picture, row by row in a near-square grid, and where each of them is.

    Args:
        image: The picture's file name, which the JSON names.
        tag: The animation's name.
    """
    width, height = frames[0].size
    columns = math.ceil(math.sqrt(len(frames)))
    sheet = Image.new("RGBA", (columns * width, math.ceil(len(frames) / columns) * height))
    placed = []
    for i, frame in enumerate(frames):
        x, y = i % columns * width, i // columns * height
        sheet.paste(frame.convert("RGBA"), (x, y))
        placed.append(
            {
                "filename": f"{tag} {i}",
                "frame": {"x": x, "y": y, "w": width, "h": height},
                "rotated": False,
                "trimmed": False,
                "spriteSourceSize": {"x": 0, "y": 0, "w": width, "h": height},
                "sourceSize": {"w": width, "h": height},
                "duration": round(1000 / fps),
            }
        )
    meta = {
        "app": "aigc-studio",
        "version": "1.0",
        "image": image,
        "format": "RGBA8888",
        "size": {"w": sheet.width, "h": sheet.height},
        "scale": "1",
        "frameTags": [{"name": tag, "from": 0, "to": len(frames) - 1, "direction": "forward"}],
    }
    return sheet, {"frames": placed, "meta": meta}


def write_sprite_sheet(file: Path, frames: Sequence[Image.Image], *, fps: float, tag: str = "loop") -> Path:
    """Write the sheet as PNG and its JSON beside it; returns the JSON's path."""
    sheet, placed = sprite_sheet(frames, fps=fps, image=file.name, tag=tag)
    sheet.save(file, "PNG")
    described = file.with_suffix(".json")
    described.write_text(json.dumps(placed, indent=1) + "\n", "utf-8")
    return described
