"""One seed, several models: what VAE, GAN and diffusion make of the same random numbers, and what that costs.

The columns fill one after another; the package's DCGAN stands beside ours for comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from aigc_core.tasks.faces import Faces, FacesRequest
from aigc_core.tasks.request import Request
from demos.faces.columns import html
from demos.faces.views.families import OURS, families, opening, waiting
from demos.ui import player
from demos.ui.compare import Turn, turns
from demos.ui.components import PageHTML
from demos.ui.contact_sheet import address
from demos.ui.fields import make_request
from demos.ui.i18n import Text, t
from demos.ui.panel import Panel
from demos.ui.player import Updates
from demos.ui.studio import Studio

TITLE = Text("Same seed, different models", "同一种子，不同模型")
LEAD = Text(
    "Each row of pictures is one seed. Every family turns the same seed into a face of its own, so compare kinds, not people: "
    "how sharp, how odd, how fast, and how it was measured.",
    "每一行对应一个种子。各类模型会把同一种子变成各自的人脸，因此比较的是类型而非具体的人：清晰度、失真、速度，以及实测分数。",
)
SEED, MOST = 100, 6
"""The first seed proposed; most seeds at a time."""


def build(studio: Studio) -> None:
    missing = [name for name in OURS if name not in {spec.name for spec in families()}]
    with Panel(
        studio, FacesRequest, TITLE, LEAD, verb=Text("Draw with all of them", "全部生成"), name="same-seed", open=True
    ) as panel:
        with panel.left():
            panel.control("count", value=3, maximum=MOST, label=t("Seeds", "种子个数"))
            panel.seed(SEED)
            if missing:
                gr.HTML(player.notice(*absence(missing), error=False), padding=False)
        with panel.right():
            page = PageHTML(html(opening()), padding=False)
            with gr.Row(visible=False):
                table = gr.JSON(label="models")

        def generate(request: gr.Request, **values: Any) -> Updates:
            report = panel.report
            yield report.started()
            try:
                asked = requests(values)
            except Exception as error:
                yield report.failed(error)
                raise player.quiet(error) from error
            board = Board()
            for turn in turns(studio, asked, request):
                board.put(turn)
                yield {page: html(board.columns), report.status: turn.status}
            made = {table: [column.to_json() for column in board.columns], report.recipe: board.recipes}
            yield {**made, report.files: board.files, report.status: player.IDLE, **report.idle()}

        panel.run_with(generate, [page, table], endpoint="faces_same_seed")


def absence(missing: list[str]) -> Text:
    """Our face models that are missing from this copy."""
    names = ", ".join(missing)
    return Text(f"Not in this copy of the project: {names}.", f"当前项目副本中没有：{names}。")


def requests(values: Mapping[str, Any]) -> list[Request]:
    """One request per family, in the order of the columns.

    Raises:
        InvalidRequestError: see :class:`FacesRequest`.
    """
    return [make_request(FacesRequest, {**values, "model": row.name}) for row in families()]


class Board:
    """The columns of one comparison, and the files and recipes that it leaves."""

    def __init__(self) -> None:
        self.columns = waiting()
        self.files: list[str] = []
        self.recipes: dict[str, Any] = {}

    def put(self, turn: Turn) -> None:
        """Show a moment of one family in its column; a failure is said there."""
        column = self.columns[turn.at]
        if turn.failure is not None:
            column = replace(column, state="failed", message=turn.failure)
        elif turn.output is not None:
            faces: Faces = turn.output
            column = replace(column, pictures=tuple(map(address, faces.images)), seeds=faces.seeds)
        if turn.failure is None:
            column = replace(column, state="running")
        if turn.result is not None and turn.moment is not None:
            result = turn.result
            seconds = result.seconds / len(result.output.images)
            column = replace(column, state="done", seconds=seconds, steps=int(result.info.get("steps", 1)))
            self.files += turn.moment.files.values()
            self.recipes[column.spec.name] = dict(result.recipe)
        self.columns[turn.at] = column
