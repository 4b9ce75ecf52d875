"""Text is read aloud as a person would read it, in the alphabet Kokoro knows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_core.nlp import phonemes, text_normalization


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("In 1984, Dr. Smith paid $3.50.", "In nineteen eighty four, doctor Smith paid three dollars and fifty cents."),
        ("Meet at 5:30 p.m. or 17:05.", "Meet at five thirty P M or seventeen oh five."),
        ("2024-05-01", "May first, twenty twenty four"),
        ("on May 3rd, 1999", "on May third, nineteen ninety nine"),
        ("12 June 2005", "June twelfth, two thousand five"),
        ("1,234,567 people", "one million two hundred thirty four thousand five hundred sixty seven people"),
        ("It fell 2.5% to -5°C.", "It fell two point five percent to minus five degrees Celsius."),
        ("The 21st of the 1990s", "The twenty first of the nineteen nineties"),
        ("1/2 a mile, 3/4 done", "one half a mile, three quarters done"),
        ("pages 10-20", "pages ten to twenty"),
        ("$1.2 million", "one point two million dollars"),
        ("100 km/h, 1 kg, 1 ft", "one hundred kilometers per hour, one kilogram, one foot"),
        ("the U.S. and e.g. J.R.R. Tolkien", "the U S and for example, J R R Tolkien"),
        ("call 555-1234", "call five five five, one two three four"),
        ("see example.com/docs", "see example dot com slash docs"),
        ("GPT-4 & MP3", "GPT four and MP three"),
        ("agent 007", "agent zero zero seven"),
        ("one £1 coin", "one one pound coin"),
        ("3:00", "three o'clock"),
    ],
)
def test_english_is_written_out(written: str, said: str) -> None:
    assert text_normalization.english(text_normalization.clean(written)[0]) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("我在2023年5月1日花了3.5元", "我在二零二三年五月一日花了三点五元"),
        ("下午3:30", "下午三点半"),
        ("湿度60%，气温-5℃", "湿度百分之六十, 气温零下五度"),
        ("请拨打13812345678", "请拨打幺三八幺二三四五六七八"),
        ("约100-200人，占1/3", "约一百到二百人, 占三分之一"),
        ("售价¥5999", "售价五千九百九十九元"),
        ("1,234,567人", "一百二十三万四千五百六十七人"),
        ("A305室", "A三零五室"),
        ("时速100km/h，面积20m²", "时速一百公里每小时, 面积二十平方米"),
        ("《书名》（注）", "“书名” (注)"),
    ],
)
def test_chinese_is_written_out(written: str, said: str) -> None:
    assert text_normalization.chinese(text_normalization.clean(written)[0]) == said


@pytest.mark.parametrize("n", [0, 7, 13, 20, 21, 99, 100, 101, 999, 1000, 1_000_001, 10**12 + 5])
def test_ordinals_end_as_ordinals_do(n: int) -> None:
    assert text_normalization.ordinal(n).split()[:-1] == text_normalization.cardinal(n).split()[:-1]
    assert text_normalization.ordinal(n).endswith(("th", "first", "second", "third"))


def test_english_phonemes_are_kokoros() -> None:
    assert phonemes.phonemize("Hello, world!") == "həlˈO, wˈɜɹld!"
    assert phonemes.phonemize("The judge chose boys.") == "ðə ʤˈʌʤ ʧˈOz bˈYz."
    assert phonemes.phonemize("No better water.", british=True) == "nˈQ bˈɛtə wˈɔːtə."


def test_chinese_tones_are_arrows_and_readings_follow_the_word() -> None:
    assert phonemes.phonemize("妈麻马骂").replace(" ", "") == "ma→ma↗ma↓ma↘"
    bank, president = phonemes.phonemize("银行"), phonemes.phonemize("行走")
    assert bank.endswith("xa↗ŋ") and president.startswith("ɕi↗ŋ")  # 行 is háng in one, xíng in the other
    assert phonemes.phonemize("音樂") == phonemes.phonemize("音乐")


def test_mixed_text_keeps_both_languages_apart() -> None:
    mixed = phonemes.phonemize("我用Python写程序。")
    assert " pˈIθən " in mixed and "↓" in mixed
    assert phonemes.language_of("我用Python写程序。") == "zh"
    assert phonemes.language_of("I love 北京 in spring.") == "en"
    assert phonemes.language_of("ni↓xau↓") == "zh"
    assert phonemes.language_of("") == "en"


def test_symbols_without_a_sound_are_dropped_and_named() -> None:
    script = phonemes.script("Hello 😀 world, Привет!")
    assert script.dropped == "😀Привет"
    assert script.phonemes == phonemes.phonemize("Hello world, !")
    assert phonemes.script("😀 … !!!").chunks == ()


def test_short_sentences_are_spoken_with_a_neighbour() -> None:
    script = phonemes.script("Wow! That is a really surprising result. Yes.\nGood.")
    assert [c.text for c in script.chunks] == ["Wow! That is a really surprising result. Yes.", "Good."]
    assert [c.ends_paragraph for c in script.chunks] == [True, True]


def test_long_sentences_are_split_at_commas_first() -> None:
    text = "she walked along the river for a long time, " * 12
    parts = phonemes.script(text).chunks
    assert len(parts) > 1
    assert all(len(p.phonemes) <= phonemes.LONG and p.phonemes.endswith(",") for p in parts)
    monster = phonemes.script("word " * 399).chunks
    assert all(len(p.phonemes) <= 510 for p in monster)
    assert sum(p.phonemes.count("wˈɜɹd") for p in monster) == 399


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("aBc 中文好1209.,!?%$-/:'\"\n()😀é。，"), max_size=80))
def test_any_text_gives_phonemes_of_the_alphabet_that_read_back_the_same(text: str) -> None:
    script = phonemes.script(text)
    assert not set(script.phonemes) - set(phonemes.ALPHABET) - {"\n"}
    again = phonemes.from_phonemes(script.phonemes)
    assert [(c.phonemes, c.ends_paragraph) for c in again.chunks] == [
        (c.phonemes, c.ends_paragraph) for c in script.chunks
    ]


def test_unknown_symbols_in_edited_phonemes_are_dropped_and_named() -> None:
    script = phonemes.from_phonemes("həlˈO§, wˈɜɹld!")
    assert script.dropped == "§" and script.phonemes == "həlˈO, wˈɜɹld!"
