"""The files of the tabs that are not Python: styles, scripts and explanations in Markdown. They are package data, read where they are needed.

A tab's folder may hold any number of ``.css`` and ``.js`` files, also in ``views/``; all of them, after those of ``demos/ui``,
go into the page. A script that belongs to one component (``*.component.js``) is read by the tab that makes the component.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from demos.ui.i18n import Text

DEMOS = Path(__file__).resolve().parents[1]
SHARED = "ui"
COMPONENT = ".component.js"
_COMMENTS = {".js": re.compile(r"^[ \t]*//.*\n", re.MULTILINE), ".css": re.compile(r"/\*.*?\*/\n?", re.DOTALL)}
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


def read(package: str, name: str) -> str:
    """The text of a file of ``demos/<package>``."""
    return (DEMOS / package / name).read_text("utf-8")


def markdown(package: str, name: str) -> Text:
    """Markdown in both languages: ``<name>.en.md`` and ``<name>.zh.md`` of ``demos/<package>``."""
    return Text(read(package, f"{name}.en.md"), read(package, f"{name}.zh.md"))


def styles(tabs: Sequence[str]) -> str:
    """The style sheets of the page: those that all tabs share come first, so that a tab can override them."""
    return "\n".join(_sent(file) for file in _files(tabs, ".css"))


def scripts(tabs: Sequence[str]) -> list[str]:
    """The scripts of the page, in the same order."""
    return [_sent(file) for file in _files(tabs, ".js") if not file.name.endswith(COMPONENT)]


def _sent(file: Path) -> str:
    """A file as every visitor gets it: without indentation, and without comments that have a line of their own."""
    return _INDENTATION.sub("", _COMMENTS[file.suffix].sub("", file.read_text("utf-8")))


def _files(tabs: Sequence[str], suffix: str) -> list[Path]:
    return [file for package in (SHARED, *tabs) for file in sorted((DEMOS / package).rglob(f"*{suffix}"))]
