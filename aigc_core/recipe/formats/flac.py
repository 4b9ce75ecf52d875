"""FLAC: Vorbis comments, under whatever name and case a tool writes them (ffmpeg turns COMMENT into comment)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from aigc_core.recipe.formats import MAX_TEXT, decoded

_COMMENTS = 4  # type of the metadata block
_USUAL = (b"COMMENT", b"DESCRIPTION")


def texts(file: BinaryIO) -> Iterator[str]:
    """Values of all comments, the usual names first."""
    file.seek(0)
    head = file.read(10)
    if head[:3] == b"ID3":  # a foreign tag in front, its size in four times seven bits
        size = sum((byte & 0x7F) << 7 * (3 - i) for i, byte in enumerate(head[6:10]))
        file.seek(10 + size)
    else:
        file.seek(0)
    if file.read(4) != b"fLaC":
        return
    for _ in range(128):
        block = file.read(4)
        if len(block) < 4:
            return
        size = int.from_bytes(block[1:], "big")
        if block[0] & 0x7F == _COMMENTS and size <= MAX_TEXT:
            yield from comments(file.read(size))
        else:
            file.seek(size, os.SEEK_CUR)
        if block[0] & 0x80:  # the last one
            return


def comments(body: bytes) -> Iterator[str]:
    """Values of a Vorbis comment block: vendor, count, then ``name=value``, lengths in 32-bit little endian."""
    at = 4 + int.from_bytes(body[:4], "little") + 4
    found = []
    for _ in range(1000):
        size = int.from_bytes(body[at : at + 4], "little")
        if at + 4 > len(body):
            break
        name, _, value = body[at + 4 : at + 4 + size].partition(b"=")
        found.append((name.upper() not in _USUAL, value))
        at += 4 + size
    for _, value in sorted(found, key=lambda one: one[0]):
        yield decoded(value)
