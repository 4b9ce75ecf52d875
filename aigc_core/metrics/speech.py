"""Distances between two renderings of a sentence, frame by frame.

Shapes: M frames; spectra are natural logarithms of mel magnitudes, (M, mels).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
CEPSTRA = 13


def cepstral_distortion(ours: Array, theirs: Array) -> float:
    """Mel-cepstral distortion over the frames that both have: 10/ln 10 · mean √(2 Σ (c − c')²) with c₁ … c₁₃, where
    log|S| = c₀ + Σ c_k cos.

    That is the root mean square distance, in dB, of two spectra smoothed over mels, loudness apart (Kubichek 1993).
    """
    length = min(len(ours), len(theirs))
    difference = (ours[:length] - theirs[:length]).astype(np.float64)
    mels = difference.shape[1]
    angles = np.pi / mels * (np.arange(mels) + 0.5)
    basis = 2 / mels * np.cos(np.outer(angles, np.arange(1, CEPSTRA + 1)))  # (mels, 13)
    squares = ((difference @ basis) ** 2).sum(1)  # (M,)
    return float(10 / np.log(10) * np.sqrt(2 * squares).mean())


def pitch_error(ours: Array, theirs: Array) -> tuple[float, float]:
    """Root mean square error in cents where both are voiced, and the share of frames voiced in one alone; F0 in Hz, (M,)."""
    length = min(len(ours), len(theirs))
    ours, theirs = ours[:length], theirs[:length]
    both = (ours > 0) & (theirs > 0)
    cents = 1200 * np.log2(ours[both] / theirs[both])
    rms = float(np.sqrt((cents**2).mean())) if both.any() else 0.0
    return rms, float(((ours > 0) != (theirs > 0)).mean()) if length else 0.0


def edit_rate(said: str, heard: str, *, characters: bool = False) -> float:
    """Word (or character) error rate: Levenshtein distance over the length of what was to be said."""
    wanted, got = (list(text.replace(" ", "")) if characters else text.split() for text in (said, heard))
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (word != other))
    return row[-1] / max(1, len(wanted))
