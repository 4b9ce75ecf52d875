"""RIFF and its relatives: WAV's ``LIST INFO`` (RIFF, RIFX, RF64, BW64) and WebP's ``EXIF`` and ``XMP`` chunks.

Chunks may come in any order and number; an odd size is padded, though not every writer does so.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import BinaryIO, Literal

from aigc_core.recipe.formats import MAX_PARTS, MAX_TEXT, decoded, size_of

FORMS = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_UNKNOWN = 0xFFFFFFFF  # the size of a chunk beyond 4 GB, or of a stream
Order = Literal["little", "big"]


def texts(file: BinaryIO) -> Iterator[str]:
    """Texts of every information chunk."""
    file.seek(0)
    form = file.read(12)
    order: Order = "big" if form[:4] == b"RIFX" else "little"
    for kind, size in _chunks(file, order):
        if size > MAX_TEXT:
            continue
        if kind == b"LIST":
            yield from _information(file.read(size), order)
        elif kind in (b"EXIF", b"XMP "):
            yield from _embedded(file.read(size))


def _chunks(file: BinaryIO, order: Order) -> Iterator[tuple[bytes, int]]:
    """Kind and size of each chunk, the file standing at its content."""
    end, at, sizes = size_of(file), 12, {}
    for _ in range(MAX_PARTS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        kind, size = head[:4], int.from_bytes(head[4:], order)
        if kind == b"ds64":  # the true sizes of an RF64 file
            sizes[b"data"] = int.from_bytes(file.read(16)[8:], "little")
            file.seek(at + 8)
        if size == _UNKNOWN:
            size = sizes.get(kind, end - at - 8)
        yield kind, min(size, max(0, end - at - 8))
        at += 8 + size
        if size % 2 and not _begins(file, at):
            at += 1


def _begins(file: BinaryIO, at: int) -> bool:
    """Tell whether a chunk begins right here, although its predecessor's odd size should have been padded."""
    file.seek(at)
    name = file.read(5)
    return len(name) == 5 and name[:1] != b"\0" and name[:4].isascii() and name[:4].replace(b" ", b"").isalnum()


def _information(body: bytes, order: Order) -> Iterator[str]:
    """The entries of ``LIST INFO``: the comment first, then whatever else a tool may have put it under."""
    if body[:4] != b"INFO":
        return
    entries, at = [], 4
    for _ in range(1000):
        if at + 8 > len(body):
            break
        kind, size = body[at : at + 4], int.from_bytes(body[at + 4 : at + 8], order)
        entries.append((kind != b"ICMT", body[at + 8 : at + 8 + size]))
        at += 8 + size
        if size % 2 and body[at : at + 1] == b"\0":
            at += 1
    for _, text in sorted(entries, key=lambda entry: entry[0]):
        yield decoded(text.rstrip(b"\0"))


def _embedded(block: bytes) -> Iterator[str]:
    """The object inside an EXIF comment (with its 8-byte character code) or an XMP packet (with its entities)."""
    for text in (decoded(block), block.decode("utf-16-le", "ignore"), block.decode("utf-16-be", "ignore")):
        for readable in (text, html.unescape(text)):
            start = readable.find('{"')
            if start >= 0:
                yield readable[start:]
