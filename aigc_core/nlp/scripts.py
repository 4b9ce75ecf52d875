"""The script that a text is written in, as far as models care: Latin, Chinese, or another."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

LATIN, HAN = "latin", "han"
MOSTLY = 0.6
"""Share of its letters from which on a text is in a script."""


class Script(NamedTuple):
    """The script in which most of a text is written."""

    script: str
    """:data:`LATIN`, :data:`HAN`, or empty for all others together."""
    share: float
    """Share of the letters, :data:`MOSTLY` to 1."""


def dominant(text: str) -> Script | None:
    """The script of at least :data:`MOSTLY` of the letters; None for a mixed text, or one without letters."""
    counts: Counter[str] = Counter()
    for character, n in Counter(text).items():
        if character.isalpha():
            counts[_script(character)] += n
    total = counts.total()
    if not total:
        return None
    script, most = counts.most_common(1)[0]
    return Script(script, most / total) if most >= MOSTLY * total else None


@lru_cache(4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "")
    if name.startswith("CJK"):
        return HAN
    return LATIN if "LATIN" in name or name.startswith(("MATHEMATICAL", "MODIFIER", "FEMININE", "MASCULINE")) else ""
