"""Styles, scripts and lessons are files; the page brings all that its tabs have, and lessons are in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from demos import TABS
from demos.ui import assets


def test_a_page_brings_the_files_of_its_tabs_and_what_all_share() -> None:
    page = assets.styles(["compose"])
    assert ".compose-roll" in page and ".tok.pa" in page and ".sum-columns" not in page
    assert page.index(".gradio-container") < page.index(".compose-roll"), "a tab could not override what all share"
    every = "".join(assets.scripts(TABS))
    assert "aigcTrail" in every and "aigcSeeds" in every
    assert assets.read("chat", "branches.component.js") not in every, "it needs the component that it belongs to"


def test_every_lesson_is_there_in_english_and_in_chinese() -> None:
    lessons = sorted(assets.DEMOS.rglob("*.md"))
    assert lessons
    for file in lessons:
        stem, language, _ = file.name.rsplit(".", 2)
        other = file.with_name(f"{stem}.{'zh' if language == 'en' else 'en'}.md")
        assert other.read_text("utf-8").strip(), f"{file.name} without {other.name}"


def _strings(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize(
    "file", sorted(assets.DEMOS.rglob("*.py")), ids=lambda file: str(file.relative_to(assets.DEMOS))
)
def test_python_holds_no_style_sheet_no_script_and_no_lesson(file: Path) -> None:
    for text in _strings(file):
        assert "@media" not in text and "addEventListener" not in text and "querySelector" not in text
        assert "{ display:" not in text and "border-radius:" not in text
        assert len(text) < 1500, f"prose of {len(text)} characters: {text[:60]}"
