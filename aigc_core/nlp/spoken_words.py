"""Assign to each group of phonemes the word of the text that it says.

The phonemizer takes whole sentences, runs short words together (*of the* becomes one group) and spells others out, so that
groups and words are matched by how long they are: the assignment of least cost, by dynamic programming.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

_MARKS = re.compile("[ˈˌːʰ→↗↘↓]")
_LETTERS, _NAMES, _CHARACTERS = 0.85, 1.7, 3.2
"""Phonemes of a Latin letter, of a letter's name (as in *BBC*) and of a Chinese character, about."""
_SHAPES = ((1, 1), (2, 1), (1, 2), (3, 1), (1, 3), (4, 1), (1, 4), (1, 0), (0, 1))
"""``(words, groups)`` that may belong together."""
_BAND = 14
"""Groups that a word may lie off the diagonal."""


def words(written: str) -> list[str]:
    """The words of a text that is written out in words; Chinese is cut as for the phonemizer."""
    found: list[str] = []
    for run in re.findall(r"[㐀-鿿〇]+|[^\s㐀-鿿〇]+", written):
        if re.match(r"[㐀-鿿〇]", run):
            from aigc_core.nlp import phonemes

            found += phonemes.cut(run)
        elif word := run.strip("“”‘’\"'()[]{}.,;:!?…—-。，；：！？、（）《》"):
            found.append(word)
    return found


def match(written: Sequence[str], groups: Sequence[str]) -> list[str]:
    """The word or words that each group says, joined by spaces; empty for a group that says none."""
    n, m = len(written), len(groups)
    if not n or not m:
        return [""] * m
    expected = [_expected(word) for word in written]
    length = [len(_MARKS.sub("", group)) for group in groups]
    best: dict[tuple[int, int], tuple[float, tuple[int, int]]] = {(0, 0): (0.0, (0, 0))}
    for i in range(n + 1):
        middle = i * m // n
        for j in range(max(0, middle - _BAND), min(m, middle + _BAND) + 1):
            steps = [
                (best[i - a, j - b][0] + _cost(expected[i - a : i], length[j - b : j]), (a, b))
                for a, b in _SHAPES
                if (i - a, j - b) in best
            ]
            if steps:
                best[i, j] = min(steps)
    said, i, j = [""] * m, n, m
    while (i, j) != (0, 0):
        a, b = best[i, j][1]
        if b:
            said[j - b] = " ".join(written[i - a : i])
        i, j = i - a, j - b
    return said


def _cost(expected: Sequence[float], length: Sequence[int]) -> float:
    uneven = 1.5 * abs(len(expected) - len(length)) if expected and length else 4.0
    return abs(sum(expected) - sum(length)) + uneven


@cache
def _expected(word: str) -> float:
    """About how many phonemes a word has."""
    han = sum("㐀" <= c <= "鿿" or c == "〇" for c in word)
    latin = _NAMES if word.isupper() and len(word) > 1 else _LETTERS
    return _CHARACTERS * han + latin * (len(word) - han)
