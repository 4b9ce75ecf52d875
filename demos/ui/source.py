"""Functions of this project as text, read without importing them: what the tabs show beside what ran."""

from __future__ import annotations

import ast
import html
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from demos.ui.gallery import ROOT


@dataclass(frozen=True, kw_only=True)
class Source:
    """A function's lines; numbers as in its file."""

    file: str
    first: int
    lines: tuple[str, ...]
    branches: tuple[tuple[str, int, int], ...]
    """Each ``if``: its condition, first and last line of what it guards."""


@cache
def function(file: str, name: str) -> Source:
    """A function of ``file`` (from the repository's root) without its docstring.

    Raises:
        LookupError: there is no such function.
    """
    text = (ROOT / file).read_text("utf-8")
    found = [n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name == name]
    if not found:
        raise LookupError(f"{file} has no {name}")
    node = found[0]
    body = node.body[1:] if ast.get_docstring(node) else node.body
    first, last = body[0].lineno, node.end_lineno or node.lineno
    tests = [n for n in ast.walk(node) if isinstance(n, ast.If)]
    branches = tuple((ast.unparse(n.test), n.body[0].lineno, n.body[-1].end_lineno or n.lineno) for n in tests)
    return Source(file=file, first=first, lines=tuple(text.splitlines()[first - 1 : last]), branches=branches)


def line_of(file: str, name: str) -> int:
    """First line of a function or class."""
    text = (ROOT / file).read_text("utf-8").splitlines()
    return next(i for i, line in enumerate(text, 1) if line.lstrip().startswith((f"def {name}(", f"class {name}")))


def view(source: Source) -> str:
    """Numbered lines as HTML; ``data-line`` carries the number."""
    margin = min(len(line) - len(line.lstrip()) for line in source.lines if line.strip())
    rows = "".join(
        f'<span class="src-line" data-line="{n}"><i>{n}</i>{html.escape(line[margin:])}\n</span>'
        for n, line in enumerate(source.lines, source.first)
    )
    return f'<pre class="src" data-file="{html.escape(source.file)}">{rows}</pre>'


def all_lines(source: Source) -> list[int]:
    """Every line's number."""
    return list(range(source.first, source.first + len(source.lines)))


def skipped(source: Source, held: Collection[str]) -> list[int]:
    """Lines behind conditions that did not hold; ``held`` names those that did, as they stand in the source."""
    return [n for test, first, last in source.branches if test not in held for n in range(first, last + 1)]
