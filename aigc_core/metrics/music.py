"""Measures of symbolic music: does it keep its key, come back to itself, copy, and use notes as often as others do?

Notes are tuples ``(start, voice, pitch, length)`` in steps of any grid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise

Event = tuple[int, int, int, int]
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 9, 10, 11)}
"""Semitones from the tonic; minor with the raised sixth and seventh of its melodic form."""


def in_key(notes: Sequence[Event], tonic: int, mode: str) -> float:
    """Share of the sounding time that lies in the scale."""
    inside = sum(length for _, _, pitch, length in notes if (pitch - tonic) % 12 in SCALES[mode])
    return inside / max(1, sum(length for *_, length in notes))


def self_similarity(notes: Sequence[Event], bar: int) -> float:
    """The share of a bar that was heard before: the largest Jaccard index of its onsets (place in the bar, pitch class) with any
    earlier bar's, averaged over the bars but the first.

    0 for music that never repeats, 1 for one bar over and over.
    """
    bars: dict[int, set[tuple[int, int]]] = {}
    for start, _, pitch, _ in notes:
        bars.setdefault(start // bar, set()).add((start % bar, pitch % 12))
    heard = [bars[i] for i in sorted(bars)]
    best = [max(len(now & past) / len(now | past) for past in heard[:i]) for i, now in enumerate(heard) if i]
    return sum(best) / max(1, len(best))


def total_variation(ours: Iterable[Hashable], theirs: Iterable[Hashable]) -> float:
    """½ Σ |p − q| of two histograms, from 0 (alike) to 1 (nothing in common)."""
    p, q = Counter(ours), Counter(theirs)
    size_p, size_q = max(1, p.total()), max(1, q.total())
    return sum(abs(p[key] / size_p - q[key] / size_q) for key in p.keys() | q.keys()) / 2


def longest_copy(piece: Sequence[Event], corpus: Sequence[Sequence[Event]]) -> int:
    """Notes of the longest passage that also stands in one of the corpus' pieces, in whatever key.

    Compared are steps between onsets, intervals and lengths, note after note in the order given.
    """
    own, others = _moves(piece), [_moves(other) for other in corpus]
    low, high = 0, len(own)
    while low < high:
        size = (low + high + 1) // 2
        wanted = {own[i : i + size] for i in range(len(own) - size + 1)}
        found = any(other[i : i + size] in wanted for other in others for i in range(len(other) - size + 1))
        low, high = (size, high) if found else (low, size - 1)
    return low + 1 if own else 0


def _moves(notes: Sequence[Event]) -> tuple[tuple[int, int, int], ...]:
    ordered = sorted(notes, key=lambda n: (n[0], n[1], -n[2]))
    return tuple((b[0] - a[0], b[2] - a[2], b[3]) for a, b in pairwise(ordered))
