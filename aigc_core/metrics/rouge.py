"""ROUGE: how much of a reference summary a summary has (Lin 2004, W04-1013).

With the n-grams of candidate c and reference r counted as bags and their overlap o = Σ_g min(c(g), r(g))::

    P = o / |c|,   R = o / |r|,   F1 = 2PR / (P + R) = 2o / (|c| + |r|)

ROUGE-L takes the length of the longest common subsequence of words for o. Words are runs of letters and digits in lower
case, without stemming; for Chinese, whose words are not set apart, every character counts by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

_WORD, _LETTER = re.compile(r"[^\W_]+"), re.compile(r"[^\W_]")


class Rouge(NamedTuple):
    """F1 of single words, pairs and the longest common subsequence, each in [0, 1]."""

    rouge1: float
    rouge2: float
    rougeL: float


def words(text: str) -> list[str]:
    """Runs of letters and digits, lower case."""
    return _WORD.findall(text.lower())


def characters(text: str) -> list[str]:
    """Single letters and digits, lower case: the usual unit for Chinese."""
    return _LETTER.findall(text.lower())


def ngrams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    """The bag of n-grams."""
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def longest_common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence, a row of the table in one addition.

    Bit i of ``row`` is 0 where the length grows at a[i]; adding carries each match to the next free place (Hyyrö 2004, "Bit-parallel
    LCS-length computation revisited"). |b| additions of |a| bits: texts of 10,000 words take a blink.
    """
    places: dict[str, int] = {}
    for i, x in enumerate(a):
        places[x] = places.get(x, 0) | 1 << i
    full = (1 << len(a)) - 1
    row = full
    for y in b:
        matches = row & places.get(y, 0)
        row = ((row + matches) | (row - matches)) & full
    return len(a) - row.bit_count()


def alignment(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Places (i, j) of one longest common subsequence, a[i] = b[j], ascending; a table of |a|·|b|, for texts of a few sentences."""
    length = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]  # length[i][j]: of a[i:] and b[j:]
    for i in reversed(range(len(a))):
        for j in reversed(range(len(b))):
            longer = max(length[i + 1][j], length[i][j + 1])
            length[i][j] = length[i + 1][j + 1] + 1 if a[i] == b[j] else longer
    pairs = []
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif length[i + 1][j] >= length[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def f1(overlap: int, candidate: int, reference: int) -> float:
    """Harmonic mean of overlap/candidate and overlap/reference; 0 without overlap."""
    return 2 * overlap / (candidate + reference) if overlap else 0.0


def rouge(candidate: str, reference: str, units: Callable[[str], list[str]] = words) -> Rouge:
    """ROUGE-1, ROUGE-2, ROUGE-L of one summary, over :func:`words` or :func:`characters`."""
    c, r = units(candidate), units(reference)
    one, two = ((ngrams(c, n), ngrams(r, n)) for n in (1, 2))
    shared = [f1((a & b).total(), a.total(), b.total()) for a, b in (one, two)]
    return Rouge(shared[0], shared[1], f1(longest_common(c, r), len(c), len(r)))
