"""Distances between renderings of a sentence, on cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from aigc_core.metrics import speech


def test_cepstral_distortion_ignores_loudness_and_grows_with_tilt() -> None:
    rng = np.random.default_rng(0)
    mel = rng.standard_normal((30, 80)).astype(np.float32)
    assert speech.cepstral_distortion(mel + 2, mel) == pytest.approx(0, abs=1e-4)
    wave = np.cos(np.pi / 80 * 3 * (np.arange(80) + 0.5)).astype(np.float32)  # c_3 = 1 alone
    expected = 20 * np.log10(np.e) * np.sqrt((wave**2).mean())  # its root mean square in dB
    assert speech.cepstral_distortion(mel[:20] + wave, mel) == pytest.approx(expected, rel=1e-4)


def test_an_octave_is_1200_cents_and_voicing_is_counted_apart() -> None:
    theirs = np.array([100, 200, 0, 0, 150], np.float32)
    assert speech.pitch_error(2 * theirs, theirs) == (pytest.approx(1200), 0.0)
    assert speech.pitch_error(np.array([100, 0, 0, 90], np.float32), theirs) == (0.0, 0.5)


def test_error_rates_count_words_or_characters() -> None:
    assert speech.edit_rate("the cat sat", "the cat sat") == 0
    assert speech.edit_rate("the cat sat down", "a cat sat") == pytest.approx(0.5)
    assert speech.edit_rate("你好世界", "你 好 界", characters=True) == pytest.approx(0.25)
    assert speech.edit_rate("word", "") == 1
