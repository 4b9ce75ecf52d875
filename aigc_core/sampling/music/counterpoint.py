"""The rules of four-part writing, and the measures that judge a finished piece.

A chord is four MIDI pitches from soprano down to bass. Shapes: T steps, 4 voices.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Pitches = NDArray[np.int16]
Mask = NDArray[np.bool_]
RANGES = ((60, 79), (53, 74), (48, 69), (36, 64))
"""Lowest and highest MIDI pitch of each voice in the choir's books of Bach's time, soprano first."""
MAX_LEAP = (9, 9, 9, 12)
"""Semitones; more is hard to sing."""
PAIRS = tuple(combinations(range(4), 2))
_TRIADS = ((0, 4, 7), (0, 3, 7))
_DISSONANT = (1, 2, 6, 10, 11)
"""Intervals modulo the octave, in semitones, that want to be resolved."""


def parallels(before: Pitches, after: Pitches) -> Mask:
    """True where two voices move in parallel from one fifth or octave (or unison) to the next.

    Args:
        before, after: (…, 4), broadcast against each other.
    """
    found = np.zeros(np.broadcast_shapes(before.shape, after.shape)[:-1], np.bool_)
    for upper, lower in PAIRS:
        interval = (before[..., upper] - before[..., lower]) % 12
        same = (after[..., upper] - after[..., lower]) % 12 == interval
        moved = (after[..., lower] != before[..., lower]) & (after[..., upper] != before[..., upper])
        found |= same & moved & ((interval == 0) | (interval == 7))
    return found


def triad(pitches: Pitches, root: int | None = None) -> bool:
    """True if four pitches (4,) form a major or minor triad with its root in the bass; the fifth may be missing."""
    bass = int(pitches[3])
    classes = {(int(p) - bass) % 12 for p in pitches}
    named = root is None or bass % 12 == root
    return named and any(classes <= set(t) and t[1] in classes for t in _TRIADS)


def authentic(before: Pitches, final: Pitches, tonic: int) -> bool:
    """True for an authentic cadence: dominant with leading note to a tonic triad in root position."""
    classes = {(int(p) - tonic) % 12 for p in before}
    return triad(final, tonic) and (int(before[3]) - tonic) % 12 == 7 and 11 in classes


# --- judging ----------------------------------------------------------------------------------------------------------


def parallel_rate(pitches: Pitches) -> float:
    """Parallel fifths and octaves per 100 changes of chord, (T, 4)."""
    changes = (pitches[1:] != pitches[:-1]).any(axis=1)
    return 100.0 * float(parallels(pitches[:-1], pitches[1:])[changes].mean()) if changes.any() else 0.0


def consonance(pitches: Pitches) -> float:
    """Share of the six intervals between voices that are consonant (fourths included), over all steps, (T, 4)."""
    intervals = np.stack([(pitches[:, a] - pitches[:, b]) % 12 for a, b in PAIRS], axis=1)  # (T, 6)
    return 1.0 - float(np.isin(intervals, _DISSONANT).mean())


def steps_rate(pitches: Pitches) -> float:
    """Share of the soprano's moves that are seconds, (T, 4)."""
    moves = np.abs(np.diff(pitches[:, 0].astype(np.int32)))
    return float((moves[moves > 0] <= 2).mean()) if (moves > 0).any() else 0.0


def faults(pitches: Pitches) -> dict[str, int]:
    """Faults of part writing, counted: moves in parallel fifths or octaves, notes out of a voice's range, crossed voices.

    Args:
        pitches: (T, 4); 0 where a voice rests. Only changes of the chord count, and steps where all four voices sound.
    """
    changed = np.ones(len(pitches), np.bool_)
    changed[1:] = (pitches[1:] != pitches[:-1]).any(axis=1)
    chords = pitches[changed & (pitches > 0).all(axis=1)]
    low, high = np.array(RANGES).T
    new = np.ones(chords.shape, np.bool_)
    new[1:] = chords[1:] != chords[:-1]
    return {
        "parallels": int(parallels(chords[:-1], chords[1:]).sum()),
        "range": int((new & ((chords < low) | (chords > high))).sum()),
        "crossing": int((new[:, 1:] & (np.diff(chords.astype(np.int32), axis=1) > 0)).sum()),
    }
