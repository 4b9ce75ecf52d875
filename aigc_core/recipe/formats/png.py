"""PNG: ``tEXt``, ``zTXt`` and ``iTXt`` chunks, before or after the pixels (PNG specification, 11.3.3)."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from aigc_core.recipe.formats import MAX_PARTS, MAX_TEXT, decoded
from aigc_core.recipe.record import KEY

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def texts(file: BinaryIO) -> Iterator[str]:
    """Texts under our keyword."""
    file.seek(len(SIGNATURE))
    for _ in range(MAX_PARTS):
        head = file.read(8)
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or kind == b"IEND":
            return
        if kind in _READERS and size <= MAX_TEXT:
            keyword, _, rest = file.read(size).partition(b"\0")
            if keyword.decode("latin-1") == KEY:
                yield decoded(_READERS[kind](rest))
            size = 0
        file.seek(size + 4, os.SEEK_CUR)


def _ztxt(rest: bytes) -> bytes:
    return inflate(rest[1:]) if rest[:1] == b"\0" else b""  # one method is defined


def _itxt(rest: bytes) -> bytes:
    """Compression flag and method, language, translated keyword, text."""
    body = rest[2:].split(b"\0", 2)
    if len(body) < 3:
        return b""
    return inflate(body[2]) if rest[:2] == b"\1\0" else body[2]


def inflate(data: bytes) -> bytes:
    """Unpacked, up to the size worth reading; nothing where it is damaged or larger."""
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, MAX_TEXT)
    except zlib.error:
        return b""
    return text if unpacker.eof else b""


_READERS = {b"tEXt": lambda rest: rest, b"zTXt": _ztxt, b"iTXt": _itxt}
