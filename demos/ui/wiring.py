"""Shared wiring of all tabs' events: light events, Stop, signatures, and the page's own seeds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import gradio as gr

from demos.ui.i18n import both

QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""Keyword arguments of a light event of the page: answered at once, with no sign that it works, and no endpoint."""

HEAVY: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": None}
"""Keyword arguments of an event that runs a model: those wait for each other in the studio's lanes, not in Gradio's queue."""

ROLL_SEED, NEXT_SEED, GIVEN_SEED = "aigcSeeds.roll", "aigcSeeds.next", "aigcSeeds.given"
"""Functions of ``seeds.js``: a new seed; a new one if the page wants one for every run; a new one where none is given."""


STOPPED = f'<div class="status" role="status">{both("Stopped. What was made so far is kept; files and recipe come with a finished result.", "已停止，已生成的部分保留；文件与配方只随完整结果提供。")}</div>'


def wire_stop(trigger: Any, fn: Any, inputs: Sequence[Any], outputs: Sequence[Any], running: Sequence[Any]) -> None:
    """``trigger``, such as a button's ``click``, cancels ``running`` and shows what ``fn`` returns.

    That goes through the queue, whose messages reach a page in the order in which they were sent: what the run had sent before
    it was cancelled is then always overwritten, and never the other way round. A queue that is full answers at once instead.
    The cancelling is an event of its own because in one that is queued Gradio puts it last.
    """
    hidden = {"show_progress": "hidden", "api_visibility": "private"}
    trigger(None, cancels=list(running), queue=False, **hidden)
    event = trigger(fn, list(inputs), list(outputs), concurrency_limit=None, **hidden)
    event.failure(fn, list(inputs), list(outputs), queue=False, **hidden)


def named(fn: Callable[..., Any], names: Iterable[str]) -> Callable[..., Any]:
    """``fn(request, **values)`` with a signature that lists ``names``, each optional: the API reads it for its defaults."""

    def call(request: gr.Request, **values: Any) -> Any:
        return fn(request, **values)

    def stream(request: gr.Request, **values: Any) -> Any:
        yield from fn(request, **values)

    made = stream if inspect.isgeneratorfunction(fn) else call
    optional = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in names]
    first = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)
    setattr(made, "__signature__", inspect.Signature([first, *optional]))  # noqa: B010 - mypy does not know the attribute
    return made
