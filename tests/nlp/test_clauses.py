"""Pieces that summarizers choose from: nothing is lost, none is too long, there are never too many."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_core.nlp.clauses import LONGEST, MOST, pieces, shortened, width

ALPHABET = 'ab AB.!?…,;:-—\n\t"”’)）」。！？，；：、1一二三中文'


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=ALPHABET, max_size=120) | st.text(max_size=60), st.integers(2, 30), st.integers(1, 8))
def test_pieces_joined_are_the_text_and_none_is_empty_or_too_wide(text: str, longest: int, most: int) -> None:
    found = pieces(text, longest, 10**6).texts
    assert "".join(found) == text
    assert all(piece.strip() for piece in found) or not text.strip()
    assert all(width(piece.strip()) <= longest for piece in found)
    few = pieces(text, longest, most).texts
    assert "".join(few) == text and len(few) <= most


def test_a_sentence_without_an_end_is_cut_after_clauses_then_words_then_anywhere() -> None:
    assert shortened("one two, three four; five six", 11) == ["one two, ", "three four; ", "five six"]
    assert shortened("甲乙丙丁，戊己庚辛、壬癸", 10) == ["甲乙丙丁，", "戊己庚辛、", "壬癸"]
    assert shortened("one two three four", 10) == ["one two ", "three four"]
    assert shortened("x" * 12, 8) == ["xxxxxxxx", "xxxx"]
    assert shortened("it was 10:30, and 1,000 came", 14) == ["it was 10:30, ", "and 1,000 came"]
    assert shortened("short enough", 40) == ["short enough"]


@pytest.mark.parametrize("unit", ["word ", "字", "x", "clause, ", "小句，", "1,", "(", " , "])
def test_any_text_at_its_limit_is_in_bounded_pieces(unit: str) -> None:
    text = (unit * 20_000)[:19_499]
    found = pieces(text)
    assert "".join(found.texts) == text and len(found.texts) <= MOST and found.cut == 1
    assert max(width(piece.strip()) for piece in found.texts) <= LONGEST
    assert len(found.texts) >= 19_499 // LONGEST


@pytest.mark.parametrize("unit", ["a. ", "A.", "。", "一。", "x\n\n", "1. "])
def test_there_are_never_too_many(unit: str) -> None:
    text = (unit * 20_000)[:20_000]
    found = pieces(text)
    assert "".join(found.texts) == text and len(found.texts) <= MOST
