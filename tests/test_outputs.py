"""Outputs know how to show themselves as text and JSON."""

import json

import numpy as np
import pytest

from aigc_core.tasks.audio import Audio
from aigc_core.tasks.chat import Reply
from aigc_core.tasks.continue_text import Text
from aigc_core.tasks.decoding import Token
from aigc_core.tasks.summarize import Summary, SummarySentence


@pytest.mark.parametrize("shape", [(24_000,), (24_000, 2)])
def test_a_sounds_length_is_in_frames_over_rate(shape: tuple[int, ...]) -> None:
    assert Audio(samples=np.zeros(shape, np.float32), sample_rate=48_000).duration_s == 0.5


@pytest.mark.parametrize(
    ("sentences", "joined"),
    [
        (["One.", "Two."], "One. Two."),
        (["第一句。", "第二句。"], "第一句。第二句。"),
        (["中文在前。", "English after."], "中文在前。English after."),
        (["  spaces  ", "trimmed "], "spaces trimmed"),
        ([], ""),
        (["", "after an empty one"], "after an empty one"),
    ],
)
def test_a_summary_joins_its_sentences_as_their_script_does(sentences: list[str], joined: str) -> None:
    made = Summary(sentences=tuple(SummarySentence(text=s) for s in sentences), source_sentences=())
    assert made.text == joined


def test_text_outputs_become_json() -> None:
    token = Token(text=" cat", probability=0.5, alternatives=((" cat", 0.5), (" dog", 0.25)))
    text = Text(text=" cat", tokens=(token,), stop_reason="length")
    reply = Reply(text="你好", rendered_prompt="<|im_start|>", prompt_tokens=3, new_tokens=1, context_window=8)
    summary = Summary(
        sentences=(SummarySentence(text="a", sources=(1,), unsupported=("7",)),), source_sentences=("a", "b")
    )
    assert json.loads(json.dumps(text.to_json())) == {
        "text": " cat",
        "tokens": [{"text": " cat", "probability": 0.5, "alternatives": [[" cat", 0.5], [" dog", 0.25]]}],
        "stop_reason": "length",
    }
    assert json.loads(json.dumps(reply.to_json())) == {
        "text": "你好", "rendered_prompt": "<|im_start|>", "prompt_tokens": 3, "new_tokens": 1, "context_window": 8,
        "dropped_messages": 0, "stop_reason": "", "candidates": [],
    }  # fmt: skip
    made = json.loads(json.dumps(summary.to_json()))
    assert made["sentences"] == [{"text": "a", "sources": [1], "unsupported": ["7"], "words": []}]
    assert made["source_sentences"] == ["a", "b"]
