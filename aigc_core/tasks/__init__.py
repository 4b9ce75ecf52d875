"""The tasks, one module each: its requests and outputs. The list of tasks is defined here and nowhere else.

A module of this package that defines the request whose ``kind`` is the module's own name *is* a task: adding the file adds
the task. Its models are the rows of ``aigc_core/catalog/<task>.py``, its tab is ``demos/<task>/tab.py``.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.fields import default as default
from aigc_core.tasks.fields import limits as limits
from aigc_core.tasks.request import Request

_ORDER = ("faces", "stylize", "inpaint", "continue_text", "chat", "summarize", "compose", "speak", "video")
"""Display order; a task not named here comes last."""


def _defined() -> tuple[type[Request], ...]:
    """All request classes of the package's modules, in the order in which each module defines them."""
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    return tuple(
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__ and "kind" in vars(value)
        if issubclass(value, Request) and value is not Request
    )


def _rank(task: str) -> tuple[int, str]:
    return (_ORDER.index(task) if task in _ORDER else len(_ORDER), task)


_ALL = sorted(_defined(), key=lambda cls: _rank(cls.task))
REQUESTS: tuple[type[Request], ...] = tuple(cls for cls in _ALL if cls.kind == cls.task)
"""The main request of each task."""
SIDE_REQUESTS: tuple[type[Request], ...] = tuple(cls for cls in _ALL if cls.kind != cls.task)
"""Further requests that pipelines of a task may answer; see ``ModelSpec.answers``."""
TASKS: tuple[str, ...] = tuple(cls.task for cls in REQUESTS)


def request_type(task: str, kind: str = "") -> type[Request]:
    """The request class of a task, or its side request ``kind`` (recipes before version 0.2 give the class's name).

    Raises:
        InvalidRequestError: there is no such task, or no such request of it.
    """
    for cls in SIDE_REQUESTS if kind and kind != task else REQUESTS:
        if cls.task == task and kind in ("", cls.kind, cls.__name__):
            return cls
    if kind:
        known = ", ".join(cls.kind for cls in SIDE_REQUESTS if cls.task == task)
        raise InvalidRequestError(
            f"The task {task!r:.60} has no request {kind!r:.60}. It has: {known or 'none'}.",
            f"任务 {task!r:.60} 没有名为 {kind!r:.60} 的请求。可用：{known or '无'}。",
        )
    raise InvalidRequestError(
        f"There is no task {task!r:.60}. Tasks: {', '.join(TASKS)}.",
        f"没有名为 {task!r:.60} 的任务。可用任务：{'、'.join(TASKS)}。",
    )
