"""The prose of this course, the one text that lies beside every figure: what the n-gram figures count."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import aigc_core.lessons

FOLDER = Path(aigc_core.lessons.__file__).parent / "text"
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.S)
_BLOCK = re.compile(r"^```.*?^```$", re.S | re.M)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_MARKS = re.compile(r"[*`#|]+|^- ", re.M)


def lesson(slug: str, language: str) -> str:
    """The words of one lesson, without front matter, blocks, links and marks; empty where there is none."""
    file = FOLDER / f"{slug}.{language}.md"
    if not file.exists():
        return ""
    text = _BLOCK.sub("", _FRONT.sub("", file.read_text("utf-8")))
    return re.sub(r"\s*\n\s*", "\n", _MARKS.sub("", _LINK.sub(r"\1", text))).strip() + "\n"


@cache
def prose(language: str, but: str = "") -> str:
    """All lessons but one, in the order of their names."""
    slugs = sorted(file.name.removesuffix(f".{language}.md") for file in FOLDER.glob(f"*.{language}.md"))
    return "".join(lesson(slug, language) for slug in slugs if slug != but)
