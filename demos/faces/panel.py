"""A view below the Faces tab: an accordion with its own inputs, outputs, button, Stop, recipe, explanation and endpoint.

A row names the requests it answers (``ModelSpec.answers``); a view without any such row is a sentence that says why.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import gradio as gr
from PIL import Image

from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec
from demos.ui import player
from demos.ui.components import Dropdown, FileInput, Number, PageFiles, PageHTML, RecipeJSON
from demos.ui.i18n import Text, markdown, t
from demos.ui.studio import Studio
from demos.ui.tab import Tab, source_link
from demos.ui.wiring import ROLL_SEED


def uri(image: Image.Image, quality: int = 90) -> str:
    """A small picture as a ``data:`` address, a few kilobytes."""
    kept = io.BytesIO()
    image.save(kept, "WEBP", quality=quality)
    return "data:image/webp;base64," + base64.b64encode(kept.getvalue()).decode()


def absent(title: Text, name: str, family: Text) -> None:
    """Where no row serves a view: its title and the reason."""
    reason = Text(
        f"This needs {family.en}, whose checkpoint is not in this copy of the project.",
        f"此功能需要{family.zh}，当前项目副本中没有相应权重。",
    )
    with gr.Accordion(t(*title), open=False, elem_classes=["faces-view", f"faces-{name}"]):
        gr.HTML(player.notice(*reason, error=False), padding=False)


class Panel(Tab):
    """A :class:`Tab` inside an accordion. Its fields, endpoint and recipe are those of ``request``."""

    def __init__(
        self, studio: Studio, request: type[Request], title: Text, lead: Text, *, verb: Text, name: str,
        open: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(studio, request, lead, verb=verb)
        self._accordion = gr.Accordion(t(*title), open=open, elem_classes=["faces-view", f"faces-{name}"])

    def __enter__(self) -> Self:
        self._accordion.__enter__()
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._accordion.__exit__(*error)

    @contextmanager
    def right(self) -> Iterator[None]:
        """The output column; files and recipe share one accordion at its end."""
        with self._row, gr.Column(scale=6, min_width=320):
            self.notice = PageHTML("", elem_classes=["noticebox"], padding=False)
            yield
            self.status = PageHTML(player.IDLE, elem_classes=["statusbox"], padding=False)
            with gr.Accordion(t("Files and recipe", "文件与配方"), open=False):
                self.files = PageFiles(file_count="multiple", interactive=False, show_label=False)
                self.recipe = RecipeJSON(label="recipe", show_label=False, open=True)
                self.drop = FileInput(
                    label=t("Drop a generated file here to restore its settings", "拖入已生成的文件，恢复其参数"),
                    height=110, elem_classes=["recipe-drop"],
                )  # fmt: skip

    def pick(self, rows: Sequence[ModelSpec]) -> gr.Dropdown:
        """The rows that serve this view; no choice is shown where there is one."""
        choices = [(spec.title, spec.name) for spec in rows]
        dropdown = Dropdown(
            choices, value=rows[0].name, label=t("Model", "模型"), filterable=False, visible=len(rows) > 1
        )
        return self.bind("model", dropdown)

    def seed(self, value: int = 0) -> gr.Number:
        """Seed and dice; it stays until it is changed, so that one setting can be varied on one face."""
        with gr.Row(elem_classes=["seedrow"]):
            seed = Number(value=value, precision=0, label=t("Seed", "随机种子"), scale=3, min_width=120)
            dice = gr.Button("⚄", scale=0, min_width=44, elem_classes=["dice"])
        dice.click(None, [], [seed], js=ROLL_SEED, api_visibility="private")
        self.fields["seed"] = seed
        return seed

    def _wire_recipe(self) -> None:
        self._reuse = gr.Button(visible=False)  # this view has no such button
        super()._wire_recipe()

    def explain(self, en: str, zh: str, *sources: tuple[str, int | None]) -> None:
        """A paragraph below the columns, and links to the lines that do the work."""
        with gr.Column(elem_classes=["how"]):
            markdown(en, zh)
            for source, line in sources:
                gr.HTML(source_link(source, line), elem_classes=["source"], padding=False)
