"""The mel spectrogram shows a tone where it is, and its pictures can be read."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from aigc_core.media import mel
from aigc_core.tasks.audio import Audio


def tone(frequency: float, seconds: float = 1.0, rate: int = 24_000, amplitude: float = 0.5) -> Audio:
    time = np.arange(int(seconds * rate)) / rate
    return Audio(samples=(amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32), sample_rate=rate)


@pytest.mark.parametrize("frequency", [440, 1000, 4000])
def test_a_tone_is_loudest_in_the_filter_at_its_pitch(frequency: float) -> None:
    level = mel.log_mel(tone(frequency))
    assert level.shape == (mel.N_MELS, 1 + 24_000 // mel.HOP_LENGTH)
    centre = (np.argmax(level.mean(axis=1)) + 1) / (mel.N_MELS + 1) * mel.hz_to_mel(12_000)
    assert abs(centre - mel.hz_to_mel(frequency)) < mel.hz_to_mel(12_000) / mel.N_MELS


def test_levels_are_decibels_below_the_loudest_point() -> None:
    loud, soft = tone(1000), tone(1000, amplitude=0.05)  # a tenth of the amplitude: 20 dB less
    both = mel.log_mel(Audio(samples=np.concatenate([loud.samples, soft.samples]), sample_rate=24_000))
    row = both[np.argmax(both.mean(axis=1))]
    assert both.max() == 0 and both.min() >= mel.FLOOR_DB
    assert row[20:70].mean() - row[115:165].mean() == pytest.approx(20, abs=0.5)


def test_colours_grow_evenly_in_lightness() -> None:
    linear = (mel.colormap() / 255.0) ** 2.2
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    lightness = 116 * np.cbrt(np.maximum(luminance, 1e-4)) - 16  # CIE L*, independent of the Oklab used to make them
    steps = np.diff(lightness[::16])
    assert (steps > 0).all()
    assert steps.max() / steps.min() < 2.5


def test_pictures_have_the_size_asked_for_and_show_the_sound() -> None:
    sound = tone(1000, seconds=2)
    for draw in (mel.picture, mel.mel_picture, mel.waveform_picture):
        quiet = draw(Audio(samples=np.zeros(48_000, np.float32), sample_rate=24_000), height=320)
        image = draw(sound, height=320)
        assert image.size == (960, 320)
        assert np.asarray(image).tobytes() != np.asarray(quiet).tobytes()


@pytest.mark.parametrize("samples", [0, 1, 100])
def test_very_short_sounds_are_drawn(samples: int) -> None:
    assert mel.picture(Audio(samples=np.zeros(samples, np.float32), sample_rate=24_000)).size == (960, 400)


def test_stereo_is_mixed_down() -> None:
    sound = tone(1000)
    stereo = Audio(samples=np.stack([sound.samples, sound.samples], axis=1), sample_rate=24_000)
    assert np.allclose(mel.log_mel(stereo), mel.log_mel(sound), atol=1e-3)


def test_torchaudio_and_then_transformers_speech_models_import() -> None:
    code = (
        "from aigc_core import runtime; runtime.torchaudio().transforms.GriffinLim(n_fft=64);"
        "from transformers import SpeechT5FeatureExtractor, VitsModel, SpeechT5HifiGan"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
