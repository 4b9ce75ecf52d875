"""Scanning verse: forms found and refused, tones asked for and kept, rhymes by every reading, both scripts."""

from __future__ import annotations

import pytest

from aigc_core.datasets import poetry
from aigc_core.errors import InvalidRequestError
from aigc_core.sampling.text.scansion import scan
from aigc_core.tasks.continue_text import Scansion

TUNES = {"如梦令": poetry.parsed("6，6a。5，6a。2，2，6a。"), "十六字令": poetry.parsed("1a。7，3a。5a。")}
SPRING = "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"
DREAM = "常记溪亭日暮，沉醉不知归路。兴尽晚回舟，误入藕花深处。争渡，争渡。惊起一滩鸥鹭。"


def tones(found: Scansion, line: int) -> str:
    """Tone of every character, with what is asked for: 平=yes, 平~by another reading, 平!no."""
    marks = {"yes": "=", "other": "~", "no": "!", "": ""}
    return "".join(s.tone + marks[s.fits] for s in found.lines[line].syllables)


def test_a_regulated_poem_is_measured_against_its_pattern() -> None:
    found = scan(SPRING, "", TUNES)
    assert found.form == "五律" and [line.mark for line in found.lines] == ["，", "。"] * 4
    assert (
        tones(found, 0) == "平仄平平=仄"
    )  # the second character sets the pattern; an opening line may end in either tone
    assert tones(found, 1) == "平平=仄仄=平="
    assert tones(found, 3) == "仄平~仄平=平="  # 别 was in the entering tone: level today, oblique by its other reading
    assert [line.group for line in found.lines] == ["", "a"] * 4
    assert [line.rhymes for line in found.lines][1::2] == ["", "yes", "yes", "no"]  # 簪 has lost its rhyme
    assert (found.count("yes", "other"), found.count("no")) == (22, 0)


def test_a_breach_is_found() -> None:
    one = scan("国破山河在，城春草木深。感时花溅泪，恨别鸟惊天。", "", TUNES)
    assert one.lines[3].rhymes == "no" and one.count("no") == 0
    two = scan("国破山河在，城处草木深。感时花溅泪，恨别鸟惊心。", "", TUNES)
    assert [s.character for line in two.lines for s in line.syllables if s.fits == "no"] == ["处"]


def test_both_scripts_and_lines_without_marks_scan_alike() -> None:
    plain = scan(SPRING, "", TUNES)
    typed = scan(poetry.traditional(SPRING.replace("，", "\n").replace("。", "\n")), "五律", TUNES)
    assert typed.lines[0].syllables[0].character == "國"
    assert [(s.tone, s.wanted, s.fits) for line in typed.lines for s in line.syllables] == [
        (s.tone, s.wanted, s.fits) for line in plain.lines for s in line.syllables
    ]
    assert [line.rhymes for line in typed.lines] == [line.rhymes for line in plain.lines]


def test_a_tune_is_known_by_its_lines_whatever_their_marks() -> None:
    for text in (DREAM, DREAM.replace("争渡。", "争渡，")):
        found = scan(text, "", TUNES)
        assert found.form == "如梦令" and found.count("yes", "other", "no") == 0
        assert [line.rhymes for line in found.lines] == ["", "", "", "yes", "", "", "yes"]
    free = scan("采菊东篱下，悠然见南山。山气日夕佳，飞鸟相与还。此中有真意，", "", TUNES)
    assert free.form == "" and [line.rhymes for line in free.lines] == ["", "", "", "other", ""]  # 还: huán, not hái


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [
        ("hello", "", "Chinese characters in lines"),
        ("春眠abc不觉晓。", "", "Chinese characters in lines"),
        ("，，。", "", "Chinese characters in lines"),
        (SPRING, "七绝", r"七绝 has lines of 4 × 7 characters; these have 8 × 5"),
        (SPRING, "如梦令", r"如梦令 has lines of 6, 6, 5, 6, 2, 2, 6 characters"),
        (SPRING, "沁园夏", "form '沁园夏' is unknown"),
    ],
)
def test_what_is_no_verse_or_of_another_form_is_refused(text: str, form: str, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        scan(text, form, TUNES)


def test_readings_hold_the_sound_that_counts() -> None:
    for character in "国破山河在城春草木深还行乐重为知诗日自而":
        assert poetry.sound(character) in poetry.readings(character), character
    assert {("an", "平"), ("ai", "平")} <= poetry.readings("还")
