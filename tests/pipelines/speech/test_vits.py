"""VITS and SpeechT5 through transformers, on tiny random networks saved to a folder in the layout of their hubs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_speech

from aigc_core import registry, runtime
from aigc_core.engine import drain
from aigc_core.errors import CheckpointError, InvalidRequestError
from aigc_core.tasks.speak import SpeakRequest
from aigc_core.types import Local, Progress

TEXT = "Hello there. It costs 3 dollars."


@pytest.fixture(scope="module")
def vits_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vits")
    tiny_speech.vits(folder)
    return folder


@pytest.fixture(scope="module")
def speecht5_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speecht5")
    tiny_speech.speecht5(folder)
    return folder


Load = Callable[[str], Any]


@pytest.fixture(scope="module")
def load(vits_folder: Path, speecht5_folder: Path) -> Load:
    made: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in made:
            folder = speecht5_folder if name == "speecht5" else vits_folder
            made[name] = registry.build(replace(registry.find(name), source=Local(folder=folder)), [folder])
        return made[name]

    return get


ROWS = ["mms-tts-eng", "vits-ljspeech", "speecht5"]


@pytest.mark.parametrize("name", ROWS)
def test_a_sentence_at_a_time_and_the_same_bytes_for_the_same_seed(load: Load, name: str) -> None:
    pipeline = load(name)
    events = list(pipeline.stream(SpeakRequest(text=TEXT, seed=3)))
    previews = [e.preview for e in events if isinstance(e, Progress) and e.preview is not None]
    assert [len(p.audio.samples) > 0 for p in previews] == [True, True]
    first = events[-1].output
    assert first.sentences == ("Hello there.", "It costs three dollars.")
    list(pipeline.stream(SpeakRequest(text="Something else.", seed=9)))
    again = drain(pipeline.stream(SpeakRequest(text=TEXT, seed=3))).output
    other = drain(pipeline.stream(SpeakRequest(text=TEXT, seed=4))).output
    assert first.audio.samples.tobytes() == again.audio.samples.tobytes() != other.audio.samples.tobytes()


@pytest.mark.parametrize("name", ROWS)
def test_faster_speech_is_shorter(load: Load, name: str) -> None:
    pipeline = load(name)
    text = "It costs three dollars and nine cents"
    slow, fast = (drain(pipeline.stream(SpeakRequest(text=text, seed=3, speed=s))).output for s in (0.5, 2.0))
    assert slow.audio.duration_s > 1.5 * fast.audio.duration_s


@pytest.mark.parametrize("name", ROWS)
def test_the_global_generator_is_left_alone(load: Load, name: str) -> None:
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    drain(load(name).stream(SpeakRequest(text="Hi.", seed=3)))
    assert torch.equal(torch.rand(3), expected)


def test_vits_is_what_transformers_computes(load: Load, vits_folder: Path) -> None:
    import torch
    from transformers import VitsModel, VitsTokenizer

    from aigc_core.media import speech
    from aigc_core.pipelines.seeded import SeededNoise

    inputs = VitsTokenizer.from_pretrained(vits_folder)("Hello there.", return_tensors="pt")
    model = VitsModel.from_pretrained(vits_folder).eval()
    with torch.no_grad(), SeededNoise(runtime.generator(3)):
        direct = model(**inputs).waveform[0].numpy()
    made = drain(load("mms-tts-eng").stream(SpeakRequest(text="Hello there.", seed=3))).output.audio.samples
    assert np.allclose(made, speech.polish(direct, 16_000), atol=1e-5)


def test_our_decoding_loop_gives_what_generate_speech_gives(load: Load, speecht5_folder: Path) -> None:
    import torch
    from transformers import SpeechT5ForTextToSpeech, SpeechT5HifiGan, SpeechT5Tokenizer

    from aigc_core.media import speech
    from aigc_core.pipelines.seeded import SeededNoise

    ids = SpeechT5Tokenizer.from_pretrained(speecht5_folder)("hello there.", return_tensors="pt")["input_ids"]
    model = SpeechT5ForTextToSpeech.from_pretrained(speecht5_folder).eval()
    vocoder = SpeechT5HifiGan.from_pretrained(speecht5_folder / "vocoder").eval()
    generator = runtime.generator(3)
    speaker = torch.randn(1, 4, generator=generator)
    with torch.no_grad(), SeededNoise(generator):
        direct = model.generate_speech(ids, speaker, vocoder=vocoder).numpy()
    made = drain(load("speecht5").stream(SpeakRequest(text="hello there.", seed=3))).output.audio.samples
    assert np.allclose(made, speech.polish(direct, 16_000), atol=1e-4)


@pytest.mark.parametrize("name", ROWS)
def test_what_the_model_cannot_do_is_refused(load: Load, name: str) -> None:
    for request, word in (
        (SpeakRequest(text="你好"), "Chinese"),
        (SpeakRequest(text="..."), "nothing to speak"),
    ):
        with pytest.raises(InvalidRequestError, match=word):
            drain(load(name).stream(request))


@pytest.mark.parametrize("name", ROWS)
def test_a_folder_without_weights_is_a_checkpoint_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=tmp_path.name):
        registry.build(replace(registry.find(name), source=Local(folder=tmp_path)), [tmp_path])


def test_the_tokenizer_finds_the_packaged_espeak(load: Load, vits_folder: Path) -> None:
    """VITS of LJ Speech reads phonemes: its tokenizer calls phonemizer, which looks for espeak-ng on the machine."""
    from transformers import VitsTokenizer

    load("vits-ljspeech")
    tokenizer = VitsTokenizer(vits_folder / "vocab.json", pad_token="_", phonemize=True)
    assert tokenizer.prepare_for_tokenization("Hello world")[0] == "həlˈoʊ wˈɜːld"
