"""MusicGen through transformers, on a tiny random network saved to a folder in the layout of its hub."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_music

from aigc_core import registry
from aigc_core.engine import drain
from aigc_core.errors import CheckpointError, InvalidRequestError
from aigc_core.tasks.compose import ComposeRequest
from aigc_core.types import Local, Progress

SHORT: dict[str, Any] = {"bars": 1, "tempo": 220, "prompt": "calm organ"}
"""1.09 s."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("musicgen")
    tiny_music.musicgen(path)
    return path


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    return registry.build(replace(registry.find("musicgen-small"), source=Local(folder=folder)), [folder])


def test_the_same_seed_gives_the_same_sound_and_another_seed_another(pipeline: Any) -> None:
    events = list(pipeline.stream(ComposeRequest(seed=3, **SHORT)))
    first = events[-1].output
    assert first.audio.duration_s == pytest.approx(240 / 220, abs=0.05)
    assert all(isinstance(e, Progress) for e in events[:-1])
    previews = [e.preview.audio.duration_s for e in events if isinstance(e, Progress) and e.preview is not None]
    assert previews and previews[0] < first.audio.duration_s
    again = drain(pipeline.stream(ComposeRequest(seed=3, **SHORT))).output
    other = drain(pipeline.stream(ComposeRequest(seed=4, **SHORT))).output
    assert first.audio.samples.tobytes() == again.audio.samples.tobytes() != other.audio.samples.tobytes()


def test_our_loop_gives_what_generate_gives(pipeline: Any, folder: Path) -> None:
    import torch
    from transformers import AutoTokenizer, MusicgenForConditionalGeneration

    made = drain(pipeline.stream(ComposeRequest(temperature=0.0, **SHORT)))
    model = MusicgenForConditionalGeneration.from_pretrained(folder).eval()
    inputs = AutoTokenizer.from_pretrained(folder)(made.info["prompt"], return_tensors="pt")
    with torch.no_grad():
        tokens = made.info["frames"] + made.info["codebooks"] - 1
        theirs = model.generate(**inputs, do_sample=False, guidance_scale=3.0, max_new_tokens=tokens)[0, 0].numpy()
    ours = made.output.audio.samples
    theirs = theirs / max(1.0, float(np.abs(theirs).max()))
    assert ours.shape == theirs.shape
    assert np.allclose(ours, theirs, atol=1e-4)


def test_the_prompt_is_heard(pipeline: Any) -> None:
    one, two = (
        drain(pipeline.stream(ComposeRequest(temperature=0.0, bars=1, tempo=220, prompt=p))).output.audio.samples
        for p in ("calm organ", "a slow tune for strings and more")
    )
    assert not np.array_equal(one, two)


def test_what_the_model_cannot_do_is_refused(pipeline: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"at most 30 s; 64 bars at 60 .* at most 7 bars"):
        drain(pipeline.stream(ComposeRequest(bars=64, tempo=60)))


def test_closing_stops_it_and_leaves_the_global_generator_alone(pipeline: Any) -> None:
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    events = pipeline.stream(ComposeRequest(bars=4, tempo=60))
    for _ in range(5):
        next(events)
    events.close()
    assert torch.equal(torch.rand(3), expected)
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


def test_a_folder_without_weights_is_a_checkpoint_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=tmp_path.name):
        registry.build(replace(registry.find("musicgen-small"), source=Local(folder=tmp_path)), [tmp_path])
