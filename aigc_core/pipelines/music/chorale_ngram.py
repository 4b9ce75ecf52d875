"""P(next chord) of a four-part chorale: soprano first, then bass, alto and tenor, each from its own n-gram model.

    P(S, B, A, T | past) = P(S | past) · P(B | S, past) · P(A | S, B, past) · P(T | S, B, A, past)

The past is the chord one step ago, the one on the beat before, and where in bar and phrase the step stands. Each factor is
smoothed by :class:`aigc_core.models.ngram.NGram`, whose levels are listed in :func:`contexts` from specific to general.

A token is ``2 · pitch + attack`` in C major or A minor: a pitch that begins here, or one that is held.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aigc_core.datasets import chorales
from aigc_core.datasets.chorales import STEPS_PER_BEAT, Chorale
from aigc_core.models.ngram import Context, NGram
from aigc_core.sampling.music.phrases import Phase, phases

ORDER = (0, 3, 1, 2)
"""Voices in the order they are drawn."""
VOCABULARY = 256
VERSION = 1
"""Part of the cache's key: change it with whatever changes the counts."""
Chord = Sequence[int]
"""Four numbers, soprano to bass: pitches (0 where nothing sounds) or tokens."""


def contexts(voice: int, older: Chord, last: Chord, phase: Phase, minor: int, new: Chord) -> list[Context]:
    """Contexts of the next token of ``voice``, most specific first.

    Args:
        older: Pitches on the beat before that of ``last``.
        last: Pitches one step ago.
        new: Tokens of this step, for the voices already drawn.
    """
    accent, countdown, _ = phase
    beat, near = int(accent > 0), min(countdown, 2)
    s1, a1, t1, b1 = last
    s, a, _, b = new
    s_class, a_class, b_class = _class(s), _class(a), _class(b)
    place = (*phase, minor)
    match voice:
        case 0:
            return [
                (*older, *last, *place), (*last, *place), (older[0], s1, b1 % 12, *place),
                (older[0], s1, beat, near, minor), (s1, beat), (),
            ]  # fmt: skip
        case 3:
            return [
                (*last, s, *place), (*last, s, beat), (older[3], b1, s1, s, beat, near, minor), (b1, s, beat, near, minor),
                (b1, s_class, beat), (b1, beat), (),
            ]  # fmt: skip
        case 1:
            return [
                (*last, s, b, *place), (*last, s, b, beat), (a1, s, b, beat, near, minor), (a1, s, b, beat),
                (a1, s, b_class, beat), (a1, s_class, b_class, beat), (a1, beat), (),
            ]  # fmt: skip
        case _:
            return [
                (*last, s, a, b, *place), (*last, s, a, b, beat), (t1, s, a, b, beat), (t1, s_class, a_class, b_class, beat),
                (t1, a_class, b_class, beat), (t1, b_class, beat), (t1, beat), (),
            ]  # fmt: skip


def _class(token: int) -> int:
    """Pitch class and attack."""
    return token // 2 % 12 * 2 + token % 2


def sonority(pitches: Chord) -> int:
    """The pitch classes of a chord as twelve bits."""
    return int(np.bitwise_or.reduce([1 << (int(p) % 12) for p in pitches]))


class ChoraleNGram:
    """The four models, the sonorities Bach uses on and off the beat, and his keys."""

    def __init__(
        self, voices: Sequence[NGram], sonorities: Sequence[set[int]], keys: Sequence[tuple[int, chorales.Mode]]
    ) -> None:
        self.voices = list(voices)
        self.sonorities = list(sonorities)
        self.keys = list(keys)

    @classmethod
    def fit(cls, pieces: Sequence[Chorale]) -> ChoraleNGram:
        """Count; a second or two for 277 chorales."""
        steps = [step for piece in pieces for step in events(piece)]
        voices = [NGram.fit(voice_events(v, steps), VOCABULARY) for v in range(4)]
        heard: list[Counter[int]] = [Counter(), Counter()]
        for _, _, phase, _, new in steps:
            heard[int(phase.accent > 0)][sonority([token // 2 for token in new])] += 1
        common = [{chord for chord, count in counter.items() if count >= 3} for counter in heard]
        return cls(voices, common, [(piece.tonic, piece.mode) for piece in pieces])

    def probabilities(
        self, voice: int, older: Chord, last: Chord, phase: Phase, minor: int, new: Chord
    ) -> NDArray[np.float64]:
        """Probability of every token of ``voice``, (VOCABULARY,)."""
        return self.voices[voice].probabilities(contexts(voice, older, last, phase, minor, new))

    def bits(self, pieces: Sequence[Chorale]) -> list[float]:
        """Cross-entropy per step of each voice on ``pieces``, in bits; their sum is the chord's."""
        steps = [step for piece in pieces for step in events(piece)]
        return [self.voices[v].bits(voice_events(v, steps)) for v in range(4)]

    def save(self, folder: Path) -> None:
        for voice, model in enumerate(self.voices):
            model.save(_made(folder / chorales.VOICES[voice]))
        rest = {"sonorities": [sorted(s) for s in self.sonorities], "keys": self.keys}
        (folder / "config.json").write_text(json.dumps(rest) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path) -> ChoraleNGram:
        rest = json.loads((folder / "config.json").read_text("utf-8"))
        voices = [NGram.load(folder / name) for name in chorales.VOICES]
        return cls(voices, [set(s) for s in rest["sonorities"]], [(int(t), m) for t, m in rest["keys"]])


Step = tuple[Chord, Chord, Phase, int, Chord]
"""Older and last pitches, phase, 1 for minor, and the tokens that came."""


def events(piece: Chorale) -> Iterator[Step]:
    """Every step of a chorale at which all four voices sound."""
    pitches = piece.normalised().tolist()
    tokens = [[2 * p + int(a) for p, a in zip(*row, strict=True)] for row in zip(pitches, piece.attacks, strict=True)]
    for t, phase in enumerate(phases(piece.fermatas, piece.start)):
        if all(pitches[t]):
            older, last = history(pitches[:t], (t + piece.start) % STEPS_PER_BEAT)
            yield older, last, phase, int(piece.mode == "minor"), tokens[t]


def history(past: Sequence[Chord], place: int) -> tuple[Chord, Chord]:
    """The chord on the beat before that of the last step, and the last step's; silence where there is none.

    Args:
        past: Pitches of all steps so far.
        place: Of the step to come within its beat.
    """
    silence = (0, 0, 0, 0)
    back = STEPS_PER_BEAT + place
    return (past[-back] if len(past) >= back else silence), (past[-1] if past else silence)


def voice_events(voice: int, steps: Sequence[Step]) -> Iterator[tuple[list[Context], int]]:
    for older, last, phase, minor, new in steps:
        yield contexts(voice, older, last, phase, minor, new), new[voice]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
