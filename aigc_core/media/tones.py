"""Sounds made by arithmetic: what the sound figures measure, with nothing to download.

All are float32 in [-1, 1], (T,).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
SAMPLE_RATE = 16_000
FORMANTS = {"a": (800, 1200, 2500), "i": (300, 2300, 3000), "u": (320, 800, 2300)}
"""Centre frequencies in Hz of the resonances by which the ear tells these vowels apart (rounded)."""
_BANDWIDTH = 120  # Hz
_PEAK = 0.8


def beating(low_hz: float, high_hz: float, clicks_s: Sequence[float], duration_s: float) -> Samples:
    """Two steady tones, with clicks of one sample at the given times."""
    time = np.arange(int(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    sound = 0.2 * (np.sin(2 * np.pi * low_hz * time) + np.sin(2 * np.pi * high_hz * time))
    for at in clicks_s:
        sound[int(at * SAMPLE_RATE)] += 12.0
    return _levelled(sound)


def vowels(text: str, duration_s: float, pitch_hz: float) -> Samples:
    """A voice that glides through vowels: harmonics of a falling pitch, each as loud as the formants around it make it.

    Args:
        text: Of the keys of :data:`FORMANTS`.
    """
    time = np.arange(int(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    place = np.linspace(0, len(text) - 1, len(time))
    corners = np.array([FORMANTS[letter] for letter in text], float)
    formants = [np.interp(place, np.arange(len(text)), corners[:, i]) for i in range(3)]
    pitch = pitch_hz * (1.1 - 0.2 * time / duration_s)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    sound = np.zeros(len(time))
    for k in range(1, int(4000 / pitch_hz)):
        loud = sum(np.exp(-(((k * pitch - f) / _BANDWIDTH) ** 2) / 2) / (i + 1) for i, f in enumerate(formants))
        sound += (0.02 + loud) / k**0.5 * np.sin(k * phase)
    edge = np.minimum(1, np.minimum(time, duration_s - time) / 0.03)
    sound *= edge
    return _levelled(sound)


def plucked(pitches: Sequence[int], seconds_each: float) -> Samples:
    """A tune on a plucked string: MIDI pitches one after another, five harmonics that fade, the high ones sooner."""
    count = int(seconds_each * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    notes = [
        sum(
            np.sin(2 * np.pi * k * 440 * 2 ** ((pitch - 69) / 12) * time) * np.exp(-4 * k * time) / k
            for k in range(1, 6)
        )
        * np.minimum(1, (seconds_each - time) / 0.02)
        for pitch in pitches
    ]
    sound = np.concatenate(notes) if notes else np.zeros(count)
    return _levelled(sound)


def _levelled(sound: NDArray[np.float64]) -> Samples:
    """The same sound, its loudest sample at :data:`_PEAK`."""
    return np.asarray(_PEAK * sound / max(1e-9, float(np.abs(sound).max())), np.float32)
