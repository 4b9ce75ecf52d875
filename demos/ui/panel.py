"""A view below a tab: an accordion with its own inputs, outputs, button, Stop, recipe, explanation and endpoint.

A row names the requests it answers (``ModelSpec.answers``); a view without any such row is a sentence that says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Self

import gradio as gr

from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec
from demos.ui import explanation, models, player
from demos.ui.components import Dropdown
from demos.ui.i18n import Text, t
from demos.ui.sections import when_expanded
from demos.ui.studio import Studio
from demos.ui.tab import Tab


def absent(title: Text, name: str, family: Text) -> None:
    """Show the title of a view that no row serves, and the reason."""
    reason = Text(
        f"This needs {family.en}, whose checkpoint is not in this copy of the project.",
        f"此功能需要{family.zh}，当前项目副本中没有相应权重。",
    )
    with gr.Accordion(t(*title), open=False, elem_classes=["faces-view", f"faces-{name}"]):
        gr.HTML(player.notice(*reason, error=False), padding=False)


class Panel(Tab):
    """A :class:`Tab` inside an accordion. Its fields, endpoint and recipe are those of ``request``."""

    LINKABLE = False

    def __init__(
        self,
        studio: Studio,
        request: type[Request],
        title: Text,
        lead: Text,
        *,
        verb: Text,
        name: str,
        open: bool = False,
    ) -> None:
        super().__init__(studio, request, lead, verb=verb)
        self.name = f"{request.task}-{name}"
        self._accordion = gr.Accordion(t(*title), open=open, elem_classes=["faces-view", f"faces-{name}"])

    def __enter__(self) -> Self:
        self._around = ExitStack()
        self._around.enter_context(self._accordion)
        self._around.enter_context(when_expanded(self._accordion))
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._around.__exit__(*error)

    def files_and_recipe(self) -> None:
        """Both in one accordion."""
        with gr.Accordion(t("Files and recipe", "文件与配方"), open=False):
            self.file_list()
            self.recipe_box()

    def pick(self, rows: Sequence[ModelSpec]) -> gr.Dropdown:
        """The rows that serve this view; no choice is shown where there is one."""
        choices = [(models.labelled(spec), spec.name) for spec in rows]
        dropdown = Dropdown(
            choices, value=rows[0].name, label=t("Model", "模型"), filterable=False, visible=len(rows) > 1
        )
        return self.bind("model", dropdown)

    def seed(self, value: int = 0) -> gr.Number:
        """Seed and dice; it stays until it is changed, so that one setting can be varied on one face."""
        with gr.Row(elem_classes=["seedrow"]):
            return self.seed_and_dice(value)

    def explain(self, en: str, zh: str, *sources: explanation.Source, lessons: Sequence[str]) -> None:
        """A paragraph below the columns, with links to the lessons and to the lines that do the work."""
        explanation.place(Text(en, zh), sources, lessons)
