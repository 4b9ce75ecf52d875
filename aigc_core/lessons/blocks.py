"""The parts of a lesson, in the order of the page; each names the line of its file where it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Prose:
    """Markdown between two blocks, with inline mathematics and links."""

    markdown: str
    at: int = 0


@dataclass(frozen=True, kw_only=True)
class FigureBlock:
    """A live figure, with its starting values where they differ from those of its row."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    at: int = 0


@dataclass(frozen=True, kw_only=True)
class FormulaBlock:
    """A displayed formula and what belongs to it."""

    name: str
    tex: str
    symbols: Mapping[str, str] = field(default_factory=dict)
    """TeX of a symbol → what it means, as Markdown."""
    code: str = ""
    """``module:symbol`` of the code that computes it; empty where it is a definition."""
    line: str = ""
    """A piece of the one line of that code which does it."""
    test: str = ""
    """``file::function`` of the test that computes both sides."""
    at: int = 0


@dataclass(frozen=True, kw_only=True)
class CodeBlock:
    """The source of a function, method or class."""

    symbol: str
    caption: str = ""
    at: int = 0


@dataclass(frozen=True, kw_only=True)
class QuestionBlock:
    """A question with a hidden answer, both Markdown."""

    question: str
    answer: str
    at: int = 0


@dataclass(frozen=True, kw_only=True)
class NotebookBlock:
    """Python that the reader can run from the root of the repository."""

    code: str
    at: int = 0


Block = Prose | FigureBlock | FormulaBlock | CodeBlock | QuestionBlock | NotebookBlock
