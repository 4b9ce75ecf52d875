"""Gradio without its stub files: at each import it parses its own sources to write them, which takes as long as the rest of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

MODULE, WRITER = "gradio.component_meta", "create_or_modify_pyi"


def leave_out() -> None:
    """Call it before Gradio is imported; later, or for a Gradio that has no such function, it changes nothing."""
    if MODULE not in sys.modules and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == MODULE else None
        if spec is not None and spec.loader is not None:
            _after(spec.loader)
        return spec


def _after(loader: Any) -> None:
    """Let ``loader`` take the writer out of the module it has run."""
    run = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        run(module)
        if hasattr(module, WRITER):
            setattr(module, WRITER, lambda *_: None)

    loader.exec_module = exec_module
