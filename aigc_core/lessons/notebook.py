"""A lesson as a Jupyter notebook: its text, formulas and stills, the code it explains, and its own code to run."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aigc_core.lessons import course, glossary, source, stills
from aigc_core.lessons.blocks import (
    Block,
    CodeBlock,
    FigureBlock,
    FormulaBlock,
    NotebookBlock,
    Prose,
    QuestionBlock,
)
from aigc_core.lessons.course import Language, Lesson
from aigc_core.lessons.words import Words

_LINK = re.compile(r"\[([^\]]*)\]\((term|lesson|tab|code):([^)\s]*)\)")
_GOALS = Words("After this lesson you can:", "学完本课，你可以：")
_ANSWER = Words("Answer", "答案")
_SOURCES = Words("Sources", "参考资料")
_SETUP = Words("Runs from the root of the repository: ", "请在仓库根目录中运行：")
INSTALL = "pip install -r requirements.txt -r requirements-dev.txt"


def write(lesson: Lesson, file: Path) -> None:
    """Write a lesson as ``.ipynb``."""
    file.write_text(dumps(lesson), "utf-8")


def dumps(lesson: Lesson) -> str:
    """The text of the notebook; the same lesson gives the same bytes."""
    import nbformat

    made = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
            "title": lesson.title,
        }
    )
    for number, (kind, text, extra) in enumerate(_cells(lesson)):
        new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        cell = new(text, **extra)
        cell["id"] = f"{lesson.slug}-{number}"[-64:]
        made.cells.append(cell)
    nbformat.validate(made)
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


Cell = tuple[str, str, dict[str, Any]]


def _cells(lesson: Lesson) -> Iterator[Cell]:
    place = course.places().get(lesson.slug)
    goals = "\n".join(f"- {goal}" for goal in lesson.goals)
    number = f"{place.number} " if place else ""
    setup = f"*{_say(_SETUP, lesson.language)}* `{INSTALL}`"
    yield "markdown", f"# {number}{lesson.title}\n\n{_say(_GOALS, lesson.language)}\n\n{goals}\n\n{setup}", {}
    for block in lesson.blocks:
        yield from _of(block, lesson.language)
    sources = "\n".join(f"- {one}" for one in lesson.sources)
    yield "markdown", f"## {_say(_SOURCES, lesson.language)}\n\n{sources}", {}


def _of(block: Block, language: Language) -> Iterator[Cell]:
    match block:
        case Prose():
            yield "markdown", _text(block.markdown, language), {}
        case FormulaBlock():
            yield "markdown", _formula(block, language), {}
        case FigureBlock():
            yield from _figure(block, language)
        case CodeBlock():
            yield "markdown", _code(block, language), {}
        case QuestionBlock():
            answer = _text(block.answer, language)
            summary = f"<summary>{_say(_ANSWER, language)}</summary>"
            question = _text(block.question, language)
            yield "markdown", f"**{question}**\n\n<details>{summary}\n\n{answer}\n\n</details>", {}
        case NotebookBlock():
            yield "code", block.code, {}


def _formula(block: FormulaBlock, language: Language) -> str:
    symbols = [f"- ${tex}$: {_text(meaning, language)}" for tex, meaning in block.symbols.items()]
    code = [f"`{block.code}`"] if block.code else []
    return "\n\n".join([f"$$\n{block.tex}\n$$", *(["\n".join(symbols)] if symbols else []), *code])


def _figure(block: FigureBlock, language: Language) -> Iterator[Cell]:
    """The still as an attachment, on white so that its dark ink can be read, with the caption and the legend."""
    frame = stills.read(stills.still(block))
    if frame is None:
        return
    svg = frame.svg.replace("<svg ", '<svg style="background: white; color: black" ', 1)
    picture = {"image/svg+xml": base64.b64encode(svg.encode()).decode()}
    legend = " · ".join(_say(mark.words, language) for mark in frame.legend)
    text = "\n\n".join(
        filter(None, [f"![{block.name}](attachment:{block.name}.svg)", f"*{_say(frame.caption, language)}*", legend])
    )
    yield "markdown", text, {"attachments": {f"{block.name}.svg": picture}}


def _code(block: CodeBlock, language: Language) -> str:
    code = source.cut(block.symbol)
    caption = [_text(block.caption, language)] if block.caption else []
    return "\n\n".join([*caption, f"`{code.file}:{code.first}`", f"```python\n{code.text}\n```"])


def _text(markdown: str, language: Language) -> str:
    """Markdown whose links lead out of a notebook: terms with their other name, code as its name."""

    def replaced(match: re.Match[str]) -> str:
        words, kind, target = match.groups()
        if kind == "term" and (term := glossary.terms().get(target)):
            return f"{words} ({term.name.zh if language == 'en' else term.name.en})"
        return f"{words} (`{target}`)" if kind == "code" else words

    return _LINK.sub(replaced, markdown)


def _say(words: Words, language: Language) -> str:
    return words.zh if language == "zh" else words.en
