"""The event behind the Summarization tab's button: up to four models on one text, one after another, column by column."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.request import Request
from aigc_core.tasks.summarize import SummarizeRequest, Summary
from aigc_core.types import Result
from demos.summarize import view
from demos.ui import player
from demos.ui.i18n import Text
from demos.ui.studio import Studio
from demos.ui.tab import Tab, make_request, named

MAX_COLUMNS = 4
MAX_REFERENCE = 2000
"""Characters of the reference summary that count."""
Update = tuple[Any, ...]
_BUSY = (gr.update(visible=False), gr.update(visible=True))
_IDLE = (gr.update(visible=True), gr.update(visible=False))


class CompareTab(Tab):
    """A tab whose button runs several models on one text, one after another."""

    def compare(self, columns: gr.HTML, source: gr.HTML, reference: gr.Textbox) -> None:
        """Wire button, Stop and recipe panel; the page's event is private, the endpoint is another."""
        studio, inputs = self.studio, {**self.fields, "reference": reference}

        def run(request: gr.Request, **values: Any) -> Generator[Update, None, None]:
            yield from play(studio, request, values)

        self._event: dict[str, Any] = {
            "fn": named(run, inputs),
            "inputs_kwargs": inputs,
            "outputs": [columns, source, self.files, self.notice, self.status, self.go, self.stop, self.recipe],
            "concurrency_id": "model",
            "concurrency_limit": 1,
            "show_progress": "minimal",
            "show_progress_on": [self.status],
        }
        self._running = [self.go.click(**self._event, api_visibility="private")]
        self._wire_recipe()


class _Board:
    """The columns of one comparison, and what it leaves behind."""

    def __init__(self, names: Sequence[str], text: str, reference: str) -> None:
        self.text, self.reference = text, reference
        self.columns = {name: view.Column(name) for name in names}
        self.files: list[str] = []
        self.recipes: dict[str, Any] = {}

    def put(self, name: str, **changes: Any) -> str:
        """Change a column; all of them as HTML."""
        self.columns[name] = replace(self.columns[name], **changes)
        return self.html()

    def html(self) -> str:
        return view.columns(self.columns.values(), self.text, self.reference)


def play(studio: Studio, request: gr.Request, values: dict[str, Any]) -> Generator[Update, None, None]:
    """One model after the other; one that fails says so in its column and leaves the others to run.

    Yields: columns, source, files, notice, status, go button, Stop button, recipe.
    """
    same = gr.skip()
    try:
        reference = str(values.pop("reference", None) or "")[:MAX_REFERENCE]
        names = check_columns(values.pop("model", None) or [])
        asked = [make_request(SummarizeRequest, {**values, "model": name}) for name in names]
    except Exception as error:
        yield same, same, same, player.notice(*player.explain(error)), same, same, same, same
        return
    board = _Board(names, str(values["text"]), reference)
    yield board.html(), view.source(board.text), same, "", same, *_BUSY, same
    for name, one in zip(names, asked, strict=True):
        yield from _play_one(studio, request, name, one, board)
    recipe = board.recipes if len(board.recipes) > 1 else next(iter(board.recipes.values()), None)
    yield board.html(), same, board.files, same, same, *_IDLE, recipe


def _play_one(
    studio: Studio, request: gr.Request, name: str, one: Request, board: _Board
) -> Generator[Update, None, None]:
    same = gr.skip()

    def make() -> Request:
        return one

    def preview(summary: Summary) -> list[str]:
        return [board.put(name, summary=summary)]

    def show(result: Result, files: Mapping[str, str]) -> list[str]:
        board.files.extend(files.values())
        board.recipes[name] = dict(result.recipe)
        return [board.put(name, state="done", summary=result.output, seconds=result.seconds)]

    yield board.put(name, state="running"), same, same, same, same, same, same, same
    try:
        for shown, _, _, status, *_ in player.play(studio, make, 1, show, preview, request):
            yield shown, same, same, same, status, *_BUSY, same
    except gr.Error as error:
        board.put(name, state="failed", message=Text(*player.explain(error.__cause__ or error)))


def check_columns(names: Sequence[str]) -> list[str]:
    """The models to compare, each once.

    Raises:
        InvalidRequestError: none, or more than fit side by side.
    """
    kept = list(dict.fromkeys(names))
    if not 1 <= len(kept) <= MAX_COLUMNS:
        raise InvalidRequestError(
            f"Choose 1 to {MAX_COLUMNS} models to compare; got {len(kept)}.",
            f"请选择 1 到 {MAX_COLUMNS} 个模型进行比较，当前选了 {len(kept)} 个。",
        )
    return kept
