"""The lessons: which there are, and each one's text in its parts. Nothing is read before it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from aigc_core.errors import InvalidRequestError
from aigc_core.lessons.blocks import Block
from aigc_core.lessons.outline import CHAPTERS, Chapter
from aigc_core.lessons.parsing import front as parse_front
from aigc_core.lessons.parsing import parse
from aigc_core.lessons.parsing import title as parse_title

TEXT = Path(__file__).parent / "text"
Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A lesson's place in the course."""

    slug: str
    chapter: Chapter
    section: int
    """From 1."""

    @property
    def number(self) -> str:
        """The number before the title: ``2.3``."""
        return f"{self.chapter.number}.{self.section}"


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One lesson in one language."""

    slug: str
    language: Language
    title: str
    minutes: int
    goals: tuple[str, ...]
    sources: tuple[str, ...]
    blocks: tuple[Block, ...]


@cache
def places() -> dict[str, Place]:
    """All sections of the outline by slug, in order."""
    return {
        slug: Place(slug=slug, chapter=chapter, section=section)
        for chapter in CHAPTERS
        for section, slug in enumerate(chapter.slugs, 1)
    }


def path(slug: str, language: Language, folder: Path = TEXT) -> Path:
    """The file of a lesson."""
    return folder / f"{slug}.{language}.md"


def written(folder: Path = TEXT) -> list[str]:
    """Slugs of the lessons that there are in both languages, in the order of the outline, then others by name."""
    found = {file.name.removesuffix(".en.md") for file in folder.glob("*.en.md")}
    both = {slug for slug in found if path(slug, "zh", folder).is_file()}
    return [slug for slug in places() if slug in both] + sorted(both - places().keys())


def load(slug: str, language: Language, folder: Path = TEXT) -> Lesson:
    """One lesson, read once and again when its file has changed.

    Raises:
        InvalidRequestError: there is no such lesson.
        LessonError: it is not written as lessons are.
    """
    file = path(slug, language, folder)
    if slug not in written(folder):
        raise InvalidRequestError(
            f"There is no lesson {slug!r:.60}. Choose one from the table of contents.",
            f"没有名为 {slug!r:.60} 的课程，请从目录中选择。",
        )
    return _read(file, slug, language, file.stat().st_mtime_ns)


def front(slug: str, language: Language, folder: Path = TEXT) -> Mapping[str, Any]:
    """Title, minutes, goals and sources of a lesson, without reading the rest."""
    file = path(slug, language, folder)
    return _front(file, file.stat().st_mtime_ns)


def title(slug: str, language: Language, folder: Path = TEXT) -> str:
    """The title alone: for a page that names many lessons and must be quick."""
    with path(slug, language, folder).open(encoding="utf-8") as file:
        return parse_title(next(line for line in file if line.startswith("title:")))


@lru_cache(maxsize=128)
def _front(file: Path, changed: int) -> Mapping[str, Any]:
    return parse_front(file.read_text("utf-8"))


def lessons(language: Language, folder: Path = TEXT) -> Iterator[Lesson]:
    """All lessons in one language, in order."""
    return (load(slug, language, folder) for slug in written(folder))


@lru_cache(maxsize=128)
def _read(file: Path, slug: str, language: Language, changed: int) -> Lesson:
    front, blocks = parse(file.read_text("utf-8"))
    return Lesson(
        slug=slug,
        language=language,
        title=front["title"],
        minutes=front["minutes"],
        goals=tuple(front["goals"]),
        sources=tuple(front["sources"]),
        blocks=blocks,
    )
