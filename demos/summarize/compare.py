"""The event behind the Summarization tab's button: up to four models on one text, one after another, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.summarize import SummarizeRequest
from demos.summarize import view
from demos.ui import player
from demos.ui.compare import Turn, turns
from demos.ui.fields import make_request
from demos.ui.player import Updates
from demos.ui.tab import Tab

MAX_COLUMNS = 4
MAX_REFERENCE = 2000
"""Characters of the reference summary that count."""


class _Board:
    """The columns of one comparison, and what it leaves behind."""

    def __init__(self, names: Sequence[str], text: str, reference: str) -> None:
        self.text, self.reference = text, reference
        self.columns = {name: view.Column(name) for name in names}
        self.files: list[str] = []
        self.recipes: dict[str, Any] = {}

    def put(self, turn: Turn) -> None:
        """Show a moment of one model in its column; a failure is said there."""
        name = list(self.columns)[turn.at]
        column = self.columns[name]
        if turn.failure is not None:
            column = replace(column, state="failed", message=turn.failure)
        else:
            column = replace(column, state="running", summary=turn.output or column.summary)
        if turn.result is not None and turn.moment is not None:
            column = replace(column, state="done", seconds=turn.result.seconds)
            self.files.extend(turn.moment.files.values())
            self.recipes[name] = dict(turn.result.recipe)
        self.columns[name] = column

    def html(self) -> str:
        """All columns."""
        return view.columns(self.columns.values(), self.text, self.reference)

    @property
    def recipe(self) -> dict[str, Any] | None:
        """Recipes by model; of a single model its recipe; None where all failed."""
        return self.recipes if len(self.recipes) > 1 else next(iter(self.recipes.values()), None)


def wire(tab: Tab, columns: gr.HTML, source: gr.HTML, reference: gr.Textbox) -> None:
    """Let the button run the chosen models on the text; an event of the page, the endpoint is another."""

    def compare(request: gr.Request, **values: Any) -> Updates:
        report = tab.report
        try:
            reference = str(values.pop("reference", None) or "")[:MAX_REFERENCE]
            names = check_columns(values.pop("model", None) or [])
            asked = [make_request(SummarizeRequest, {**values, "model": name}) for name in names]
        except Exception as error:
            yield {report.notice: player.notice(*player.explain(error))}
            return
        board = _Board(names, str(values["text"]), reference)
        yield {columns: board.html(), source: view.source(board.text), **report.started()}
        for turn in turns(tab.studio, asked, request):
            board.put(turn)
            yield {columns: board.html(), report.status: turn.status}
        yield {report.files: board.files, report.recipe: board.recipe, **report.idle()}

    tab.run_with(compare, [columns, source], endpoint=None, extras={"reference": reference})


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
