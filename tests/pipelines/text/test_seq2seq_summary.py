"""BART, T5 and mT5 through the real code path, with tiny random weights saved the way a repository saves them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import check_stream

from aigc_core import registry, runtime
from aigc_core.engine import Engine, drain
from aigc_core.errors import CheckpointError
from aigc_core.pipelines.text.seq2seq_summary import Seq2SeqSummary
from aigc_core.tasks.summarize import SummarizeRequest
from aigc_core.types import Local, ModelSpec, Progress

WORDS = (
    "The",
    "the",
    "a",
    "tram",
    "line",
    "city",
    "council",
    "votes",
    "to",
    "build",
    "costs",
    "money",
    "mayor",
    "says",
)
TEXT = " ".join(["The city council votes to build a tram line.", "The mayor says the line costs money."] * 3)
ROWS = ("summarize-bart-large-cnn", "summarize-t5-small", "summarize-mt5-small-zh")


def _bart_tokenizer(folder: Path) -> int:
    """Byte-level BPE in BART's own class, trained on the text at hand; its size."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import RobertaTokenizer

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=330, special_tokens=special, initial_alphabet=alphabet)
    bpe.train_from_iterator([TEXT], trainer)
    learned = json.loads(bpe.to_str())["model"]
    tokenizer = RobertaTokenizer(vocab=learned["vocab"], merges=[tuple(m) for m in learned["merges"]])
    tokenizer.save_pretrained(folder)
    return len(tokenizer)


def _t5_tokenizer(folder: Path) -> int:
    """A unigram vocabulary in T5's own class; its size."""
    from transformers import T5Tokenizer

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -3.0)]
    pieces += [(f"▁{word}", -2.0) for word in WORDS] + [(c, -4.0) for c in "abcdefghijklmnopqrstuvwxyzTC.,:"]
    tokenizer = T5Tokenizer(vocab=pieces, extra_ids=0)
    tokenizer.save_pretrained(folder)
    return len(tokenizer)


def _sharpen(model: Any) -> None:
    """Random weights give nearly equal logits; larger ones give beams something to tell apart."""
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.data.normal_(0, 0.5)


def _bart(folder: Path) -> None:
    from transformers import BartConfig, BartForConditionalGeneration, GenerationConfig

    config = BartConfig(
        vocab_size=_bart_tokenizer(folder), d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=64,
        pad_token_id=1, eos_token_id=2, bos_token_id=0, decoder_start_token_id=2, forced_eos_token_id=2,
    )  # fmt: skip
    model = BartForConditionalGeneration(config)
    _sharpen(model)
    model.generation_config = GenerationConfig(
        num_beams=4, length_penalty=2.0, max_length=30, min_length=6, no_repeat_ngram_size=3, early_stopping=True,
        forced_bos_token_id=0, forced_eos_token_id=2, decoder_start_token_id=2, eos_token_id=2, pad_token_id=1,
        bos_token_id=0,
    )  # fmt: skip
    model.save_pretrained(folder)


def _t5(folder: Path) -> None:
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(
        vocab_size=_t5_tokenizer(folder), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, n_positions=64,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    model = T5ForConditionalGeneration(config)
    _sharpen(model)
    model.save_pretrained(folder)


def _mt5(folder: Path) -> None:
    from transformers import MT5Config, MT5ForConditionalGeneration

    config = MT5Config(
        vocab_size=_t5_tokenizer(folder), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, feed_forward_proj="gated-gelu",
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    model = MT5ForConditionalGeneration(config)
    _sharpen(model)
    model.save_pretrained(folder)


BUILDERS: dict[str, Callable[[Path], None]] = dict(zip(ROWS, (_bart, _t5, _mt5), strict=True))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelSpec]:
    """The registry's rows, pointed at folders with tiny models."""
    runtime.torchaudio()
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
