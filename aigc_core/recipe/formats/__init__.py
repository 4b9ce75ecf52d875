"""Readers of the places where file formats keep text. A reader yields every text that may be a recipe; it decodes no picture, sound or film.

``texts(file)`` takes an open binary file and is bounded: :data:`MAX_TEXT` bytes a text, :data:`MAX_TEXTS` texts, at most
:data:`MAX_PARTS` chunks walked.
"""

from __future__ import annotations

import os
from typing import BinaryIO

MAX_TEXT = 4_000_000
"""Bytes of one text, unpacked."""
MAX_TEXTS = 16
MAX_PARTS = 100_000


def size_of(file: BinaryIO) -> int:
    """Bytes of an open file; the position is kept."""
    here = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(here)
    return size


def decoded(data: bytes) -> str:
    """Text of a tag: UTF-8 with or without a byte-order mark, UTF-16 with one, otherwise Latin-1."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
