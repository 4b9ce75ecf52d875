"""Post-process synthesised speech: trim silence, normalise loudness, add pauses, join without clicks. Samples are
mono float32."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

LOUDNESS_DB = -21.0  # RMS of the spoken part, below full scale
PEAK = 0.95
FRAME_S = 0.01
SILENCE_DB = -38.0  # below the loudest frame: what counts as silence at the ends
PADDING_S = (0.03, 0.08)  # kept before the first and after the last audible frame, so that no consonant is cut
FADE_S = 0.008


def polish(samples: Samples, sample_rate: int) -> Samples:
    """One utterance, ready to be joined: trimmed, at ``LOUDNESS_DB``, faded in and out."""
    trimmed = samples[audible(samples, sample_rate)]
    return fade(level(trimmed, sample_rate), sample_rate) if len(trimmed) else trimmed


def frame_levels(samples: Samples, sample_rate: int) -> NDArray[np.float64]:
    """RMS level of every 10 ms frame in dB below the loudest one, (frames,)."""
    size = max(1, int(FRAME_S * sample_rate))
    frames = np.pad(samples, (0, -len(samples) % size)).reshape(-1, size).astype(np.float64)
    power = np.maximum((frames**2).mean(axis=1), 1e-12)
    return np.asarray(10 * np.log10(power / power.max(initial=1e-12)))


def audible(samples: Samples, sample_rate: int) -> slice:
    """The part without the silence before and after, but for ``PADDING_S``; empty where all is silence."""
    if not len(samples) or np.abs(samples).max() < 1e-4:
        return slice(0, 0)
    size = max(1, int(FRAME_S * sample_rate))
    loud = np.flatnonzero(frame_levels(samples, sample_rate) > SILENCE_DB)
    before, after = (int(p * sample_rate) for p in PADDING_S)
    return slice(max(0, int(loud[0]) * size - before), (int(loud[-1]) + 1) * size + after)


def level(samples: Samples, sample_rate: int) -> Samples:
    """Scale so that the RMS over audible frames is ``LOUDNESS_DB``, by at most 12 dB and never past ``PEAK``."""
    size = max(1, int(FRAME_S * sample_rate))
    spoken = np.repeat(frame_levels(samples, sample_rate) > -25, size)[: len(samples)]
    rms = float(np.sqrt(np.mean(samples[spoken].astype(np.float64) ** 2)))
    peak = float(np.abs(samples).max())
    gain = np.clip(10 ** (LOUDNESS_DB / 20) / max(rms, 1e-9), 0.25, 4.0)
    return (samples * np.float32(min(gain, PEAK / max(peak, 1e-9)))).astype(np.float32)


def fade(samples: Samples, sample_rate: int) -> Samples:
    """Raised-cosine fades at both ends, so that the sound begins and ends at zero."""
    length = min(int(FADE_S * sample_rate), len(samples) // 2)
    ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(1, length))).astype(np.float32)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded


def join(utterances: Sequence[Samples], pauses_s: Sequence[float], sample_rate: int) -> Samples:
    """Utterances with silence between them; ``pauses_s[i]`` follows utterance i, the last one is not used."""
    parts: list[Samples] = []
    for utterance, pause in zip(utterances, pauses_s, strict=True):
        parts += [utterance, np.zeros(round(pause * sample_rate), np.float32)]
    return np.concatenate(parts[:-1]) if parts else np.zeros(0, np.float32)
