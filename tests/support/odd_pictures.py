"""Makes the pictures that the tests of reading need."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from aigc_core.media import image

RAMP = np.linspace(0, 255, 96 * 64).round().astype(np.uint8).reshape(64, 96)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(data: bytes) -> np.ndarray[Any, Any]:
    picture = image.read(data)
    assert picture.mode == "RGB" and set(picture.info) <= {"notes"}
    return np.asarray(picture).astype(int)


def rgb_profile(*primaries: tuple[float, float, float], gamma: float = 1.0) -> bytes:
    """An ICC profile of three primaries in XYZ (D50) and one gamma."""

    def tag(kind: bytes, data: bytes) -> bytes:
        body = kind + b"\0\0\0\0" + data
        return body + b"\0" * (-len(body) % 4)

    def xyz(values: tuple[float, float, float]) -> bytes:
        return tag(b"XYZ ", struct.pack(">3i", *(round(v * 65536) for v in values)))

    curve = tag(b"curv", struct.pack(">IH", 1, round(gamma * 256)))
    text = tag(b"desc", struct.pack(">I", 5) + b"test\0" + b"\0" * 79)
    parts = {b"desc": text, b"wtpt": xyz((0.9642, 1.0, 0.8249))}
    parts |= {name: xyz(p) for name, p in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    parts |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    at, table, body = 128 + 4 + 12 * len(parts), b"", b""
    for name, data in parts.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + b"\0" * 28
    head += struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(parts)) + table + body


RED, GREEN, BLUE = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)  # sRGB's, for D50
SWAPPED = rgb_profile(BLUE, GREEN, RED, gamma=2.2)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def png16(colour_type: int, samples: np.ndarray[Any, Any]) -> bytes:
    """A 16-bit PNG of (H, W, channels)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
