"""A button that asks one or several models about a text, and shows their answers as one piece of HTML."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.request import Request
from aigc_core.types import Result
from demos.ui import models, player
from demos.ui.compare import turns
from demos.ui.components import PageHTML
from demos.ui.player import Updates
from demos.ui.studio import Studio
from demos.ui.tab import Values
from demos.ui.wiring import HEAVY, named


def place(opening: str = "") -> tuple[Any, Any]:
    """The page of the answers and the status line below it."""
    return PageHTML(opening, padding=False), PageHTML(player.IDLE, padding=False)


def wire(
    studio: Studio,
    go: gr.Button,
    fields: Mapping[str, Any],
    outputs: tuple[Any, Any],
    requests: Callable[[Values], Sequence[Request]],
    show: Callable[[list[Result]], str],
) -> None:
    """Let ``go`` run the requests that ``requests`` makes of the values of ``fields``.

    Args:
        outputs: See :func:`place`.
        show: HTML of the results so far.
    """
    page, status = outputs

    def run(request: gr.Request, **values: Any) -> Updates:
        results: list[Result] = []
        try:
            asked = requests(values)
        except Exception as error:
            yield {status: player.notice(*player.explain(error))}
            return
        for turn in turns(studio, asked, request):
            if turn.failure is not None:
                yield {status: player.notice(*turn.failure)}
                return
            if turn.result is not None:
                results.append(turn.result)
                yield {page: show(results), status: _finished(results)}
            else:
                yield {status: turn.status}

    go.click(
        named(run, fields),
        inputs_kwargs=dict(fields),
        outputs=[page, status],
        api_visibility="private",
        show_progress="hidden",
        **HEAVY,
    )


def _finished(results: Sequence[Result]) -> str:
    parts = [f"<b>{_title(made.recipe['model'])}</b> {made.seconds:.2f} s" for made in results]
    return f'<div class="status" role="status"><span>{" · ".join(parts)}</span></div>'


def _title(name: Any) -> str:
    return html.escape(models.name_of(registry.find(str(name))))
