"""Draw the next four-part chord, voice by voice, within the rules of part writing.

Tokens are ``2 · pitch + attack``; pitches are those of the model's key, C major or A minor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aigc_core.sampling.music.counterpoint import MAX_LEAP, RANGES

ORDER = (0, 3, 1, 2)
TOP_P = 0.97
"""Nucleus: the unlikely rest of each distribution is never drawn, whatever the temperature."""
_TRIES = 12
Distribution = Callable[[int, Sequence[int]], NDArray[np.float64]]
"""``(voice, tokens drawn so far) -> probabilities of its tokens``, (V,)."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Constraints on a chord."""

    shift: int
    """Semitones by which the piece will be transposed when it is played: voices must be in range there."""
    allowed: frozenset[int] | None = None
    """Pitch classes; None for all."""
    bass: int | None = None
    """Pitch class of the bass."""
    attack: bool = False
    """All voices begin a new note."""
    sonorities: frozenset[int] | None = None
    """Sets of pitch classes that may sound, twelve bits each; None for all."""


def draw(
    distribution: Distribution, last: Sequence[int], rules: Rules, temperature: float, rng: np.random.Generator
) -> tuple[int, ...] | None:
    """Four tokens, or None where the rules leave nothing after ``_TRIES`` tries; at temperature 0 there is one try."""
    for _ in range(_TRIES if temperature > 0 else 1):
        tokens = [0, 0, 0, 0]
        for voice in ORDER:
            p = distribution(voice, tokens)
            token = pick(p * permitted(voice, tokens, last, rules, len(p)), temperature, rng)
            if token is None:
                break
            tokens[voice] = token
        else:
            return tuple(tokens)
    return None


def permitted(voice: int, tokens: Sequence[int], last: Sequence[int], rules: Rules, size: int) -> NDArray[np.bool_]:
    """Tokens that ``voice`` may take beside those drawn so far (0 where a voice is still to come), (size,)."""
    pitch = np.arange(size) // 2
    attack = np.arange(size) % 2 == 1
    low, high = RANGES[voice]
    ok = (pitch + rules.shift >= low) & (pitch + rules.shift <= high)
    ok &= attack if rules.attack or not last[voice] else attack | (pitch == last[voice])
    if last[voice]:
        ok &= np.abs(pitch - last[voice]) <= MAX_LEAP[voice]
    classes = rules.allowed if voice != 3 or rules.bass is None else {rules.bass}
    if classes is not None:
        ok &= np.isin(pitch % 12, list(classes))
    for other in range(4):
        if other == voice or not tokens[other]:
            continue
        beside = tokens[other] // 2
        ok &= pitch <= beside if other < voice else pitch >= beside
        if last[voice] and last[other] and beside != last[other]:
            interval = abs(last[voice] - last[other]) % 12
            if interval in (0, 7):
                ok &= (pitch == last[voice]) | (np.abs(pitch - beside) % 12 != interval)
    if rules.sonorities is not None and sum(t > 0 for t in tokens) == 3:
        others = int(np.bitwise_or.reduce([1 << (t // 2 % 12) for t in tokens if t]))
        ok &= np.array([others | (1 << c) in rules.sonorities for c in range(12)])[pitch % 12]
    return np.asarray(ok, dtype=np.bool_)


def pick(p: NDArray[np.float64], temperature: float, rng: np.random.Generator) -> int | None:
    """One index: p to the power 1 / temperature over the nucleus; the likeliest at 0; None where p is all zero."""
    total = float(p.sum())
    if total <= 0:
        return None
    if temperature == 0:
        return int(np.argmax(p))
    order = np.argsort(-p, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(p[order]), TOP_P * total)) + 1]
    logits = np.log(np.maximum(p[kept], 1e-300)) / temperature
    weights = np.exp(logits - logits.max())
    return int(kept[np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), side="right")])
