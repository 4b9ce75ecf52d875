"""The Chinese tokenizer: nothing is lost, nothing that a model may draw is part of a character."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from aigc_core.sampling.text.stream import Detokenizer
from aigc_core.tokenizers import bpe, zh_tokens

TEXT = "却说那日天色已晚，众人来到庙前。那老道微微一笑：“你们来了？”众人道：“来了。”老道道：“来了就好。”\n1. 取 20 g 盐 and oil\n"
TOKENIZER = zh_tokens.train([TEXT * 3, "那日老道来到庙前，微微一笑。" * 4], 420, least=3)
DRAWN = sorted(
    set(range(TOKENIZER.get_vocab_size())) - set(range(1, len(zh_tokens.SPECIAL))) - set(zh_tokens.byte_ids(TOKENIZER))
)
anything = st.text(
    st.one_of(st.sampled_from(TEXT), st.characters(codec="utf-8"), st.sampled_from("😀👨‍👩‍👧𠮷㸒é\u200b\u3000\x00"))
)


@settings(max_examples=300, deadline=None)
@given(anything)
def test_any_text_survives(text: str) -> None:
    copy = Tokenizer.from_str(TOKENIZER.to_str())
    copy.encode_special_tokens = True
    ids = copy.encode(text, add_special_tokens=False).ids
    assert copy.decode(ids, skip_special_tokens=False) == text


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(DRAWN), max_size=30))
def test_whatever_is_drawn_is_valid_text_at_every_step(ids: list[int]) -> None:
    stream = Detokenizer(lambda part: TOKENIZER.decode(part, skip_special_tokens=True))
    written = ""
    for token in ids:
        piece = stream.push(token)
        assert "\ufffd" not in piece and (piece or token == 0)  # every token but the end adds whole characters at once
        written += piece
    assert stream.flush() == "" and written == TOKENIZER.decode(ids, skip_special_tokens=True)


def test_words_are_whole_characters_of_one_kind_and_not_too_long() -> None:
    learned = [t for t in TOKENIZER.get_vocab() if t not in (*zh_tokens.SPECIAL, *zh_tokens.BYTES)]
    words = [token for token in learned if len(token) > 1]
    assert "微微" in words and "众人" in words
    assert all(len(word) <= zh_tokens.LONGEST for word in words)
    assert not any(mark in word for word in words for mark in "，。：“”？\n 0123456789")


def test_the_special_tokens_have_their_places_and_rare_characters_become_bytes() -> None:
    assert [TOKENIZER.token_to_id(token) for token in zh_tokens.SPECIAL] == list(range(len(zh_tokens.SPECIAL)))
    assert TOKENIZER.token_to_id(bpe.END) == 0 and zh_tokens.style_id("novel") == 4
    assert TOKENIZER.encode("鑫").tokens == ["<0xE9>", "<0x91>", "<0xAB>"]
    assert len(zh_tokens.byte_ids(TOKENIZER)) == 256
    assert TOKENIZER.get_vocab_size() <= 420


def test_a_size_too_small_for_words_leaves_the_characters() -> None:
    small = zh_tokens.train([TEXT], 10, least=1)
    assert set(TEXT) <= set(small.get_vocab())
    assert all(len(t) == 1 for t in small.get_vocab() if t not in (*zh_tokens.SPECIAL, *zh_tokens.BYTES))


def test_transformers_reads_what_is_saved(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    zh_tokens.save(TOKENIZER, tmp_path, window=64, chat=True)
    loaded = AutoTokenizer.from_pretrained(str(tmp_path))
    assert loaded("那老道😀", split_special_tokens=True)["input_ids"] == TOKENIZER.encode("那老道😀").ids
    smuggled = loaded("<novel>", split_special_tokens=True)["input_ids"]
    assert zh_tokens.style_id("novel") not in smuggled and loaded.decode(smuggled) == "<novel>"
    config = json.loads((tmp_path / "generation_config.json").read_text("utf-8"))
    assert config["eos_token_id"] == 0 and 0 not in config["suppress_tokens"]
    assert set(config["suppress_tokens"]) == set(range(TOKENIZER.get_vocab_size())) - set(DRAWN)


@pytest.mark.parametrize("style", zh_tokens.STYLES)
def test_every_style_has_a_token(style: str) -> None:
    assert TOKENIZER.id_to_token(zh_tokens.style_id(style)) == f"<{style}>"


def test_a_word_may_be_as_long_as_a_name_and_no_longer() -> None:
    words = set(zh_tokens.train(["微微一笑。", "公孙胜，", "南无阿弥陀佛。"] * 20, 400, least=1).get_vocab())
    assert "公孙胜" in words
    assert max(len(word) for word in words if not word.startswith("<")) == zh_tokens.LONGEST
