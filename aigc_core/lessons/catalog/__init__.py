"""The rows of all figures, a file a topic."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from aigc_core.lessons.figure import FigureRow


@cache
def figures() -> dict[str, FigureRow]:
    """All rows by name."""
    rows: dict[str, FigureRow] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        for row in import_module(f"{__name__}.{module.name}").FIGURES:
            assert row.name not in rows, f"two figures are called {row.name}"
            rows[row.name] = row
    return rows
