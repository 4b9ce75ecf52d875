"""Check the course for inconsistencies: every problem in one list, each with the file it stands in.

``python -m aigc_core.lessons check`` prints it; the tests hold it empty.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

from aigc_core import registry
from aigc_core.errors import AigcError, InvalidRequestError
from aigc_core.lessons import course, glossary, markup, source, stills
from aigc_core.lessons.blocks import (
    Block,
    CodeBlock,
    FigureBlock,
    FormulaBlock,
    NotebookBlock,
    Prose,
    QuestionBlock,
)
from aigc_core.lessons.course import LANGUAGES, Lesson
from aigc_core.lessons.parsing import LessonError
from aigc_core.recipe.link import from_link
from aigc_core.tasks import request_type
from aigc_core.tasks.checks import check
from aigc_core.tasks.fields import limits

LEAST_WORDS = {"en": 400, "zh": 700}
"""English words, Chinese characters."""
LEAST_QUESTIONS = 2
RUNNABLE = (3, 4, 5, 6, 9)
"""Chapters whose lessons have code to run."""
_PITFALLS = {"en": "## What goes wrong", "zh": "## 实践中的坑"}
_WORDS = re.compile(r"\\text\{[^}]*\}")
"""Words in a formula, which are in its lesson's language."""
_HEADING_1 = re.compile(r"^#\s", re.M)


def problems(folder: Path = course.TEXT) -> list[str]:
    """Everything that is wrong with the lessons that are written, the glossary and the stills."""
    found = [*_glossary()]
    for slug in course.written(folder):
        found += _pair(slug, folder)
    if folder == course.TEXT:
        found += [f"stills/{one.name}: missing or of other values; make stills" for one in stills.missing()]
        found += [f"stills/{file.name}: belongs to no figure" for file in stills.unused()]
    return found


def unwritten(folder: Path = course.TEXT) -> list[str]:
    """Sections of the outline without a lesson in both languages."""
    return [slug for slug in course.places() if slug not in course.written(folder)]


def _glossary() -> Iterator[str]:
    try:
        glossary.terms()
    except glossary.GlossaryError as error:
        yield f"glossary: {error}"


def _pair(slug: str, folder: Path) -> Iterator[str]:
    """Both languages of a lesson, each alone and beside the other."""
    read: list[Lesson] = []
    if slug not in course.places():
        yield f"{slug}: not in the outline"
    for language in LANGUAGES:
        name = course.path(slug, language, folder).name
        try:
            read.append(course.load(slug, language, folder))
        except LessonError as error:
            yield f"{name}: {error}"
            continue
        yield from (f"{name}: {problem}" for problem in _lesson(read[-1], folder))
    if len(read) == len(LANGUAGES):
        yield from (f"{slug}: {problem}" for problem in _differences(*read))


def _differences(first: Lesson, second: Lesson) -> Iterator[str]:
    """Figures, formulas and code are the same in both languages, in one order; questions and notebooks as many."""
    for name, key in _KEYS.items():
        mine, other = ([key(block) for block in one.blocks if key(block)] for one in (first, second))
        if mine != other:
            odd = [block for block in mine + other if mine.count(block) != other.count(block)]
            yield f"the two languages differ in their {name}: {odd[0] if odd else 'the order'}"
    if first.minutes != second.minutes:
        yield f"the two languages differ in their minutes: {first.minutes}, {second.minutes}"


_KEYS: dict[str, Callable[[Block], object]] = {
    "figures": lambda block: isinstance(block, FigureBlock) and (block.name, dict(block.values)),
    "formulas": lambda block: (
        isinstance(block, FormulaBlock)
        and (block.name, _WORDS.sub("", block.tex), list(block.symbols), block.code, block.line, block.test)
    ),
    "code": lambda block: isinstance(block, CodeBlock) and block.symbol,
    "questions": lambda block: isinstance(block, QuestionBlock),
    "notebooks": lambda block: isinstance(block, NotebookBlock),
}


