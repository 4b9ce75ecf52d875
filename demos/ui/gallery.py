"""Files of the repository that tabs show: finished examples under ``docs/gallery``, and links to source files."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from aigc_core import recipe as recipes
from aigc_core import resources
from demos.ui.i18n import both

ROOT = Path(__file__).resolve().parents[2]
GALLERY = resources.folder("docs") / "gallery"
REPOSITORY_URL = ""  # set by a fork to its own address: code links then open the file at the line


def example(task: str, suffix: str) -> tuple[str, dict[str, Any]] | None:
    """The finished example a tab opens with: its file under ``docs/gallery`` and its recipe; None before it was made."""
    file = GALLERY / f"{task}{suffix}"
    return (str(file), recipes.read(file)) if file.exists() else None


def example_output(task: str) -> dict[str, Any] | None:
    """Like :func:`example` for text tasks: the JSON record ``{"output": …, "recipe": …}``."""
    file = GALLERY / f"{task}.json"
    record: dict[str, Any] | None = json.loads(file.read_text("utf-8")) if file.exists() else None
    return record


def source_link(source: str, line: int | None = None) -> str:
    """A link to a source file, or its path where no repository address is set."""
    anchor = f"#L{line}" if line else ""
    shown = html.escape(source + (f":{line}" if line else ""))
    where = both("The code that does this: ", "实现代码：")
    if not REPOSITORY_URL:
        return f"{where}<code>{shown}</code>"
    address = f"{html.escape(REPOSITORY_URL)}/blob/main/{html.escape(source)}{anchor}"
    return f'{where}<a href="{address}" target="_blank">{shown}</a>'
