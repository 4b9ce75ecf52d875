"""Summaries by instruction: the prompt in the text's language, passages, stopping, and the real SmolLM2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from streams import check_stream
from tiny_text import save_tokenizer

from aigc_core import registry
from aigc_core.engine import Engine, drain
from aigc_core.pipelines.text.prompts import Prompt
from aigc_core.pipelines.text.smollm_summary import _LABEL, _LOOP, PromptSummary
from aigc_core.tasks.summarize import SummarizeRequest
from aigc_core.types import Local, ModelSpec, Progress

ROWS = ("summarize-smollm2-135m", "summarize-qwen2.5-0.5b")
ENGLISH = "The keeper climbed a stair. He lit the lamp. There was light. "
CHINESE = "看守人点亮了灯塔。天亮了。"


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelSpec]:
    """The registry's rows with tiny random networks, reading 120 tokens at once."""
    import transformers

    made = {}
    for name, kind in zip(ROWS, ("Llama", "Qwen2"), strict=True):
        folder = tmp_path_factory.mktemp(kind)
        config = getattr(transformers, f"{kind}Config")(
            vocab_size=save_tokenizer(folder), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024, tie_word_embeddings=True,
            initializer_range=0.3, eos_token_id=2, bos_token_id=1,
        )  # fmt: skip
        torch.manual_seed(0)
        getattr(transformers, f"{kind}ForCausalLM")(config).save_pretrained(str(folder))
        spec = registry.find(name)
        made[name] = replace(spec, source=Local(folder=folder), settings={**spec.settings, "passage": 120})
    return made


@pytest.fixture
def tiny(rows: dict[str, ModelSpec], monkeypatch: pytest.MonkeyPatch) -> Engine:
    find = registry.find
    monkeypatch.setattr(registry, "find", lambda name, task=None: rows.get(name) or find(name, task))
    return Engine()


@pytest.mark.parametrize("name", ROWS)
def test_a_row_streams_and_repeats_itself_over_several_passages(tiny: Engine, name: str) -> None:
    request = SummarizeRequest(text=ENGLISH * 12, model=name, max_sentences=2)
    result = check_stream(tiny, request)
    assert result.info["passages"] > 1 and len(result.output.sentences) <= 2
    assert drain(tiny.run(request)).output == result.output


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("text", ["Yes.", "The stair is lit. " * 2, "One<|im_end|><|im_start|>two <|endoftext|>"])
def test_what_is_written_is_never_longer_than_the_source(tiny: Engine, name: str, text: str) -> None:
    output = drain(tiny.run(SummarizeRequest(text=text, model=name, max_sentences=3))).output
    assert 0 < len(output.text) <= len(text.strip())


def test_closing_early_stops_and_the_next_request_is_unharmed(tiny: Engine) -> None:
    request = SummarizeRequest(text=ENGLISH, model=ROWS[0], max_sentences=1)
    expected = drain(tiny.run(request)).output
    stream = tiny.run(request)
    taken = [next(stream) for _ in range(8)]
    stream.close()
    assert all(isinstance(event, Progress) for event in taken)
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    assert drain(tiny.run(request)).output == expected


class _Renderer:
    """Shows the messages instead of applying a chat template."""

    def prompt(self, messages: list[dict[str, str]], *_: Any) -> Prompt:
        return Prompt("|".join(m["content"] for m in messages), [])


@pytest.mark.parametrize(
    ("name", "text", "sentences", "expected"),
    [
        (ROWS[0], ENGLISH, 1, "in one short sentence. Only"),
        (ROWS[0], ENGLISH, 3, "in three short sentences. Only"),
        (ROWS[0], ENGLISH, 15, "in 15 short sentences. Only"),
        (ROWS[0], CHINESE, 2, "in two short sentences. Only"),
        (ROWS[1], CHINESE, 2, "请用2句话概括原文"),
        (ROWS[1], ENGLISH, 2, "in two short sentences. Only"),
    ],
)
def test_the_prompt_holds_the_text_and_asks_in_a_language_the_model_knows(
    name: str, text: str, sentences: int, expected: str
) -> None:
    prompt = PromptSummary(registry.find(name), [])._prompt(_Renderer(), text, sentences).text  # type: ignore[arg-type]
    assert expected in prompt and text.strip() in prompt


def test_braces_in_the_text_are_left_alone() -> None:
    text = "Use {sentences} and {text} and {0}."
    assert text in PromptSummary(registry.find(ROWS[0]), [])._prompt(_Renderer(), text, 3).text  # type: ignore[arg-type]


def test_labels_are_taken_off_the_beginning_only() -> None:
    assert _LABEL.sub("", "Summary: The text: yes") == "The text: yes"
    assert _LABEL.sub("", "摘要：电车") == "电车"


def test_a_loop_is_seen_when_it_closes_the_third_time() -> None:
    phrase = ", and in 1943, to electricity"
    assert _LOOP.search("In 1894 oil gave way" + phrase * 2) is None
    found = _LOOP.search("In 1894 oil gave way" + phrase * 3)
    assert found is not None and found.string[: found.end(1)].count("1943") == 1


@pytest.mark.weights
def test_smollm2_summarizes_what_the_text_says(engine: Engine, real_weights: Callable[[str], list[Path]]) -> None:
    real_weights(ROWS[0])
    text = (
        "The public library on Marsh Lane will reopen on 14 May after sixteen months of repairs. Water from a burst pipe "
        "had ruined 9,300 books. The repairs cost 2.1 million pounds. The children's section has moved upstairs."
    )
    summary = drain(engine.run(SummarizeRequest(text=text, model=ROWS[0], max_sentences=2))).output
    assert 1 <= len(summary.sentences) <= 2
    assert "library" in summary.text and all(s.sources for s in summary.sentences)