def _lesson(lesson: Lesson, folder: Path) -> Iterator[str]:
    """One lesson in one language, by itself."""
    words = count_words(lesson)
    if words < LEAST_WORDS[lesson.language]:
        yield f"{words} words; at least {LEAST_WORDS[lesson.language]} are needed"
    kinds = [type(block) for block in lesson.blocks]
    if (asked := kinds.count(QuestionBlock)) < LEAST_QUESTIONS:
        yield f"{asked} questions; at least {LEAST_QUESTIONS} are needed"
    if FigureBlock not in kinds:
        yield "no live figure"
    place = course.places().get(lesson.slug)
    if place and place.chapter.number in RUNNABLE and NotebookBlock not in kinds:
        yield "no notebook block"
    if not any(_PITFALLS[lesson.language] in text.splitlines() for text in texts(lesson)):
        yield f"no section {_PITFALLS[lesson.language]!r}"
    if len(names := [b.name for b in lesson.blocks if isinstance(b, FormulaBlock)]) != len(set(names)):
        yield "two formulas have one name"
    for block in lesson.blocks:
        yield from (f"line {block.at}: {problem}" for problem in _block(block, folder))


def texts(lesson: Lesson) -> Iterator[str]:
    """All Markdown of a lesson, in the order of the page."""
    for block in lesson.blocks:
        yield from _texts(block)


def _texts(block: Block) -> Iterator[str]:
    match block:
        case Prose():
            yield block.markdown
        case QuestionBlock():
            yield from (block.question, block.answer)
        case FormulaBlock():
            yield from block.symbols.values()
        case CodeBlock():
            yield block.caption


def count_words(lesson: Lesson) -> int:
    """English words or Chinese characters of what is read, without formulas and code."""
    return sum(markup.count_words(text, lesson.language) for text in texts(lesson))


def _block(block: Block, folder: Path) -> Iterator[str]:
    for text in _texts(block):
        if markup.stray(text):
            yield f"a $ without its partner (write \\$ for a dollar): {markup.plain(text)[:60]!r}"
        if markup.unclosed(text):
            yield f"a * that emphasises nothing: {markup.plain(text)[:60]!r}"
        if _HEADING_1.search(text):
            yield "headings begin at ##"
        yield from (problem for link in markup.links(text) for problem in _link(link, folder))
    try:
        _references(block)
    except (AigcError, source.SourceError) as error:
        yield str(error)


def _references(block: Block) -> None:
    """Resolve what a block names.

    Raises:
        AigcError: a figure, a value of it or a test that does not exist.
        SourceError: code that does not exist.
    """
    match block:
        case FigureBlock():
            stills.still(block)
        case CodeBlock():
            source.cut(block.symbol)
        case FormulaBlock():
            if block.code:
                code = source.cut(block.code)
                if block.line:
                    code.line_of(block.line)
            if block.test:
                _test(block.test)


def _test(name: str) -> None:
    file, _, function = name.partition("::")
    if function not in _functions(source.ROOT / file):
        raise InvalidRequestError(f"there is no test {name}")


@cache
def _functions(file: Path) -> frozenset[str]:
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def _link(link: str, folder: Path) -> Iterator[str]:
    """Problems with a link's target."""
    kind, _, target = link.partition(":")
    try:
        if kind == "term" and target not in glossary.terms():
            yield f"no term {target!r} in the glossary"
        elif kind == "lesson" and target not in course.places() and target not in course.written(folder):
            yield f"no lesson {target!r}"
        elif kind == "code":
            source.cut(target)
        elif kind == "tab":
            _tab(target)
        elif kind not in ("term", "lesson", "https", "http"):
            yield f"a link leads to {link!r}; it may be term:, lesson:, code:, tab: or https:"
    except (AigcError, source.SourceError, glossary.GlossaryError) as error:
        yield f"{link}: {error}"


def _tab(target: str) -> None:
    """Hold what a link fills in against the fields of the tab's request and its model's row.

    Raises:
        AigcError: no such task, field or model, or a value out of its limits.
    """
    settings = from_link(target)
    cls = request_type(settings["task"])
    given = {**settings["parameters"], **{key: settings[key] for key in ("model", "seed") if key in settings}}
    spec = registry.find(str(given.get("model", "")), cls.task)
    for name, value in given.items():
        if name not in {field.name for field in fields(cls)} or not registry.accepts(spec, name, cls):
            raise InvalidRequestError(f"{spec.name} has no setting {name}")
        check(name, limits(cls, name), value)
