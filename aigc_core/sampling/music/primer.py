"""A user's MIDI as a beginning to go on from: its key, and its last chords as four voices.

Key finding: Krumhansl and Kessler 1982, by correlation of pitch-class durations with the profiles of 24 keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from aigc_core.datasets.chorales import Mode

_PROFILES: dict[Mode, tuple[float, ...]] = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
_CENTRES = (71, 65, 59, 51)
"""Central pitch of each voice, soprano to bass."""


class Sounding(NamedTuple):
    """One note on the grid of eighths."""

    start: int
    length: int
    pitch: int


def key(notes: Sequence[Sounding]) -> tuple[int, Mode]:
    """Tonic (a pitch class) and mode that fit best."""
    weights = np.zeros(12)
    for note in notes:
        weights[note.pitch % 12] += note.length
    end = max(n.start + n.length for n in notes)
    final = min((n.pitch for n in notes if n.start + n.length == end), default=0) % 12
    weights[final] += 0.1 * weights.sum()  # where it comes to rest counts for more
    scores: dict[tuple[int, Mode], float] = {}
    for mode, profile in _PROFILES.items():
        for tonic in range(12):
            rotated = np.roll(profile, tonic)
            a, b = weights - weights.mean(), rotated - rotated.mean()
            scores[tonic, mode] = float(a @ b) / (float(np.sqrt((a @ a) * (b @ b))) or 1.0)
    return max(scores, key=lambda k: (round(scores[k], 9), k[1] == "major", -k[0]))


def chords(notes: Sequence[Sounding], steps: int) -> list[tuple[int, int, int, int]]:
    """Chords at each of ``steps`` eighths as (soprano, alto, tenor, bass), 0 for a missing voice.

    The highest note is the soprano's, the lowest the bass's if there are two or more; both are moved by octaves to where
    the voice is at home. Of more than four notes the inner ones closest to alto and tenor are kept.
    """
    return [_voices(sorted({n.pitch for n in notes if n.start <= t < n.start + n.length})) for t in range(steps)]


def _voices(pitches: list[int]) -> tuple[int, int, int, int]:
    if not pitches:
        return 0, 0, 0, 0
    soprano = near(pitches[-1], _CENTRES[0])
    bass = near(pitches[0], _CENTRES[3]) if len(pitches) > 1 else 0
    inner = pitches[1:-1]
    alto = max(inner, key=lambda p: -abs(p - _CENTRES[1]), default=0)
    rest = [p for p in inner if p < alto]
    tenor = max(rest, key=lambda p: -abs(p - _CENTRES[2]), default=0)
    return soprano, alto, tenor, bass


def near(pitch: int, centre: int) -> int:
    """The pitch moved by as few octaves as bring it within ten semitones of ``centre``."""
    while pitch - centre > 10:
        pitch -= 12
    while centre - pitch > 10:
        pitch += 12
    return pitch
