"""Stands in for the package ``spaces`` on a machine without ZeroGPU: what must hold there is checked, and no card is lent.

As there, the app does not start without a function that asks for a card, and none can be added once it has started. It says
``LEASE 42`` when a function is called that asks for 42 seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

_asking: list[Any] = []
_started: list[Any] = []
"""The apps that run."""


def GPU(task: Any = None, *, duration: Any = 60) -> Any:
    """The decorator; ``duration`` in seconds, or a function of the task's arguments."""
    if task is None:
        return lambda function: GPU(function, duration=duration)
    if _started:
        raise RuntimeError("a function asks for a card after the start")
    _asking.append(task)

    def leased(*args: Any, **kwargs: Any) -> Any:
        print(f"LEASE {duration(*args, **kwargs) if callable(duration) else duration}", flush=True)
        yield from task(*args, **kwargs)

    return leased


def _launching(launch: Callable[..., Any]) -> Callable[..., Any]:
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not _asking:
            raise RuntimeError("No @spaces.GPU function detected during startup")
        _started.append(self)
        return launch(self, *args, **kwargs)

    return checked


gr.Blocks.launch = _launching(gr.Blocks.launch)  # type: ignore[method-assign]
