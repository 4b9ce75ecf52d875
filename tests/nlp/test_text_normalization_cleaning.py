"""What has no sound never glues words together and is always named; reading takes linear time."""

from __future__ import annotations

import time
import unicodedata

import pytest

from aigc_core.nlp import numerals, phonemes, reading, text_normalization

SEPARATORS = ["\x00", "\x07", "\x1b", "\x1f", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u202e", "\ue000", "\ufffd", "😀", "❤️", "👨‍👩‍👧", "™", "♪", "ж", "\ud800", "𠮷", "•", "㍿", "⛔", "\U000e0041"]  # fmt: skip


@pytest.mark.parametrize("separator", SEPARATORS, ids=lambda s: "-".join(f"{ord(c):X}" for c in s))
@pytest.mark.parametrize(("left", "right"), [("good", "morning"), ("12", "34"), ("5", "kg"), ("你好", "世界")])
def test_what_is_dropped_stays_a_separator_and_is_named(left: str, right: str, separator: str) -> None:
    cleaned, dropped = text_normalization.clean(f"{left}{separator}{right}")
    assert cleaned.split() == [left, right] or separator == "㍿"
    if separator != "㍿":  # one character for 株式会社
        assert dropped and set(dropped) <= set(separator)
        assert reading.read(f"{left}{separator}{right}").dropped == dropped
    assert left in cleaned.split()[0] and f"{left}{right}" not in cleaned


@pytest.mark.parametrize(
    "space", ["\t", "\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u00a0", "\u2009", "\u2028", "\u3000"]
)
def test_every_white_space_separates_and_is_not_named(space: str) -> None:
    cleaned, dropped = text_normalization.clean(f"one{space}two")
    assert cleaned.split() == ["one", "two"] and dropped == ""


def test_a_soft_hyphen_and_accents_stay_inside_the_word() -> None:
    assert text_normalization.clean("ex\u00adample nai\u0308ve") == ("example naïve", "")
    assert text_normalization.clean("e\u0332x") == ("ex", "\u0332")


@pytest.mark.parametrize(
    ("written", "plain"),
    [("①②", "1 2"), ("10₂", "10 2"), ("H₂O", "H2O"), ("2½", "2 1/2"), ("10⁵", "10^5"), ("５％", "5%"), ("比3：2", "比3:2"), ("Ⅳ", "IV")],
)  # fmt: skip
def test_numerals_of_other_shapes_do_not_run_into_each_other(written: str, plain: str) -> None:
    assert text_normalization.clean(written) == (plain, "")


@pytest.mark.parametrize("written", ["**bold** `code`", "<b>", "a_b", "x|y", "a\\b", "^_^"])
def test_signs_that_nobody_says_are_named(written: str) -> None:
    read = reading.read(written)
    signs = {c for c in written if c in "*`<>_|\\^"}
    assert set(read.dropped) == signs and not signs & set(read.text)


def test_a_chinese_character_without_a_reading_is_named() -> None:
    from pypinyin.constants import PINYIN_DICT

    mute = next(chr(c) for c in range(0x3400, 0xA000) if c not in PINYIN_DICT and unicodedata.name(chr(c), ""))
    script = phonemes.script(f"你好{mute}世界")
    assert script.dropped == mute and script.normalized == "你好 世界"


def test_what_cannot_be_shown_is_listed_by_its_code_point() -> None:
    assert text_normalization.listed("\x00\u200b😀\u0332") == "U+0000 U+200B 😀 U+0332"
    assert text_normalization.listed("ж" * 50, most=3) == "жжж …"


UNITS = [
    "1", ",", "1,", "1,111,", "1.", "-", "- ", "--", ".", "..", "a", "a@", "a@b.", "a.", "a.b", "百", "亿", "1百", "百 1 ", "hundred ", "one ",
    "1/", "a/", "1:", "1-", "$", "$1", "1%", "(", "V", "I. ", "1 ", "A-", "http://", "www.", "#", "@", "_", "1°", "1'", '1"', "*", "1^", "~", " ",
    "，", "。", "2024年", "2个", "第", "1x", "=", "<", "√", "±", "+1 ", "\n", "\u200b", "😀", "e.g.", "St. ", "Henry I", "1月", "kg/", "m/s/", "call 1",
    "拨打1", "½", "²", "①", "12:30-", "$5-", "1 000 ", "……",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_repeated_units_take_linear_time(unit: str) -> None:
    reading.read("一 1 one")  # tables are built once
    at_limit, longer = (unit * 2000)[:2000], (unit * 20_000)[:20_000]
    start = time.process_time()
    reading.read(at_limit)
    text_normalization.chinese(text_normalization.clean(at_limit)[0])
    numerals.find(longer)
    assert time.process_time() - start < 5  # some 0.2 s; quadratic time took half a minute
