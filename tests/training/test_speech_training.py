"""The two trainings of speech on a voice of tones: they learn, they resume, their data are what they should be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tiny_voice
import torch

from aigc_core import checkpoint
from aigc_core.datasets import speech as dataset
from aigc_core.errors import InvalidRequestError
from aigc_core.models.fastspeech import FastSpeech, FastSpeechConfig
from aigc_core.models.source_filter_vocoder import SourceFilterVocoder, VocoderConfig
from aigc_core.training import speech, speech_acoustic, speech_vocoder
from aigc_core.training.speech import Corpus
from aigc_core.types import Progress, Result

SMALL = {
    speech_acoustic: {"width": 32, "decoder_blocks": 2, "lr": 3e-3},
    speech_vocoder: {"width": 48, "blocks": 2, "frames": 32, "lr": 3e-3},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Path, ...], Path]:
    folder = tmp_path_factory.mktemp("voice")
    return tuple(tiny_voice.save(folder, language) for language in ("en", "zh")), folder / "cache"


def run(module, data, out: Path, steps: int, stop: int | None = None, **more):  # type: ignore[no-untyped-def]
    archives, cache = data
    values = {"data": archives, "cache": cache, "out": out, "steps": steps, "batch": 4, "warmup": 5, "every": 5}
    for event in module.train(module.Config(**values | SMALL[module] | more)):
        if isinstance(event, Result):
            return event.output
        assert isinstance(event, Progress)
        if event.step == stop:
            return None
    raise AssertionError("no result")


@pytest.mark.parametrize("module", [speech_acoustic, speech_vocoder])
def test_losses_fall_on_what_was_held_out(data, tmp_path: Path, module) -> None:  # type: ignore[no-untyped-def]
    run(module, data, tmp_path, 60, every=20)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [20, 40, 60]
    assert lines[-1]["val_mel"] < 0.7 * lines[0]["val_mel"]
    folder = tmp_path / "model"
    if module is speech_acoustic:
        checkpoint.load(folder, FastSpeech(checkpoint.load_config(folder, FastSpeechConfig)))
    else:
        checkpoint.load(folder, SourceFilterVocoder(checkpoint.load_config(folder, VocoderConfig)))


@pytest.mark.parametrize("module", [speech_acoustic, speech_vocoder])
def test_an_interrupted_run_ends_bit_for_bit_like_one_that_was_not(data, tmp_path: Path, module) -> None:  # type: ignore[no-untyped-def]
    whole = run(module, data, tmp_path / "whole", 10, cooldown=5)
    assert run(module, data, tmp_path / "cut", 10, stop=7, cooldown=5) is None  # saved at 5
    resumed = run(module, data, tmp_path / "cut", 10, cooldown=5)
    for a, b in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_branch_begins_with_the_other_run_and_cools_down(data, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    run(speech_vocoder, data, tmp_path / "long", 10)
    before = (tmp_path / "long" / "state.safetensors").read_bytes()
    run(speech_vocoder, data, tmp_path / "cooled", 20, branch=tmp_path / "long", cooldown=10)
    lines = [json.loads(line)["step"] for line in (tmp_path / "cooled" / "log.jsonl").read_text().splitlines()]
    assert lines == [15, 20] and (tmp_path / "long" / "state.safetensors").read_bytes() == before
    config = speech_vocoder.Config(data=(), cache=tmp_path, out=tmp_path, steps=20, cooldown=10, warmup=4, lr=1.0)
    assert [config.rate(step) for step in (0, 3, 10, 15, 20)] == pytest.approx([0.25, 1, 1, 0.5, 0])


def test_minutes_end_a_call_with_a_saving(data, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    run(speech_vocoder, data, tmp_path, 1000, minutes=0.0, every=500)
    assert [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == [1]


def test_a_loss_that_is_not_finite_names_its_step(data, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FloatingPointError, match=r"at step \d"):
        run(speech_acoustic, data, tmp_path, 30, lr=1e30, warmup=1, clip=1e30)


def test_sound_spectra_and_pitch_of_a_segment_belong_together(data) -> None:  # type: ignore[no-untyped-def]
    corpus = Corpus(*data, "train")
    drawn = corpus.segments(np.random.default_rng(3), 6, 20)
    assert drawn.samples.shape == (6, 6000) and drawn.mel.shape == (6, 20, 80) and drawn.f0.shape == (6, 20)
    inner = slice(4, -4)  # a segment's own spectrum sees silence beyond its ends
    difference = (speech.log_mel(drawn.samples) - drawn.mel)[:, inner].abs().mean()
    assert float(difference) < 0.1


def test_splits_and_batches_hold_what_they_say(data) -> None:  # type: ignore[no-untyped-def]
    train, held = (Corpus(*data, split) for split in ("train", "val"))
    assert len(held.sentences) == 4 and len(train.sentences) == 40  # rows 0 and 20 of each language
    said = train.draw(np.random.default_rng(1), 5)
    assert (said.durations.sum(1) * 2).max() == said.mel.shape[1] == said.prosody.pitch.shape[1]
    assert set(said.language.tolist()) <= {0, 1}
    hertz = (said.prosody.pitch * 0.25).exp() * 200
    assert torch.allclose(hertz[said.prosody.voiced > 0].unique(), torch.tensor([150.0, 210.0, 270.0]), atol=0.2)


def test_an_alignment_of_other_sentences_is_refused(data, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (english, _), _ = data
    other = tiny_voice.save(tmp_path, count=21)
    with pytest.raises(InvalidRequestError, match="cannot be read together"):
        dataset.read(english, other.with_name("speech_en_alignment.npz"))
