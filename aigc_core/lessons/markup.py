"""Markdown as lessons use it: CommonMark with tables, ``$…$`` and ``$$…$$`` for mathematics, and no HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

INLINE, DISPLAY = "math_inline", "math_display"
"""Types of the tokens of mathematics; their content is TeX."""
_WORD = {"en": re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*|\d[\d.,]*"), "zh": re.compile(r"[\u3400-\u9fff]")}


@cache
def parser() -> MarkdownIt:
    """The one that reads lessons."""
    return new_parser()


def new_parser() -> MarkdownIt:
    """A parser of lessons, for those who add rules of their own for rendering."""
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.inline.ruler.before("escape", "math", _mathematics)
    return made


def _mathematics(state: StateInline, silent: bool) -> bool:
    """A ``$`` opens where no space follows and closes where none precedes."""
    if state.src[state.pos] != "$":
        return False
    fence = "$$" if state.src.startswith("$$", state.pos) else "$"
    start = state.pos + len(fence)
    end = state.src.find(fence, start)
    while end > 0 and state.src[end - 1] == "\\":
        end = state.src.find(fence, end + 1)
    if end <= start or end >= state.posMax or (fence == "$" and not _tight(state.src, start, end)):
        return False
    if not silent:
        state.push(DISPLAY if fence == "$$" else INLINE, "math", 0).content = state.src[start:end].strip()
    state.pos = end + len(fence)
    return True


def _tight(text: str, start: int, end: int) -> bool:
    return not (text[start].isspace() or text[end - 1].isspace())


def tokens(markdown: str) -> Iterator[Token]:
    """All tokens, those inside of others after them."""
    for token in parser().parse(markdown):
        yield token
        yield from token.children or ()


def stray(markdown: str) -> bool:
    """Tell whether a ``$`` stands alone: mathematics that does not end."""
    return any(token.type == "text" and "$" in token.content for token in tokens(markdown))


def unclosed(markdown: str) -> bool:
    """Tell whether a ``*`` is shown as it is: emphasis that CommonMark does not open or close, as beside Chinese punctuation."""
    return any(token.type == "text" and "*" in token.content for token in tokens(markdown))


def links(markdown: str) -> list[str]:
    """Targets of a text's links."""
    return [unquote(str(token.attrs["href"])) for token in tokens(markdown) if token.type == "link_open"]


def plain(markdown: str) -> str:
    """The words alone, without mathematics and fenced code."""
    parts = []
    for token in tokens(markdown):
        if token.type in ("text", "code_inline"):
            parts.append(token.content)
        elif token.type == "softbreak" or token.block:
            parts.append(" ")
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def count_words(markdown: str, language: str) -> int:
    """English words, or Chinese characters without punctuation."""
    return len(_WORD[language].findall(plain(markdown)))
