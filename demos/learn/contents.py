"""Answers to the page of the course, as plain JSON: contents, a lesson, search, the glossary, figures' controls."""

from __future__ import annotations

from typing import Any

from aigc_core.lessons import course, glossary, search, stills
from aigc_core.lessons.blocks import FigureBlock
from aigc_core.lessons.catalog import figures
from aigc_core.lessons.course import LANGUAGES, Language
from aigc_core.lessons.figure import Choice, Control, Frame, Sentence, Slider
from aigc_core.lessons.outline import CHAPTERS, Chapter
from demos.learn import render

Plain = dict[str, Any]


def chapters() -> list[Plain]:
    """The table of contents: chapters with the lessons that are written."""
    written = set(course.written())
    return [
        {
            "number": chapter.number,
            "title": chapter.title._asdict(),
            "lessons": [_entry(slug) for slug in chapter.slugs if slug in written],
        }
        for chapter in CHAPTERS
    ]


def covers() -> list[str]:
    """The picture of every chapter, as SVG; an empty text where its still was not made."""
    frames = [stills.read(stills.still(_figure_of(chapter))) for chapter in CHAPTERS]
    return [frame.svg if frame else "" for frame in frames]


def _figure_of(chapter: Chapter) -> FigureBlock:
    blocks = (block for slug in chapter.slugs for block in course.load(slug, "en").blocks)
    return next(b for b in blocks if isinstance(b, FigureBlock) and stills.still(b).name == chapter.cover)


def _entry(slug: str) -> Plain:
    fronts = {language: course.front(slug, language) for language in LANGUAGES}
    return {
        "slug": slug,
        "number": course.places()[slug].number,
        "title": {language: front["title"] for language, front in fronts.items()},
        "minutes": fronts["en"]["minutes"],
    }


def lesson(slug: str) -> Plain:
    """A lesson in both languages, and its figures once.

    Raises:
        InvalidRequestError: there is no such lesson.
    """
    both = {language: course.load(slug, language) for language in LANGUAGES}
    blocks = [block for block in both["en"].blocks if isinstance(block, FigureBlock)]
    return {
        "slug": slug,
        "minutes": both["en"].minutes,
        "figures": [figure(block) for block in blocks],
        **{language: _sides(one) for language, one in both.items()},
    }


def _sides(one: course.Lesson) -> Plain:
    return {
        "title": one.title,
        "goals": [render.inline(goal, one.language) for goal in one.goals],
        "sources": [render.inline(said, one.language) for said in one.sources],
        "body": render.lesson(one),
    }


def figure(block: FigureBlock) -> Plain:
    """A figure's title and controls, for the page."""
    row, one = figures()[block.name], stills.still(block)
    frame = stills.read(one)
    return {
        "name": row.name,
        "title": row.title._asdict(),
        "seeded": row.seeded,
        "controls": [{"name": name, **_control(control, one.values[name])} for name, control in row.controls.items()],
        "still": None if frame is None else plain(frame),
    }


def _control(control: Control, value: Any) -> Plain:
    common = {"label": control.label._asdict(), "value": value}
    match control:
        case Slider():
            ends = {"minimum": control.minimum, "maximum": control.maximum, "step": control.step}
            return {"kind": "slider", **ends, **common}
        case Choice():
            options = [{"key": key, **words._asdict()} for key, words in control.options.items()]
            return {"kind": "choice", "options": options, **common}
        case Sentence():
            return {"kind": "sentence", "maximum": control.maximum, **common}


def plain(frame: Frame) -> Plain:
    """A frame without its sound."""
    return {
        "svg": frame.svg,
        "caption": frame.caption._asdict(),
        "legend": [{"colour": m.colour, "dashed": m.dashed, **m.words._asdict()} for m in frame.legend],
        "facts": dict(frame.facts),
    }


def terms() -> list[Plain]:
    """The glossary, by English name."""
    return [
        {
            "key": term.key,
            "name": term.name._asdict(),
            "about": {language: render.inline(term.about[i], language) for i, language in enumerate(LANGUAGES)},
        }
        for term in glossary.terms().values()
    ]


def search_results(query: str) -> list[Plain]:
    """Lessons and terms that have every word of a query, best first."""
    return [
        {
            "kind": hit.document.kind,
            "key": hit.document.key,
            "language": hit.document.language,
            "title": hit.document.title,
            "excerpt": hit.excerpt,
        }
        for hit in search.search(query)
    ]


def language(code: str) -> Language:
    """The language of the course for that of a page: Chinese for ``zh``, ``zh-CN`` and the like."""
    return "zh" if code.startswith("zh") else "en"
