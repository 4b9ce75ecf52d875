"""Byte-level BPE of our own: nothing is lost, whatever the text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_core import runtime
from aigc_core.tokenizers import bpe

TEXTS = ["The cat sat on the mat. The cat's hat!\n", "A dog and a cat, 12 cats.", "Straße, 猫坐在垫子上"] * 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("bpe")
    bpe.save(bpe.train(TEXTS, 320), into, window=64, chat=True)
    return into


@settings(max_examples=200, deadline=None)
@given(text=st.text())
def test_any_text_comes_back_exactly(folder: Path, text: str) -> None:
    tokenizer = bpe.load(folder)
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_merges_make_words_and_ids_of_special_tokens_are_fixed(folder: Path) -> None:
    tokenizer = bpe.load(folder)
    assert [tokenizer.token_to_id(name) for name in (bpe.END, *bpe.ROLES)] == [0, 1, 2, 3]
    assert len(tokenizer.encode(" cat").ids) == 1
    assert len(tokenizer.encode("12").ids) == 2, "digits stay apart"


def test_transformers_reads_it_and_renders_a_conversation(folder: Path) -> None:
    runtime.torchaudio()
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    messages = [{"role": "system", "content": "I am a cat."}, {"role": "user", "content": " Hi! "}]
    rendered = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert rendered == "<|system|>I am a cat.<|endoftext|><|user|>Hi!<|endoftext|><|assistant|>"
    ids = tokenizer(rendered, add_special_tokens=False)["input_ids"]
    assert ids[0] == 1 and ids[-1] == 3 and ids.count(0) == 2
    assert tokenizer.decode(ids, skip_special_tokens=True) == "I am a cat.Hi!"
