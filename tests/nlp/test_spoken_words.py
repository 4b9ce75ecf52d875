"""Words and the groups of phonemes that say them."""

from __future__ import annotations

import pytest

from aigc_core.nlp.spoken_words import match, words


@pytest.mark.parametrize(
    ("written", "groups", "said"),
    [
        (["the", "light", "of", "the", "sea"], ["ðə", "lˈIt", "ʌvðə", "sˈi"], ["the", "light", "of the", "sea"]),
        (["NASA", "says", "yes"], ["ˈɛn", "ˈA", "ˈɛs", "ˈA", "sˈɛz", "jˈɛs"], ["NASA", "", "", "", "says", "yes"]),
        (["你好", "世界"], ["ni↓xau↓", "ʂɨ↘ʨje↘"], ["你好", "世界"]),
        ([], ["həlˈO"], [""]),
        (["silence"], [], []),
    ],
)
def test_each_group_gets_the_words_that_it_says(written: list[str], groups: list[str], said: list[str]) -> None:
    assert match(written, groups) == said


def test_a_long_text_keeps_its_words_in_step() -> None:
    """Every fifth pair of words is spoken as one group; the assignment does not drift."""
    written, groups, said = [], [], []
    for i in range(400):
        if i % 5:
            written, groups, said = [*written, "letter"], [*groups, "lˈɛTəɹ"], [*said, "letter"]
        else:
            written, groups, said = [*written, "of", "the"], [*groups, "ʌvðə"], [*said, "of the"]
    assert match(written, groups) == said


def test_words_are_cut_from_their_signs() -> None:
    assert words("“Twenty-five” apples, isn't it?") == ["Twenty-five", "apples", "isn't", "it"]
