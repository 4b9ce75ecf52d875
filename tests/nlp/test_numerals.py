"""The same number written in different ways has one value."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigc_core.nlp.numerals import chinese_value, find


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,200", 1200), ("1200", 1200), ("1.2 thousand", 1200), ("twelve hundred", 1200), ("一千二百", 1200),
        ("three", 3), ("3rd", 3), ("third", 3), ("三", 3), ("2.5 million", 2_500_000), ("two hundred and five", 205),
        ("twenty-five", 25), ("one hundred and twenty-third", 123), ("1.2亿", 120_000_000), ("3万", 30_000),
        ("一亿三千万", 130_000_000), ("十二", 12), ("二〇二四", 2024), ("百分之三十", 30), ("两千五百", 2500), ("1990s", 1990),
    ],
)  # fmt: skip
def test_the_last_number_has_this_value(text: str, value: int) -> None:
    assert find(text)[-1].value == Decimal(value)


@pytest.mark.parametrize("text", ["3.50 and 3.5", "1,000,000 and one million", "三千五百万 and 35 million"])
def test_two_spellings_are_equal(text: str) -> None:
    a, b = find(text)
    assert a.value == b.value


@pytest.mark.parametrize(
    "text", ["one of them", "First, we eat", "万一下雨", "一般来说", "十分方便", "一个人", "三明治"]
)
def test_words_that_also_mean_something_else_claim_no_number(text: str) -> None:
    assert not any(n.claim for n in find(text))


def test_a_number_stands_where_it_says() -> None:
    text = "In 2027, twelve hundred people; 三十六亿元"
    assert [text[n.start : n.end] for n in find(text)] == ["2027", "twelve hundred", "三十六亿"]


def _written(n: int) -> str:
    """Reference: n in Chinese, place by place, with 零 for skipped places."""
    digits, places = "零一二三四五六七八九", ["", "十", "百", "千"]
    text = ""
    for i, digit in enumerate(reversed(str(n))):
        if digit != "0":
            text = digits[int(digit)] + places[i] + text
        elif text and not text.startswith("零"):
            text = "零" + text
    return text


@given(st.integers(1, 9999))
def test_chinese_numerals_below_ten_thousand(n: int) -> None:
    assert chinese_value(_written(n)) == n
