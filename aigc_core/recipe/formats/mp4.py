"""MP4 and QuickTime: the comment of the movie's metadata boxes (ISO/IEC 14496-12; Apple's ``ilst``, ``keys`` and ``udta``).

Only boxes are walked. No decoder runs: a film that claims to be huge, refers to other files, or is called like an address
is read like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from aigc_core.recipe.formats import MAX_PARTS, MAX_TEXT, decoded, size_of

_HOLDERS = (b"moov", b"udta", b"meta", b"ilst", b"trak", b"----")
_COMMENT = b"\xa9cmt"


def texts(file: BinaryIO) -> Iterator[str]:
    """Texts of every entry that can hold a comment; nothing where the file is cut off."""
    end, at, movies = size_of(file), 0, []
    for _ in range(MAX_PARTS):
        if at >= end:
            break
        file.seek(at)
        head = file.read(16)
        size, start = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, start = int.from_bytes(head[8:], "big"), 16
        elif size == 0:
            size = end - at
        if size < start or at + size > end:
            return
        if head[4:8] == b"moov" and size <= MAX_TEXT:
            file.seek(at + start)
            movies.append(file.read(size - start))
        at += size
    for movie in movies:
        yield from _entries(movie)


def _boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(body):
        size = int.from_bytes(body[at : at + 4], "big")
        if size < 8:
            return
        yield body[at + 4 : at + 8], body[at + 8 : at + size]
        at += size


def _entries(body: bytes, depth: int = 8) -> Iterator[str]:
    for kind, inner in _boxes(body):
        if kind in _HOLDERS and depth:
            full = kind == b"meta" and inner[4:8] != b"hdlr"  # in MP4 it has a version, in QuickTime it has not
            yield from _entries(inner[4:] if full else inner, depth - 1)
        elif kind == b"data":  # type and locale, then the value
            yield decoded(inner[8:])
        elif kind == _COMMENT and inner[4:8] == b"data":
            yield from _entries(inner, depth and depth - 1)
        elif kind == _COMMENT:  # QuickTime's own: 16-bit length, language
            yield decoded(inner[4 : 4 + int.from_bytes(inner[:2], "big")])
        elif inner[4:8] == b"data" and depth:  # an entry of ``ilst``, by name or by the number of its key
            yield from _entries(inner, depth - 1)
