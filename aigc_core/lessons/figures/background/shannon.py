"""Text by Shannon's recipe of 1948, from this course: nearer to language with every letter that it remembers."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.figures.text import course
from aigc_core.lessons.words import Words
from aigc_core.sampling.text.shannon import longest_copy, write

LENGTH = {"en": 300, "zh": 150}
COLUMNS = {"en": 62, "zh": 31}
LINES = 6


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """One order after another; ``values``: ``order``, ``language``."""
    language = values["language"]
    book = course.prose(language).replace("\n", " ")
    for order in range(1, int(values["order"]) + 1):
        text = write(book, order, LENGTH[language], np.random.default_rng(seed))
        yield _frame(text, order, longest_copy(text, book), language)


def _frame(text: str, order: int, copied: int, language: str) -> Frame:
    figure, axes = plot.canvas(height=2.6)
    width = COLUMNS[language]
    lines = (
        textwrap.wrap(text, width) if language == "en" else [text[i : i + width] for i in range(0, len(text), width)]
    )
    for i, line in enumerate(lines[:LINES]):
        axes.text(
            0, -i, line, fontsize=11, family="monospace" if language == "en" else None, parse_math=False, va="top"
        )
    axes.set(xlim=(0, 1), ylim=(-LINES, 0.2))
    axes.set_axis_off()
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"n = {order}: every character is drawn by looking at the {order - 1} before it. Longest stretch copied from the course: {copied} characters.",
            f"n = {order}：每个字符只看前 {order - 1} 个字符来抽。照抄课程原文最长的一段有 {copied} 个字符。",
        ),
        facts={"order": order, "copied": copied},
    )
