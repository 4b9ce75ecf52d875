"""The explanation of a tab or a view: a few sentences, links into the lessons, links to the lines that do the work."""

from __future__ import annotations

import html
from collections.abc import Iterable

import gradio as gr

from aigc_core.lessons import course
from demos.ui.gallery import source_link
from demos.ui.i18n import Text, both, both_text, markdown

Source = tuple[str, int | None]
"""A file of this project and a line in it."""


def place(text: Text, sources: Iterable[Source], lessons: Iterable[str]) -> None:
    """Build the explanation where the context stands.

    Raises:
        KeyError: there is no such lesson.
    """
    with gr.Column(elem_classes=["how"]):
        markdown(*text)
        gr.HTML(lesson_links(lessons), padding=False)
        for source, line in sources:
            gr.HTML(source_link(source, line), elem_classes=["source"], padding=False)


def lesson_links(slugs: Iterable[str]) -> str:
    """A row of links, each with a lesson's number and title; ``link.js`` opens them without leaving the page."""
    return f'<nav class="lesson-links">{both("Lessons:", "课程：")} {" ".join(map(_link, slugs))}</nav>'


def _link(slug: str) -> str:
    number = course.places()[slug].number
    en, zh = (f"{number} {course.title(slug, language)}" for language in course.LANGUAGES)
    return f'<a href="?lesson={html.escape(slug)}" data-lesson="{html.escape(slug)}">{both_text(en, zh)}</a>'
