"""GIF: comment extensions before, between or after the pictures, whose pixels are stepped over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from aigc_core.recipe.formats import MAX_TEXT, decoded

_STEPS = 2_000_000


def texts(file: BinaryIO) -> Iterator[str]:
    """Texts of all comments."""
    file.seek(10)
    _skip_colours(file, file.read(1))
    file.seek(2, 1)
    for _ in range(_STEPS):
        match file.read(1):
            case b"!":
                if file.read(1) == b"\xfe":
                    yield decoded(_blocks(file, keep=True))
                else:
                    _blocks(file)
            case b",":
                _skip_colours(file, file.read(9)[8:])
                file.seek(1, 1)
                _blocks(file)
            case _:
                return


def _skip_colours(file: BinaryIO, flags: bytes) -> None:
    """Over the colour table that packed flags announce."""
    if flags and flags[0] & 0x80:
        file.seek(3 << (flags[0] & 7) + 1, 1)


def _blocks(file: BinaryIO, *, keep: bool = False) -> bytes:
    """Sub-blocks of up to 255 bytes until an empty one, joined."""
    kept: list[bytes] = []
    for _ in range(_STEPS):
        size = file.read(1)
        if size in (b"", b"\0"):
            break
        data = file.read(size[0])
        if keep and len(kept) * 255 < MAX_TEXT:
            kept.append(data)
    return b"".join(kept)
