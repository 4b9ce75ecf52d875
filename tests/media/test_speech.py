"""Utterances are trimmed without loss, equally loud, and joined without clicks."""

from __future__ import annotations

import numpy as np
import pytest

from aigc_core.media import speech

RATE = 24_000


def voice(seconds: float, amplitude: float = 0.3, seed: int = 0) -> speech.Samples:
    """A buzz with a syllable-like envelope."""
    time = np.arange(int(seconds * RATE)) / RATE
    buzz = np.sign(np.sin(2 * np.pi * 120 * time)) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time))
    return (amplitude * buzz + 1e-4 * np.random.default_rng(seed).standard_normal(len(time))).astype(np.float32)


def silence(seconds: float) -> speech.Samples:
    return np.zeros(int(seconds * RATE), np.float32)


def rms_db(samples: speech.Samples) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2)))


def test_silence_goes_and_the_voice_stays() -> None:
    padded = np.concatenate([silence(0.7), voice(1.0), silence(0.9)])
    trimmed = padded[speech.audible(padded, RATE)]
    before, after = speech.PADDING_S
    assert len(trimmed) / RATE == pytest.approx(1.0 + before + after, abs=0.03)
    assert np.abs(trimmed).sum() == pytest.approx(np.abs(padded).sum(), rel=1e-3)


def test_loud_and_soft_come_out_equally_loud_and_never_clip() -> None:
    levels = [rms_db(speech.level(voice(1.0, amplitude), RATE)) for amplitude in (0.06, 0.2, 0.3)]
    assert max(levels) - min(levels) < 0.1
    assert levels[0] == pytest.approx(speech.LOUDNESS_DB, abs=1.0)
    spiky = voice(1.0, 0.05)
    spiky[5000] = 0.9
    assert np.abs(speech.level(spiky, RATE)).max() <= speech.PEAK + 1e-6


def test_joins_begin_and_end_at_zero() -> None:
    parts = [speech.polish(voice(0.5, 0.3, seed), RATE) for seed in range(3)]
    joined = speech.join(parts, [0.2, 0.4, 9.0], RATE)
    assert len(joined) == sum(map(len, parts)) + round(0.6 * RATE)  # the last pause is not used
    edge = len(parts[0])
    assert np.abs(joined[edge - 3 : edge + 3]).max() < 1e-3
    assert joined[0] == 0 and abs(joined[-1]) < 1e-3


@pytest.mark.parametrize("samples", [silence(0), silence(0.5), voice(0.004), np.full(1, 0.5, np.float32)])
def test_degenerate_sounds_pass(samples: speech.Samples) -> None:
    made = speech.polish(samples, RATE)
    assert np.isfinite(made).all() and len(made) <= len(samples)
    assert len(speech.join([], [], RATE)) == 0
