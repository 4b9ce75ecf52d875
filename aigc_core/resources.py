"""Folders of the files that come with the project: ``checkpoints`` and ``docs``.

A checkout has them beside this package; ``pip install`` puts them inside it (setup.py), so that they are found and removed
with it.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder ``name``, installed or in the checkout; it may not exist, where somebody has left it out."""
    installed = PACKAGE / "shipped" / name
    return installed if installed.is_dir() else PACKAGE.parent / name
