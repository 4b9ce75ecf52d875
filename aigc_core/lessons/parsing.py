"""The text of a lesson to its parts: YAML front matter, then Markdown whose fenced blocks are named by their info strings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml
from markdown_it import MarkdownIt

from aigc_core.lessons.blocks import Block, CodeBlock, FigureBlock, FormulaBlock, NotebookBlock, Prose, QuestionBlock

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PLAIN = ("", "text", "bash")
"""Info strings of fenced blocks that are shown as they stand: what a command prints, and commands."""
FRONT = {"title": str, "minutes": int, "goals": list, "sources": list}
"""Keys of the front matter, all required."""


class LessonError(ValueError):
    """A lesson that is not written as ``docs/WRITING_LESSONS.md`` says; the message begins with the line."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")


def parse(text: str) -> tuple[Mapping[str, Any], tuple[Block, ...]]:
    """Front matter and blocks of a lesson.

    Raises:
        LessonError: the first thing that is wrong, with its line.
    """
    lines = text.splitlines()
    end = _front_end(lines)
    return front(text), tuple(_blocks(lines, end + 1))


def front(text: str) -> Mapping[str, Any]:
    """The front matter of a lesson alone.

    Raises:
        LessonError: it is not as it should be.
    """
    lines = text.splitlines()
    return _checked(_yaml("\n".join(lines[1 : _front_end(lines)]), 2))


def title(line: str) -> str:
    """The title in the front matter's line that states it."""
    return str(_yaml(line, 2)["title"])


def _front_end(lines: list[str]) -> int:
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        raise LessonError(1, "a lesson begins with front matter between two lines of ---")
    return lines.index("---", 1)


def _checked(given: dict[str, Any]) -> Mapping[str, Any]:
    for key, kind in FRONT.items():
        if not isinstance(given.get(key), kind) or not given[key]:
            raise LessonError(2, f"the front matter needs {key} ({kind.__name__}), got {given.get(key)!r}")
    if unknown := sorted(set(given) - set(FRONT)):
        raise LessonError(2, f"unknown key in the front matter: {', '.join(map(str, unknown))}")
    for key in ("goals", "sources"):
        if odd := [item for item in given[key] if not isinstance(item, str)]:
            raise LessonError(2, f"an entry of {key} is not text (quote it, there is a colon in it): {odd[0]!r}")
    return given


def _blocks(lines: list[str], start: int) -> Iterator[Block]:
    """The blocks from line ``start`` (counted from 0) on."""
    done = start
    for token in MarkdownIt("commonmark").parse("\n".join(lines[start:])):
        if token.type != "fence" or token.level or token.map is None:
            continue
        kind, _, argument = token.info.strip().partition(" ")
        first, after = (start + line for line in token.map)
        if kind in PLAIN:
            continue
        if kind not in _MAKERS:
            known = ", ".join(filter(None, (*_MAKERS, *PLAIN)))
            raise LessonError(first + 1, f"unknown kind of block {kind!r}; there are {known}")
        yield from _prose(lines, done, first)
        yield _MAKERS[kind](argument.strip(), token.content, first + 1)
        done = after
    yield from _prose(lines, done, len(lines))


def _prose(lines: list[str], start: int, end: int) -> Iterator[Prose]:
    markdown = "\n".join(lines[start:end])
    if markdown.strip():
        yield Prose(markdown=markdown.strip("\n"), at=start + 1)


def _figure(argument: str, body: str, at: int) -> FigureBlock:
    if not argument:
        raise LessonError(at, "a figure block names its figure: ```figure NAME")
    return FigureBlock(name=argument, values=_yaml(body, at + 1), at=at)


def _formula(argument: str, body: str, at: int) -> FormulaBlock:
    given = _yaml(body, at + 1)
    symbols = given.pop("symbols", None) or {}
    if not argument or not isinstance(given.get("tex"), str):
        raise LessonError(at, "a formula block has a name and tex: ```formula NAME, then tex: …")
    if unknown := sorted(set(given) - {"tex", "code", "line", "test"}):
        raise LessonError(at, f"unknown key of a formula: {', '.join(map(str, unknown))}")
    if not isinstance(symbols, dict) or not all(isinstance(text, str) for text in (*symbols, *symbols.values())):
        raise LessonError(at, "symbols are a mapping of TeX to words (quote what YAML takes for something else)")
    if given.get("line") and not given.get("code"):
        raise LessonError(at, "a formula with a line says of which code")
    strings = {key: str(value).strip() for key, value in given.items()}
    return FormulaBlock(name=argument, symbols=symbols, at=at, **strings)


def _code(argument: str, body: str, at: int) -> CodeBlock:
    if ":" not in argument:
        raise LessonError(at, "a code block names its symbol: ```code module:symbol")
    return CodeBlock(symbol=argument, caption=body.strip(), at=at)


def _question(argument: str, body: str, at: int) -> QuestionBlock:
    question, rule, answer = body.partition("\n---\n")
    if argument or not rule or not question.strip() or not answer.strip():
        raise LessonError(at, "a question block is a question, a line of ---, and the answer")
    return QuestionBlock(question=question.strip(), answer=answer.strip(), at=at)


def _notebook(argument: str, body: str, at: int) -> NotebookBlock:
    try:
        compile(body, "notebook", "exec")
    except SyntaxError as error:
        raise LessonError(at + (error.lineno or 0), f"the notebook's code: {error.msg}") from error
    return NotebookBlock(code=body.strip("\n"), at=at)


_MAKERS: Mapping[str, Callable[[str, str, int], Block]] = {
    "figure": _figure, "formula": _formula, "code": _code, "question": _question, "notebook": _notebook,
}  # fmt: skip


def _yaml(text: str, at: int) -> dict[str, Any]:
    """A mapping in YAML that begins at line ``at``; nothing is an empty one."""
    try:
        value = yaml.load(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = at + (error.problem_mark.line if error.problem_mark else 0)
        raise LessonError(line, f"YAML: {error.problem}") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise LessonError(at, f"expected `key: value` lines, got {text.strip()[:40]!r}")
    return value
