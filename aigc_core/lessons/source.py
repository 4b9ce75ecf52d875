"""Code by name: ``module:function``, ``module:Class`` or ``module:Class.method``, cut from its file without importing it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("aigc_core", "demos", "tests", "benchmarks")
"""Whose code is shown; an installed copy has other packages beside them."""


class SourceError(ValueError):
    """There is no such module or symbol, or a piece of a line does not stand in it exactly once."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A piece of a file."""

    file: str
    """Below the root of the repository, with slashes."""
    first: int
    """Its first line, from 1."""
    text: str

    def line_of(self, piece: str) -> int:
        """The line of the file that contains ``piece``.

        Raises:
            SourceError: none does, or more than one.
        """
        found = [number for number, line in enumerate(self.text.splitlines(), self.first) if piece in line]
        if len(found) != 1:
            raise SourceError(f"{piece!r} stands in {len(found)} lines of {self.file}:{self.first}, not in one")
        return found[0]


def cut(name: str) -> Source:
    """The source of a symbol, with its decorators; of a whole module where only that is named.

    Raises:
        SourceError: there is no such module or symbol.
    """
    module, _, symbol = name.partition(":")
    file = _file(module)
    text = file.read_text("utf-8")
    first, last = _span(file, symbol, file.stat().st_mtime_ns) if symbol else (1, text.count("\n") + 1)
    lines = text.splitlines()[first - 1 : last]
    return Source(file=file.relative_to(ROOT).as_posix(), first=first, text="\n".join(lines))


def _file(module: str) -> Path:
    parts = module.split(".")
    place = ROOT.joinpath(*parts)
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if parts[0] in PACKAGES and all(map(str.isidentifier, parts)) and file.is_file():
            return file
    raise SourceError(f"there is no module {module!r} in this repository")


@lru_cache(maxsize=256)
def _span(file: Path, symbol: str, changed: int) -> tuple[int, int]:
    """First and last line of a symbol."""
    node: ast.AST = ast.parse(file.read_text("utf-8"))
    for part in symbol.split("."):
        named = [inner for inner in getattr(node, "body", ()) if part in _names(inner)]
        if not named:
            raise SourceError(f"there is no {symbol!r} in {file.relative_to(ROOT).as_posix()}")
        node = named[0]
    assert isinstance(node, ast.stmt) and node.end_lineno is not None
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)]), node.end_lineno


def _names(node: ast.AST) -> list[str]:
    """Names that a statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]
