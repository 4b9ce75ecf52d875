"""English number words against num2words, which writes British: commas, hyphens, "and"."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from aigc_core.nlp.text_normalization.english_numbers import cardinal, ordinal


def american(words: str) -> str:
    return words.replace(",", "").replace("-", " ").replace(" and ", " ")


@given(st.integers(-(10**15) + 1, 10**15 - 1) | st.integers(-2000, 2000))
def test_cardinals(n: int) -> None:
    assert cardinal(n) == american(num2words(n))


@given(st.integers(0, 10**15 - 1) | st.integers(0, 2000))
def test_ordinals(n: int) -> None:
    assert ordinal(n) == american(num2words(n, to="ordinal"))
