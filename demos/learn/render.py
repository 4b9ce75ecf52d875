"""A lesson as HTML in one language. Mathematics stays TeX inside ``.tex`` for the page's KaTeX; figures are empty places."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

from markdown_it import MarkdownIt

from aigc_core.lessons import markup, source
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
from demos.ui.gallery import REPOSITORY_URL
from demos.ui.i18n import Text

_ANSWER = Text("Answer", "答案")
_RUN_IT = Text("Run it yourself: open this lesson as a notebook.", "动手运行：以笔记本打开本课。")
_TESTED = Text("Both sides are computed by", "两边的值由测试计算：")
_COMPUTED = Text("Computed by", "计算代码：")


def lesson(one: Lesson) -> str:
    """All blocks of a lesson; the page wraps them in title and goals."""
    figures = 0
    parts = []
    for block in one.blocks:
        if isinstance(block, FigureBlock):
            parts.append(f'<div class="slot" data-figure="{figures}"></div>')
            figures += 1
        else:
            parts.append(_block(block, one))
    return "\n".join(parts)


def inline(markdown: str, language: Language) -> str:
    """One line of Markdown: a goal, a source, the words for a symbol."""
    rendered: str = _markdown(language).renderInline(markdown)
    return rendered


def _block(block: Block, one: Lesson) -> str:
    match block:
        case Prose():
            return _text(block.markdown, one.language)
        case FormulaBlock():
            return _formula(block, one)
        case CodeBlock():
            caption = f"<figcaption>{inline(block.caption, one.language)}</figcaption>" if block.caption else ""
            return f'<figure class="code">{caption}{code(block.symbol, _lines(block, one))}</figure>'
        case QuestionBlock():
            question, answer = _text(block.question, one.language), _text(block.answer, one.language)
            summary = _say(_ANSWER, one.language)
            return f'<div class="question">{question}<details><summary>{summary}</summary>{answer}</details></div>'
        case NotebookBlock():
            lines = "".join(f"<span>{line}\n</span>" for line in highlighted(block.code))
            note = _say(_RUN_IT, one.language)
            return f'<figure class="code cell"><pre class="py">{lines}</pre><figcaption><button type="button" class="notebook">{note}</button></figcaption></figure>'
        case _:
            raise TypeError(type(block).__name__)


def _text(markdown: str, language: Language) -> str:
    rendered: str = _markdown(language).render(markdown)
    return rendered


def _formula(block: FormulaBlock, one: Lesson) -> str:
    symbols = "".join(
        f'<div><dt class="tex">{html.escape(tex)}</dt><dd>{inline(meaning, one.language)}</dd></div>'
        for tex, meaning in block.symbols.items()
    )
    notes = []
    if block.code:
        link = _anchor(f"code:{block.code}", html.escape(block.code), one.language)
        notes.append(f"{_say(_COMPUTED, one.language)} {link}")
    if block.test:
        notes.append(f"{_say(_TESTED, one.language)} <code>{html.escape(block.test)}</code>")
    foot = f'<p class="notes">{" · ".join(notes)}</p>' if notes else ""
    return (
        f'<figure class="formula" tabindex="0" data-formula="{html.escape(block.name)}">'
        f'<div class="tex display">{html.escape(block.tex)}</div>'
        f"{f'<dl>{symbols}</dl>' if symbols else ''}{foot}</figure>"
    )


def _lines(block: CodeBlock, one: Lesson) -> dict[int, str]:
    """Lines of a piece of code that formulas of the lesson point at, with the formulas' names."""
    code = source.cut(block.symbol)
    found = {}
    for formula in one.blocks:
        if isinstance(formula, FormulaBlock) and formula.line:
            pointed = source.cut(formula.code)
            number = pointed.line_of(formula.line)
            if pointed.file == code.file and code.first <= number < code.first + len(code.text.splitlines()):
                found[number] = formula.name
    return found


def code(name: str, formulas: Mapping[int, str] | None = None) -> str:
    """The source of a symbol with its place above it.

    Args:
        formulas: Line → name of the formula that it computes.

    Raises:
        SourceError: there is no such symbol.
    """
    cut = source.cut(name)
    rows = []
    for number, line in enumerate(highlighted(cut.text), cut.first):
        formula = (formulas or {}).get(number)
        mark = f' class="marked" tabindex="0" data-formula="{html.escape(formula)}"' if formula else ""
        rows.append(f'<span{mark} data-line="{number}">{line}\n</span>')
    return f'<div class="place">{_place(cut.file, cut.first)}</div><pre class="py numbered">{"".join(rows)}</pre>'


def _place(file: str, line: int) -> str:
    shown = html.escape(f"{file}:{line}")
    if not REPOSITORY_URL:
        return f"<code>{shown}</code>"
    return f'<a href="{html.escape(f"{REPOSITORY_URL}/blob/main/{file}#L{line}")}" target="_blank" rel="noopener">{shown}</a>'


def highlighted(text: str) -> Sequence[str]:
    """Python as lines of HTML with Pygments' short classes."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    marked: str = highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return marked.rstrip("\n").split("\n")


# --- Markdown -----------------------------------------------------------------------------------------------------------


@cache
def _markdown(language: Language) -> MarkdownIt:
    """The lessons' parser with a renderer that knows mathematics and our kinds of links."""
    renderer = markup.new_parser()
    renderer.add_render_rule(
        markup.INLINE, lambda _, tokens, i, *rest: f'<span class="tex">{html.escape(tokens[i].content)}</span>'
    )
    renderer.add_render_rule(
        markup.DISPLAY, lambda _, tokens, i, *rest: f'<span class="tex display">{html.escape(tokens[i].content)}</span>'
    )
    renderer.add_render_rule("link_open", lambda _, tokens, i, *rest: _open(str(tokens[i].attrs["href"]), language))
    renderer.add_render_rule("table_open", lambda *rest: '<div class="wide"><table>')
    renderer.add_render_rule("table_close", lambda *rest: "</table></div>")
    return renderer


def _anchor(href: str, inner: str, language: Language) -> str:
    return f"{_open(href, language)}{inner}</a>"


def _open(href: str, language: Language) -> str:
    """The start of a link."""
    kind, _, target = href.partition(":")
    attributes = _LINKS.get(kind, _elsewhere)(target if kind in _LINKS else href)
    return "<a" + "".join(f' {name}="{html.escape(str(value))}"' for name, value in attributes.items()) + ">"


Attributes = dict[str, Any]


def _elsewhere(address: str) -> Attributes:
    return {"href": address, "target": "_blank", "rel": "noopener noreferrer"}


_LINKS: Mapping[str, Callable[[str], Attributes]] = {
    "term": lambda key: {"href": f"?lesson=glossary#{quote(key)}", "class": "term", "data-term": key},
    "lesson": lambda slug: {"href": f"?lesson={quote(slug)}", "data-lesson": slug},
    "tab": lambda target: {"href": f"?tab={target.replace('?', '&', 1)}", "data-tab": target},
    "code": lambda name: {"href": f"#{name}", "class": "source", "data-code": name},
}


def _say(text: Text, language: Language) -> str:
    return html.escape(text.zh if language == "zh" else text.en)
