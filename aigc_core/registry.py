"""The table of models.

Rows are static data in ``aigc_core/catalog/<task>.py``; the first row of a task is its default. Importing this module
imports no framework; :func:`load` imports the one pipeline it needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from aigc_core import tasks, weights
from aigc_core.errors import MissingDependencyError, UnknownModelError
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec, Package, Pipeline

_offered: ContextVar[frozenset[str] | None] = ContextVar("offered", default=None)


@contextmanager
def offering(names: frozenset[str] | None) -> Iterator[None]:
    """List only the rows called ``names`` in this block, as a public server does; None lists all."""
    token = _offered.set(names)
    try:
        yield
    finally:
        _offered.reset(token)


def refusal(name: str, task: str | None, offered: frozenset[str]) -> UnknownModelError:
    """The error for a row that a server keeps to itself; names the rows it offers."""
    names = [spec.name for spec in _table().values() if task in (None, spec.task) and spec.name in offered]
    return UnknownModelError(
        f"This server does not offer the model {name!r}. Choose one of: {', '.join(names) or '(none)'}; "
        "or run the app on your own machine.",
        f"本服务器不提供模型 {name!r}。可选：{'、'.join(names) or '（无）'}；也可在自己的机器上运行本程序。",
    )


@cache
def _table() -> dict[str, ModelSpec]:
    rows: dict[str, ModelSpec] = {}
    for task in tasks.TASKS:
        for spec in import_module(f"aigc_core.catalog.{task}").ROWS:
            assert spec.name not in rows, f"two rows are called {spec.name}"
            rows[spec.name] = spec
    return rows


def list_models(task: str | None = None) -> list[ModelSpec]:
    """All rows that are offered, or those of one task, the default first."""
    offered = _offered.get()
    return [
        spec for spec in _table().values() if task in (None, spec.task) and (offered is None or spec.name in offered)
    ]


def default(task: str) -> ModelSpec:
    """The first row of a task that is offered.

    Raises:
        UnknownModelError: this server offers none.
    """
    rows = list_models(task)
    if not rows:
        raise UnknownModelError(
            f"This server offers no model for {task}: fetch one, or name one with --models.",
            f"本服务器没有可用于 {task} 的模型：请先下载，或用 --models 指定。",
        )
    return rows[0]


def packaged_firsts() -> list[ModelSpec]:
    """The first row of every task, as far as packages carry their weights: they are small and need no hub."""
    firsts = [rows[0] for task in tasks.TASKS if (rows := list_models(task))]
    return [spec for spec in firsts if isinstance(spec.source, Package)]


def find(name: str, task: str | None = None) -> ModelSpec:
    """The row called ``name``, offered or not; an empty name gives the task's default.

    Raises:
        UnknownModelError: no such row, or not of this task.
    """
    rows = list_models(task)
    if not name and task is not None:
        return default(task)
    for spec in _table().values():
        if task not in (None, spec.task):
            continue
        if spec.name == name:
            return spec
    raise UnknownModelError(
        f"There is no model {name!r}{f' for {task}' if task else ''}. Choose one of: {', '.join(s.name for s in rows)}.",
        f"没有名为 {name!r} 的模型。可选：{'、'.join(s.name for s in rows)}。",
    )


def accepts(spec: ModelSpec, field: str, request: type[Request]) -> bool:
    """True if a row honours a field of a request type that it answers."""
    return field not in request.varies or field in spec.accepts


def answers(spec: ModelSpec, request: type[Request]) -> bool:
    """True if a row answers requests of this type: its task's main request, or one listed in ``answers``."""
    return request.task == spec.task and request.kind in (spec.task, *spec.answers)


def answering(request: type[Request]) -> list[ModelSpec]:
    """All rows that answer requests of this type, in the order of the table."""
    return [spec for spec in list_models(request.task) if answers(spec, request)]


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
