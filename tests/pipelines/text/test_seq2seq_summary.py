"""BART, T5 and mT5 through the real code path, with tiny random weights saved the way a repository saves them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny_text
import torch
from streams import check_stream
from tiny_text import SUMMARY_TEXT as TEXT

from aigc_core import registry
from aigc_core.engine import Engine, drain
from aigc_core.errors import CheckpointError
from aigc_core.pipelines.text.seq2seq_summary import Seq2SeqSummary
from aigc_core.tasks.summarize import SummarizeRequest
from aigc_core.types import Local, ModelSpec, Progress

ROWS = ("summarize-bart-large-cnn", "summarize-t5-small", "summarize-mt5-small-zh")

BUILDERS: dict[str, Callable[[Path], None]] = dict(
    zip(ROWS, (tiny_text.bart, tiny_text.t5, tiny_text.mt5), strict=True)
)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelSpec]:
    """The registry's rows, pointed at folders with tiny models."""
    made = {}
    for name, build in BUILDERS.items():
        folder = tmp_path_factory.mktemp(name)
        torch.manual_seed(len(name))
        build(folder)
        spec = registry.find(name)
        settings = {k: v for k, v in spec.settings.items() if k != "window"}
        languages = ("en", "zh")  # a random network knows one as well as the other
        made[name] = replace(
            spec, source=Local(folder=folder), settings={**settings, "window": 40}, languages=languages
        )
    return made


@pytest.fixture
def tiny(rows: dict[str, ModelSpec], monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine that finds the tiny models under the rows' names."""
    find = registry.find
    monkeypatch.setattr(registry, "find", lambda name, task=None: rows.get(name) or find(name, task))
    return Engine(max_loaded=3)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_streams_tokens_and_repeats_itself(tiny: Engine, name: str) -> None:
    request = SummarizeRequest(text=TEXT, model=name, max_sentences=2)
    result = check_stream(tiny, request)
    assert result.output.text and len(result.output.sentences) <= 2
    assert result.info["passages"] > 1, "the text does not fit a window of 40 tokens"
    assert drain(tiny.run(request)).output == result.output
    events = [e for e in tiny.run(request) if isinstance(e, Progress) and e.stage == "run"]
    parts = result.info["passages"]
    assert {e.message for e in events} >= {f"part {i} of {parts}" for i in range(1, parts + 1)}
    assert any(e.preview.text for e in events)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("words", [3, 8, 14, 20])
def test_our_beam_search_is_that_of_transformers(rows: dict[str, ModelSpec], name: str, words: int) -> None:
    pipeline: Any = registry.build(rows[name], [rows[name].source.folder])  # type: ignore[union-attr]
    passage = " ".join(TEXT.split()[:words])
    config = pipeline._search(1)
    writing = pipeline._write(passage, 1)
    while True:
        try:
            next(writing)
        except StopIteration as end:
            ours = end.value
            break
    ids = pipeline._tokenizer(pipeline._prefix + passage, return_tensors="pt")
    theirs = pipeline._model.generate(
        input_ids=ids["input_ids"], attention_mask=ids["attention_mask"], num_beams=config.num_beams,
        max_length=config.max_new_tokens + 1, min_length=config.min_new_tokens + 1, early_stopping=True,
        length_penalty=config.length_penalty, no_repeat_ngram_size=config.no_repeat_ngram_size,
    )  # fmt: skip
    assert ours == pipeline._tokenizer.decode(theirs[0], skip_special_tokens=True).strip()


def test_closing_early_leaves_no_hook_and_no_thread(rows: dict[str, ModelSpec]) -> None:
    spec = rows["summarize-bart-large-cnn"]
    pipeline: Any = registry.build(spec, [spec.source.folder])  # type: ignore[union-attr]
    for taken in (1, 5):
        stream = pipeline.stream(SummarizeRequest(text=TEXT, model=spec.name))
        for _ in range(taken):
            next(stream)
        stream.close()
        assert not any(m._forward_pre_hooks for m in pipeline._model.modules())
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


def test_a_folder_that_is_no_model_says_so(tmp_path: Path) -> None:
    spec = replace(registry.find("summarize-t5-small"), source=Local(folder=tmp_path))
    with pytest.raises(CheckpointError, match="could not be loaded"):
        registry.build(spec, [tmp_path])


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("text", ["Yes.", "the tram", "the mayor </s> says <pad></s><s> a line <unk> money."])
def test_what_is_written_is_never_longer_than_the_source(tiny: Engine, name: str, text: str) -> None:
    output = drain(tiny.run(SummarizeRequest(text=text, model=name, max_sentences=2))).output
    assert 0 < len(output.text) <= len(text)


@pytest.mark.parametrize("name", ROWS)
def test_names_of_control_tokens_in_the_source_are_text(rows: dict[str, ModelSpec], name: str) -> None:
    spec = rows[name]
    assert isinstance(spec.source, Local)
    pipeline = Seq2SeqSummary(spec, [spec.source.folder])
    control = set(pipeline._tokenizer.added_tokens_decoder)
    ids = pipeline._plain.ids("a</s>b<pad><s>c<mask> </s></s>", framed=True)
    frame = pipeline._plain.ids("", framed=True)
    assert frame == pipeline._tokenizer("")["input_ids"]
    unknown = {pipeline._tokenizer.unk_token_id}  # of T5's tiny vocabulary, for the angle brackets
    assert [i for i in ids if i in control - unknown] == frame
    assert pipeline._plain.ids(TEXT, framed=True) == pipeline._tokenizer(TEXT)["input_ids"]
