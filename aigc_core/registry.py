"""The table of models.

Rows are static data in ``aigc_core/catalog/<task>.py``; the first row of a task is its default. Importing this module
imports no framework; :func:`load` imports the one pipeline it needs.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from aigc_core import weights
from aigc_core.errors import MissingDependencyError, UnknownModelError
from aigc_core.types import TASKS, ModelSpec, Pipeline


@cache
def _table() -> dict[str, ModelSpec]:
    rows: dict[str, ModelSpec] = {}
    for task in TASKS:
        for spec in import_module(f"aigc_core.catalog.{task}").ROWS:
            assert spec.name not in rows, f"two rows are called {spec.name}"
            rows[spec.name] = spec
    return rows


def list_models(task: str | None = None) -> list[ModelSpec]:
    """All rows, or those of one task, the default first."""
    return [spec for spec in _table().values() if task in (None, spec.task)]


def find(name: str, task: str | None = None) -> ModelSpec:
    """The row called ``name``; an empty name gives the task's default.

    Raises:
        UnknownModelError: no such row, or not of this task.
    """
    rows = list_models(task)
    if not name and task is not None and rows:
        return rows[0]
    for spec in rows:
        if spec.name == name:
            return spec
    raise UnknownModelError(
        f"There is no model {name!r}{f' for {task}' if task else ''}. Choose one of: {', '.join(s.name for s in rows)}.",
        f"没有名为 {name!r} 的模型。可选：{'、'.join(s.name for s in rows)}。",
    )


def build(spec: ModelSpec, folders: list[Path]) -> Pipeline:
    """Import the row's target and load it from ``folders`` (see :func:`aigc_core.weights.ensure`).

    Raises:
        MissingDependencyError: a package it needs is not installed.
    """
    module, _, name = spec.target.partition(":")
    try:
        cls = getattr(import_module(module), name)
        return cast(Pipeline, cls(spec, folders))
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("aigc_core", "demos"):
            raise
        raise MissingDependencyError(
            f"{spec.name} needs the Python package {error.name!r}: pip install -r requirements.txt",
            f"{spec.name} 需要 Python 包 {error.name!r}：pip install -r requirements.txt",
        ) from error


def load(name: str) -> Pipeline:
    """Fetch if need be, load, and return the pipeline; for scripts. Apps use :class:`aigc_core.engine.Engine`."""
    spec = find(name)
    fetching = weights.ensure(spec.source)
    while True:
        try:
            next(fetching)
        except StopIteration as done:
            return build(spec, done.value)
