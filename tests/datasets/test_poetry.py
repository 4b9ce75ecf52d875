"""Poems: forms, patterns, scripts, rhyme; the character tokenizer gives back any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_core.datasets import poetry
from aigc_core.datasets.poetry import Poem
from aigc_core.tokenizers import poem_tokens

SPRING = "春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。"
TUNE = "一曲新词酒一杯。去年天气旧亭台。夕阳西下几时回。无可奈何花落去，似曾相识燕归来。小园香径独徘徊。"
TOKENIZER = poem_tokens.build(sorted(set(SPRING + TUNE)))


def record(**changes: object) -> dict[str, object]:
    return {
        "k": "tang",
        "t": "春晓 一",
        "a": "孟浩然",
        "p": ["春眠不覺曉，處處聞啼鳥。", "夜來風雨聲，花落知多少。"],
        **changes,
    }


def test_a_record_becomes_a_simplified_poem_with_its_form() -> None:
    poem = poetry.read(record())
    assert poem == Poem(form="五绝", tune="", title="春晓", author="孟浩然", text=SPRING)
    assert poem.lines[1] == ("处处闻啼鸟", "。")


def test_gaps_notes_and_anonymous_authors_are_recognised() -> None:
    assert poetry.read(record(p=["春眠□觉晓，处处闻啼鸟。"])) is None
    noted = poetry.read(record(p=["春眠不觉晓（一作醒），处处《闻》啼鸟。"], a="无名氏"))
    assert noted is not None and (noted.text, noted.author) == ("春眠不觉晓，处处闻啼鸟。", "")


def test_a_tune_with_its_variant_names_goes_by_the_last() -> None:
    poem = poetry.read(record(k="ci", t="贺新凉・贺新郎", p=["柳丝无力。"]))
    assert poem is not None and (poem.form, poem.tune, poem.title) == ("词", "贺新郎", "")


def test_a_tune_pattern_is_read_off_poems_that_share_it() -> None:
    poems = [Poem(form="词", tune="浣溪沙", title="", author="", text=TUNE)] * poetry.PATTERN_POEMS
    (pattern,) = poetry.tune_patterns(poems).values()
    assert [line.length for line in pattern] == [7] * 6
    feet = [line.rhyme for line in pattern]
    assert feet[3] == "" and feet[1] == feet[4] == feet[5] != "", "台, 来, 徊 rhyme; 去 does not end in 。"
    assert poetry.parsed(poetry.written(pattern)) == pattern


def test_too_few_poems_make_no_pattern() -> None:
    poem = Poem(form="词", tune="浣溪沙", title="", author="", text=TUNE)
    assert poetry.tune_patterns([poem] * (poetry.PATTERN_POEMS - 1)) == {}


@pytest.mark.parametrize(("one", "other", "same"), [
    ("来", "台", True), ("天", "船", True), ("家", "花", True), ("诗", "知", True), ("诗", "衣", False), ("东", "风", False),
    ("鱼", "书", False), ("人", "春", True), ("晓", "少", True), ("少", "朝", False), ("a", "a", False),
])  # fmt: skip
def test_rhyme_is_final_without_medial_and_tone_class(one: str, other: str, same: bool) -> None:
    assert poetry.rhymes(one, other) is same


def test_scripts_convert_by_phrases() -> None:
    assert poetry.simplified("龍馬精神，皇后在後") == "龙马精神，皇后在后"
    assert poetry.traditional("龙马精神") == "龍馬精神"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_text_survives_the_tokenizer(text: str) -> None:
    ids = TOKENIZER.encode(text).ids
    assert TOKENIZER.decode(ids, skip_special_tokens=False) == text


def test_a_header_is_special_tokens_around_names() -> None:
    poem = Poem(form="词", tune="浣溪沙", title="", author="晏殊", text=TUNE)
    assert poem_tokens.header_of(poem) == "<词>浣溪沙<author>晏殊<poem>"
    tokenizer = poem_tokens.build("浣溪沙晏殊")
    assert tokenizer.encode(poem_tokens.header_of(poem)).tokens == ["<词>", *"浣溪沙", "<author>", *"晏殊", "<poem>"]
    assert tokenizer.token_to_id(poem_tokens.END) == 0
