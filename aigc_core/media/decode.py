"""Picture files of any origin: measured, decoded, and turned upright; what is wrong with a file is said in words.

The one place that opens pictures from outside. A file whose end is missing is decoded as far as it goes, with a note.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import IO, Any

from PIL import Image, ImageFile, ImageOps

from aigc_core import files
from aigc_core.errors import InvalidRequestError
from aigc_core.files import PICTURE_FORMATS
from aigc_core.media import signatures
from aigc_core.tasks.fields import MAX_PIXELS

log = logging.getLogger(__name__)

Note = tuple[str, str]
"""Something to know about a picture that was read all the same, in English and Chinese."""
MAX_SCANS = 100
"""Most scans of a progressive JPEG; each costs a pass over the whole picture, however few bytes it takes in the
file."""
_DECODING = RLock()
"""Held while a picture is decoded, because Pillow's tolerance of truncated files is a process-wide setting."""
_INCOMPLETE = (
    "the file is incomplete or damaged; what could be read of it is used, the rest is blank",
    "文件不完整或已损坏，已读取可用的部分，其余留空",
)


def load(file: str | Path | bytes | IO[bytes]) -> Image.Image:
    """The first picture of a file in the file's own mode, upright, with its notes in ``info["notes"]``.

    Raises:
        InvalidRequestError: says whether it is empty, too large, of a kind not taken here, cut off, or no picture.
    """
    data = files.read(file, may_be_empty=True)
    if not data:
        raise refused("it is empty", "文件是空的")
    image, notes = _decode(data)
    with suppress(Exception):  # a damaged camera record is no reason to refuse the picture
        ImageOps.exif_transpose(image, in_place=True)
    return noted(image, *notes)


def noted(image: Image.Image, *notes: Note) -> Image.Image:
    """The same picture, with ``notes`` kept beside its pixels."""
    image.info["notes"] = (*image.info.get("notes", ()), *notes)
    return image


def refused(reason: str, reason_zh: str) -> InvalidRequestError:
    """The error for a file that gives no picture."""
    return InvalidRequestError(
        f"The file could not be read as a picture: {reason}. Use PNG, JPEG or WebP (GIF, BMP and TIFF are read, too).",
        f"无法将该文件作为图片读取：{reason_zh}。请使用 PNG、JPEG 或 WebP（也支持 GIF、BMP、TIFF）。",
    )


def _decode(data: bytes) -> tuple[Image.Image, tuple[Note, ...]]:
    with _DECODING:
        try:
            return _opened(data), ()
        except InvalidRequestError:
            raise
        except Exception as error:  # Pillow lets through whatever its readers run into
            failure = error
        try:
            with _bearing_with_missing_ends():
                image = _opened(data)
            if not _is_blank(image):
                return image, (_INCOMPLETE,)
        except InvalidRequestError:
            raise
        except Exception as error:
            log.debug("nothing to be saved of it: %s", error)
    raise refused(*signatures.reason(data, failure)) from failure


def _opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=PICTURE_FORMATS)
    check_size(*image.size)
    _check_effort(image, data)
    image.load()
    check_size(*image.size)
    return image


def check_size(width: int, height: int) -> None:
    """Raise :class:`InvalidRequestError` above 16 megapixels."""
    if width * height > MAX_PIXELS:
        raise InvalidRequestError(
            f"The picture may have at most {MAX_PIXELS // 1_000_000} megapixels; got {width}×{height}. "
            "Please make it smaller.",
            f"图片最多 {MAX_PIXELS // 1_000_000} 百万像素，收到 {width}×{height}，请缩小后再试。",
        )


def _check_effort(image: Image.Image, data: bytes) -> None:
    """Refuse small pictures that take long or much memory to decode."""
    scans = data.count(b"\xff\xda") if image.format in ("JPEG", "MPO") else 0  # compressed data has no such pair
    if scans > MAX_SCANS:
        raise refused(
            f"it is a JPEG of {scans:,} scans; at most {MAX_SCANS} are decoded",
            f"该 JPEG 含 {scans:,} 次扫描，最多解码 {MAX_SCANS} 次",
        )
    tags: Any = getattr(image, "tag_v2", {})
    width, height = tags.get(322, 0), tags.get(323, 0)  # of a tile, each decoded whole
    if isinstance(width, int) and isinstance(height, int) and width * height > MAX_PIXELS:
        raise refused(f"its tiles are {width}×{height} pixels large", f"其分块达 {width}×{height} 像素")


@contextmanager
def _bearing_with_missing_ends() -> Iterator[None]:
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _is_blank(image: Image.Image) -> bool:
    """True if all pixels are equal, as in a picture of which nothing was decoded."""
    extrema = image.getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(low == high for low, high in bands)
