"""Text: a JSON record, or the block that ends a Markdown or text export, whatever was written behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from aigc_core.recipe.formats import MAX_TEXT, MAX_TEXTS
from aigc_core.recipe.record import KEY

MARK = f"<!-- {KEY}: "


def content(file: BinaryIO) -> str:
    """The whole text, by its byte-order mark or as UTF-8, UTF-16 or UTF-32 as JSON may be; empty where it is larger.

    What is none of these becomes replacement characters: a block is ASCII and is found beside them.
    """
    file.seek(0)
    data = file.read(MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        return ""
    found = MARK.encode() in data  # then a NUL at the beginning is the text's own, and no sign of UTF-16
    return data.decode("utf-8-sig" if found else json.detect_encoding(data), "replace")


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Place of each block and what follows its mark, the last one first: the text before may quote others."""
    at = len(text)
    for _ in range(MAX_TEXTS):
        at = text.rfind(MARK, 0, at)
        if at < 0:
            return
        yield at, text[at + len(MARK) :]
