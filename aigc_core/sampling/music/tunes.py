"""Tunes made by rule: something for a small model to learn from where there is no collection of scores.

A tune is four phrases of eight notes in a pentatonic scale, A A' B A': the second answers the first with its second half
changed to close on the tonic, the third moves higher. Notes walk to their neighbours in the scale, rarely a step further.
"""

from __future__ import annotations

import numpy as np

SCALE = (60, 62, 64, 67, 69, 72, 74, 76, 79)
"""MIDI pitches of two octaves of C D E G A."""
TONIC = 0
"""Place of the tonic in :data:`SCALE`."""
_STEPS, _CHANCES = (-2, -1, 0, 1, 2), (0.08, 0.36, 0.12, 0.36, 0.08)


def tune(rng: np.random.Generator) -> list[int]:
    """Places in :data:`SCALE`, 32 of them."""
    first = _walk(rng, int(rng.choice([0, 2, 3])), 8)
    answer = [*first[:4], *_home(_walk(rng, first[3], 4))]
    middle = _walk(rng, 5, 8)
    return [*first, *answer, *middle, *answer]


def _walk(rng: np.random.Generator, start: int, length: int) -> list[int]:
    places = [start]
    while len(places) < length:
        places.append(int(np.clip(places[-1] + rng.choice(_STEPS, p=_CHANCES), 0, len(SCALE) - 1)))
    return places


def _home(places: list[int]) -> list[int]:
    """The same line, led down to the tonic by its last two notes."""
    return [*places[:-2], TONIC + 1, TONIC]
