"""One seed, three kinds of model: what VAE, GAN and diffusion make of the same random numbers, and what that costs.

The columns fill one after another; the package's DCGAN stands beside ours for comparison.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from aigc_core.tasks.faces import Faces, FacesRequest
from aigc_core.tasks.request import Request
from aigc_core.types import Result
from demos.faces.columns import Column, html
from demos.faces.panel import Panel
from demos.faces.views.families import OURS, families, opening, waiting
from demos.ui import player
from demos.ui.components import PageHTML
from demos.ui.i18n import Text, t
from demos.ui.studio import Studio
from demos.ui.tab import make_request, named

TITLE = Text("Same seed, three kinds of model", "同一种子，三类模型")
LEAD = Text(
    "Each row of pictures is one seed. Every family turns the same seed into a face of its own, so compare kinds, not people: "
    "how sharp, how odd, how fast, and how it was measured.",
    "每一行对应一个种子。各类模型会把同一种子变成各自的人脸，因此比较的是类型而非具体的人：清晰度、失真、速度，以及实测分数。",
)
SEED, MOST = 100, 6
"""The first seed proposed; most seeds at a time."""


class SameSeed(Panel):
    """One button that runs every family in turn."""

    def handler(self, outputs: int, show: player.Show, preview: player.Preview | None) -> Any:
        studio = self.studio

        def generate(request: gr.Request, **values: Any) -> Generator[tuple[Any, ...], None, None]:
            yield from play(studio, request, values)

        return named(generate, self.fields)


def build(studio: Studio) -> None:
    missing = [name for name in OURS if name not in {spec.name for spec in families()}]
    with SameSeed(studio, FacesRequest, TITLE, LEAD, verb=Text("Draw with all of them", "全部生成"), name="same-seed", open=True) as panel:  # fmt: skip
        with panel.left():
            panel.control("count", value=3, maximum=MOST, label=t("Seeds", "种子个数"))
            panel.seed(SEED)
            if missing:
                gr.HTML(player.notice(*absence(missing), error=False), padding=False)
        with panel.right():
            page = PageHTML(html(opening()), padding=False)
            with gr.Row(visible=False):
                table = gr.JSON(label="models")
        panel.run([page, table], lambda *_: [], endpoint="faces_same_seed")


def absence(missing: list[str]) -> Text:
    """Which of ours are not in this copy."""
    names = ", ".join(missing)
    return Text(f"Not in this copy of the project: {names}.", f"当前项目副本中没有：{names}。")


def play(studio: Studio, request: gr.Request, values: Mapping[str, Any]) -> Generator[tuple[Any, ...], None, None]:
    """Yields columns, table, files, notice, status, go button, Stop button, recipes by model.

    A model that fails says so in its column, and the others still have their turn.
    """
    same = gr.skip()
    busy, idle = (gr.update(visible=False), gr.update(visible=True)), (gr.update(visible=True), gr.update(visible=False))  # fmt: skip
    columns = waiting()
    try:
        asked = [make_request(FacesRequest, {**values, "model": column.spec.name}) for column in columns]
    except Exception as error:
        yield (*[same] * 3, player.notice(*player.explain(error)), *[same] * 4)
        raise gr.Error(player.explain(error)[0], visible=False, print_exception=False) from error
    yield (html(columns), same, same, "", player.running(None), *busy, same)
    files: list[str] = []
    recipes: dict[str, Any] = {}
    for at, one in enumerate(asked):
        for column, status, made in _turn(studio, request, columns[at], one):
            columns[at] = column
            yield (html(columns), same, same, same, status, same, same, same)
            if made is not None:
                files += made[0]
                recipes[one.model] = made[1]
    yield (html(columns), [column.to_json() for column in columns], files, same, player.IDLE, *idle, recipes)


def _turn(studio: Studio, request: gr.Request, column: Column, one: Request) -> Generator[Any, None, None]:
    """One column's states with a status line; the last with files and recipe."""
    held: list[Any] = [column]

    def preview(faces: Faces) -> list[Any]:
        held[0] = replace(column, state="running", images=faces.images, seeds=faces.seeds)
        return [held[0]]

    def show(result: Result, files: Mapping[str, str]) -> list[Any]:
        output: Faces = result.output
        seconds = result.seconds / len(output.images)
        held[0] = replace(
            column, state="done", images=output.images, seeds=output.seeds, seconds=seconds,
            steps=int(result.info.get("steps", 1)),
        )  # fmt: skip
        return [held[0]]

    yield replace(column, state="running"), player.running(None), None
    try:
        for _, files, _, status, _, _, recipe in player.play(studio, lambda: one, 1, show, preview, request):
            if isinstance(recipe, Mapping) and "seed" in recipe:
                yield held[0], status, (files, recipe)
            else:
                yield replace(held[0], state="running"), status, None
    except gr.Error as error:
        message = Text(*player.explain(error.__cause__ or error))
        yield replace(held[0], state="failed", message=message), player.IDLE, None
