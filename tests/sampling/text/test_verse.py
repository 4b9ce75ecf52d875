"""What may stand next in a poem: length, rhyme, tone, repetition."""

from __future__ import annotations

import random

import torch

from aigc_core.datasets import poetry
from aigc_core.sampling.text import verse
from aigc_core.sampling.text.verse import Lexicon

COMMON = [chr(c) for c in range(0x4E00, 0x5C00)]
LEXICON = Lexicon(["", "", *COMMON], poetry.sound)
JUE = poetry.regulated("五绝")


def options(pattern: poetry.Pattern, lines: list[str]) -> list[str]:
    mask = verse.allowed(LEXICON, pattern, lines)
    return [c for c, ok in zip(LEXICON.characters, mask.tolist(), strict=True) if ok]


def written(pattern: poetry.Pattern, seed: int) -> list[str]:
    """A poem of random allowed characters."""
    rng, lines = random.Random(seed), list[str]()
    for line in pattern:
        lines.append("")
        while len(lines[-1]) < line.length:
            lines[-1] += rng.choice(options(pattern, lines))
    return lines


def test_even_a_random_poem_rhymes_and_repeats_no_character() -> None:
    for seed in range(3):
        lines = written(JUE, seed)
        assert poetry.rhymes(lines[1][-1], lines[3][-1]) and lines[1][-1] != lines[3][-1]
        assert poetry.sound(lines[1][-1])[1] == "平"
        assert poetry.sound(lines[2][-1])[1] == "仄"
        text = "".join(lines)
        assert all(text.count(c) == 1 or c * 2 in text for c in text)


def test_a_tune_changes_its_rhyme_where_the_pattern_says() -> None:
    lines = written(poetry.parsed("3a。3a。3b。3b。"), 1)
    assert poetry.rhymes(lines[0][-1], lines[1][-1]) and poetry.rhymes(lines[2][-1], lines[3][-1])


def test_a_first_line_in_a_level_tone_sets_the_rhyme() -> None:
    assert all(poetry.rhymes(c, "东") for c in options(JUE, ["一二三四东", "五六七八"]))
    assert not all(poetry.rhymes(c, "重") for c in options(JUE, ["一二三四冻", "五六七八"]))


def test_a_rhyme_without_members_is_passed_over_rather_than_failing() -> None:
    lexicon = Lexicon(["", "一", "二", "三"], poetry.sound)
    mask = verse.allowed(lexicon, JUE, ["一二三一东", "二三一二"])
    assert mask.any()


def test_special_tokens_are_never_allowed() -> None:
    for lines in (["一"], ["一二三四"], ["一二三四五", ""]):
        assert not verse.allowed(LEXICON, JUE, lines)[:2].any()


def test_a_line_is_not_written_twice() -> None:
    pattern = poetry.parsed("30，2，2，")
    long = "".join(COMMON[200:230])
    assert "下" in options(pattern, [long, "上"])
    assert "下" not in options(pattern, [long, "上下", "上"])


def test_the_tone_pattern_alternates_and_adheres() -> None:
    first = "一天三四五"  # 2nd character 平
    seconds = [verse.wanted_tone(LEXICON.sound, JUE, [first, *["一二三四五"] * (i - 1), "一"]) for i in range(1, 4)]
    fourths = [verse.wanted_tone(LEXICON.sound, JUE, [first, *["一二三四五"] * (i - 1), "一二三"]) for i in range(1, 4)]
    assert seconds == ["仄", "仄", "平"] and fourths == ["平", "平", "仄"]
    assert verse.wanted_tone(LEXICON.sound, JUE, ["一天三"]) == "仄"
    assert verse.wanted_tone(LEXICON.sound, poetry.parsed("5，5a。"), ["一天三"]) == ""


def test_constrained_logits_are_minus_infinity_outside() -> None:
    logits = verse.constrained(torch.zeros(4), torch.tensor([True, False, True, False]))
    assert logits.softmax(-1).tolist() == [0.5, 0, 0.5, 0]
