"""The evaluation of our speech, on models that learned nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny_voice
import torch

from aigc_core import checkpoint
from aigc_core.datasets import speech as dataset
from aigc_core.evaluation import dnsmos, speech_ours
from aigc_core.models.fastspeech import FastSpeech, FastSpeechConfig
from aigc_core.models.source_filter_vocoder import SourceFilterVocoder, VocoderConfig
from aigc_core.tokenizers import phoneme_tokens


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> speech_ours.Models:
    folder = tmp_path_factory.mktemp("speech")
    acoustic = FastSpeechConfig(vocabulary=phoneme_tokens.VOCABULARY, width=32, encoder_blocks=2, decoder_blocks=1)
    torch.manual_seed(0)
    checkpoint.save(folder / "a", FastSpeech(acoustic), acoustic)
    vocoder = VocoderConfig(width=32, blocks=1)
    checkpoint.save(folder / "v", SourceFilterVocoder(vocoder), vocoder)
    return speech_ours.Models.load(folder / "a", folder / "v")


def test_a_sentence_gets_all_its_figures(models: speech_ours.Models, tmp_path: Path) -> None:
    archive = tiny_voice.save(tmp_path)
    held = dataset.read(archive, tmp_path / "speech_en_alignment.npz")[:1]
    teacher = next(dataset.sounds(archive, held))
    heard: list[int] = []

    def opinion(samples: np.ndarray) -> float:  # type: ignore[type-arg]
        heard.append(len(samples))
        return float(np.abs(samples).max())

    found = speech_ours.judged(models, held[0], teacher, opinion)
    assert heard[0] == heard[1] == 300 * len(held[0].f0)
    assert found["led MCD dB"] > 0 and found["duration ms"] > 0 and 0 <= found["misvoiced"] <= 1
    assert 0 < found["RTF vocoder"] < 5 and found["DNSMOS copy"] <= 1


def test_the_same_sentence_sounds_the_same_every_time(models: speech_ours.Models) -> None:
    spoken = [models.sound(*models.acoustic.speak(torch.tensor([0, 9, 20, 0]), 0)) for _ in range(2)]
    assert np.array_equal(*spoken) and np.abs(spoken[0]).max() > 0


def test_resampling_keeps_a_tone() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000).astype(np.float32)
    expected = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    assert np.allclose(dnsmos.resampled(tone, 24_000, 16_000), expected, atol=1e-3)


def test_punctuation_and_case_are_no_words() -> None:
    assert speech_ours.plain('"Don\'t," said   Ratty.') == "don't said ratty"


@pytest.mark.weights
def test_noise_is_heard_as_worse_than_a_voice(tmp_path: Path) -> None:
    network = dnsmos.DNSMOS()
    archive = tiny_voice.save(tmp_path)
    sentences = dataset.read(archive, tmp_path / "speech_en_alignment.npz")[:1]
    voice = next(dataset.sounds(archive, sentences))
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 24_000).astype(np.float32)
    assert 1 <= network(noise, 24_000) < network(voice, 24_000) < 5
