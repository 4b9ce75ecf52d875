"""Plan a chorale in phrases and compose it phrase by phrase, rejecting phrases without a proper cadence.

Writing anew until the ending pleases is rejection sampling: phrases come out as the model makes them, given that they end so.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from aigc_core.datasets.chorales import STEPS_PER_BEAT
from aigc_core.pipelines.music.chorale_ngram import ChoraleNGram, Chord, history
from aigc_core.sampling.music.chords import Rules, draw
from aigc_core.sampling.music.counterpoint import authentic, triad
from aigc_core.sampling.music.phrases import Phase, phases, plan

ATTEMPTS = 48
"""Attempts at a phrase; the last attempt is forced to end on the tonic."""
_REHEAT = 0.04
"""Rise of the temperature from one attempt to the next where it is lower: at 0 every attempt would be the same."""


@dataclass(kw_only=True)
class Score:
    """A piece in C major or A minor as it grows, one row per eighth."""

    minor: int
    shift: int
    """Semitones to the key in which the piece is played."""
    before: list[Chord] = field(default_factory=list)
    """Pitches of the primer, which the music goes on from."""
    tokens: list[tuple[int, ...]] = field(default_factory=list)
    fermatas: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    """The plan: steps under a fermata, of the composed bars."""
    attempts: int = 0

    @property
    def tonic(self) -> int:
        return 9 if self.minor else 0

    def past(self) -> list[Chord]:
        """The last few chords."""
        own = [tuple(t // 2 for t in row) for row in self.tokens[-4:]]
        return [*self.before[-4:], *own][-4:]

    def grid(self) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Pitches in the sounding key and attacks, (T, 4) each."""
        rows = np.array(self.tokens, np.int16).reshape(-1, 4)
        return (rows // 2 + self.shift).astype(np.int16), rows % 2 == 1


def compose(
    model: ChoraleNGram, score: Score, bars: int, temperature: float, rng: np.random.Generator
) -> Generator[int, None, None]:
    """Fill ``score`` with ``bars`` bars; yields the steps that are final after each phrase and each rejected attempt."""
    score.fermatas = fermatas = plan(bars, rng)
    plans = phases(fermatas, 0)
    begin = 0
    while begin < len(fermatas):
        rest = begin + int(np.argmax(fermatas[begin:]))
        moving = np.flatnonzero(~fermatas[rest:])
        end = rest + int(moving[0]) if len(moving) else len(fermatas)
        final = end == len(fermatas)
        for attempt in range(ATTEMPTS):
            forced = attempt == ATTEMPTS - 1
            heat = max(temperature, _REHEAT * attempt)
            score.attempts += 1
            if _phrase(model, score, plans[begin:end], rest - begin, final, forced, heat, rng):
                break
            if not forced:
                del score.tokens[begin:]
            yield begin
        begin = end
        yield begin


def _phrase(
    model: ChoraleNGram, score: Score, plans: list[Phase], rest: int, final: bool, forced: bool, heat: float,
    rng: np.random.Generator,
) -> bool:  # fmt: skip
    """Append one phrase; whether it was written within the rules and rests as it should."""
    clean = True
    for i, phase in enumerate(plans):
        if i > rest:  # the chord under the fermata is held
            score.tokens.append(tuple(t // 2 * 2 for t in score.tokens[-1]))
            continue
        chord = _chord(model, score, phase, i == rest, final and forced, heat, rng)
        if chord is None and not forced:
            return False
        clean = clean and chord is not None
        score.tokens.append(chord or fallback_chord(score))
    return clean and _rests_well(score, len(plans) - rest, final)


def _chord(
    model: ChoraleNGram, score: Score, phase: Phase, resting: bool, led: bool, heat: float, rng: np.random.Generator
) -> tuple[int, ...] | None:
    past = score.past()
    older, last = history(past, 0 if phase.accent else STEPS_PER_BEAT - 1)
    heard = frozenset(model.sonorities[int(phase.accent > 0)])
    rules = Rules(shift=score.shift, attack=resting or not score.tokens, sonorities=heard)
    if resting and led:
        third = 3 if score.minor else 4
        triad_classes = frozenset((score.tonic + i) % 12 for i in (0, third, 7))
        rules = replace(rules, allowed=triad_classes, bass=score.tonic)

    def distribution(voice: int, new: Chord) -> NDArray[np.float64]:
        return model.probabilities(voice, older, last, phase, score.minor, new)

    found = draw(distribution, last, rules, heat, rng)
    return found or (draw(distribution, last, replace(rules, sonorities=None), heat, rng) if led else None)


def fallback_chord(score: Score) -> tuple[int, ...]:
    """Repeat the last chord, or begin with the tonic, where the rules allow nothing."""
    if score.tokens:
        return tuple(t // 2 * 2 for t in score.tokens[-1])
    home = (72, 67, 64, 48) if not score.minor else (69, 64, 60, 45)
    return tuple(2 * p + 1 for p in home)


def _rests_well(score: Score, held: int, final: bool) -> bool:
    """True if the phrase ends on a triad in root position; the last one by an authentic cadence with the tonic in
    the soprano."""
    rows = np.array(score.tokens[-held - 2 :], np.int16) // 2
    if len(rows) < held + 1:
        return triad(rows[-held], score.tonic if final else None)
    chord, before = rows[-held], rows[-held - 1]
    if not final:
        return triad(chord)
    return authentic(before, chord, score.tonic) and int(chord[0]) % 12 == score.tonic
