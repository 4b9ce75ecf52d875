"""Standard MIDI Files: a meta event's text lies in one piece, so it is found wherever it stands.

The file is not parsed: a wrong key signature, an unknown chunk or a missing track must not hide the text, and a file that
unfolds into millions of events must not be unfolded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from aigc_core.recipe.formats import MAX_TEXT, MAX_TEXTS
from aigc_core.recipe.record import KEY

_MARK = f"{KEY}:".encode()


def texts(file: BinaryIO) -> Iterator[str]:
    """The text after each ``aigc-recipe:``; the JSON ends before the text does."""
    file.seek(0)
    data, at = file.read(MAX_TEXT), 0
    for _ in range(MAX_TEXTS):
        at = data.find(_MARK, at)
        if at < 0:
            return
        at += len(_MARK)
        yield data[at:].decode("utf-8", "replace")
