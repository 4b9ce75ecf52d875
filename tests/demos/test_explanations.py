"""What tabs and views say about themselves: a few sentences in both languages, and links into the lessons."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aigc_core.lessons import course, markup
from demos.ui import assets, explanation

TEXTS = sorted(file.relative_to(assets.DEMOS) for file in assets.DEMOS.rglob("*.??.md"))
END = re.compile(r"[.!?](?=\s|$)|[。！？]")


@pytest.mark.parametrize("file", TEXTS, ids=str)
def test_an_explanation_is_three_sentences_at_most(file: Path) -> None:
    text = (assets.DEMOS / file).read_text("utf-8")
    assert 2 <= len(END.findall(markup.plain(text))) <= 3
    assert "$$" not in text, "formulas stand in the lessons"
    assert not markup.unclosed(text) and not markup.stray(text)


def test_links_lead_to_lessons_in_the_language_of_the_page() -> None:
    row = explanation.lesson_links(["vae-elbo", "text"])
    assert [*re.findall(r'href="\?lesson=([^"]+)"', row)] == ["vae-elbo", "text"]
    for language in course.LANGUAGES:
        assert f"4.2 {course.front('vae-elbo', language)['title']}" in row
    with pytest.raises(KeyError):
        explanation.lesson_links(["nothing"])
