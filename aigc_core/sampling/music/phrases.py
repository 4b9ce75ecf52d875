"""Position of each step within bar and phrase, read from fermatas or planned ahead for a new piece.

Shapes: T steps of an eighth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aigc_core.datasets.chorales import STEPS_PER_BAR, STEPS_PER_BEAT

FAR = 4
"""Beats to the cadence from which on their number no longer counts."""
OPENING = 5
"""Stands for the countdown on the first beat of a phrase."""
_CADENCE = 4
"""Place in its bar, in steps, where a planned phrase comes to rest: the third beat."""


class Phase(NamedTuple):
    """Metrical position of a step, known before its chord."""

    accent: int
    """0 off the beat, 1 on a weak beat, 2 on a strong one (first and third)."""
    countdown: int
    """Beats until the phrase comes to rest: 0 under the fermata, at most ``FAR``; ``OPENING`` on its first beat."""
    final: int
    """1 in the last ``FAR`` beats of the piece's last phrase."""


def phases(fermatas: NDArray[np.bool_], start: int) -> list[Phase]:
    """One per step.

    Args:
        fermatas: Steps under a fermata, (T,).
        start: Place of the first step in its bar.
    """
    resting = fermatas.copy()
    resting[-1] = True  # whatever is written, the piece ends there
    beats = (np.arange(len(resting)) + start) // STEPS_PER_BEAT
    rests = np.flatnonzero(resting)
    moving = np.flatnonzero(~resting)
    last_phrase = int(moving[-1]) + 1 if len(moving) else 0  # where the last fermata begins
    found: list[Phase] = []
    opening = int(beats[0])
    for t in range(len(resting)):
        ahead = int(rests[np.searchsorted(rests, t)])
        if t and resting[t - 1] and not resting[t]:
            opening = int(beats[t])
        distance = min(int(beats[ahead] - beats[t]), FAR)
        final = int(ahead >= last_phrase and distance < FAR)
        countdown = OPENING if distance == FAR and beats[t] == opening else distance
        found.append(Phase(_accent(t + start), countdown, final))
    return found


def _accent(place: int) -> int:
    if place % STEPS_PER_BEAT:
        return 0
    return 2 if place % (2 * STEPS_PER_BEAT) == 0 else 1


def plan(bars: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Fermatas of a piece of ``bars`` bars, (8 · bars,): a phrase every two bars, one of three where they are odd.

    Each phrase rests on the third beat of its last bar; the fourth is the next phrase's upbeat, or part of the last chord.
    """
    lengths = [2] * (bars // 2)
    if bars % 2:
        if lengths:
            lengths[int(rng.integers(len(lengths)))] = 3
        else:
            lengths = [1]
    fermatas = np.zeros(bars * STEPS_PER_BAR, np.bool_)
    for end in np.cumsum(lengths):
        rest = (int(end) - 1) * STEPS_PER_BAR + _CADENCE
        fermatas[rest : rest + STEPS_PER_BEAT] = True
    fermatas[-(STEPS_PER_BAR - _CADENCE) :] = True
    return fermatas
