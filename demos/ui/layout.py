"""The places of a tab's parts: input, primary button and result on the first screen, everything else after them.

At a desk ``main`` stands on the left with ``more`` below it, and ``result`` on the right; on a phone they follow each other, the
result before what can wait. ``layout.css`` places them, ``layout.js`` brings a result into view that a click has asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Self

import gradio as gr
from gradio.blocks import BlockContext

from demos.ui import history, player
from demos.ui.buttons import stop_button
from demos.ui.components import FileInput, PageButton, PageFiles, PageHTML, RecipeJSON
from demos.ui.i18n import Text, both_text, t


class Layout:
    """The parts of a tab, and what every one of them holds.

    Attributes:
        name: The tab's own; the history is kept under it.
        copy: The button that copies a link to the settings; None where no link leads.
    """

    AREAS: ClassVar[tuple[str, ...]] = ("main", "result", "more")
    """The parts of the page in the order in which a keyboard or a screen reader meets them."""
    CLASSES: ClassVar[tuple[str, ...]] = ()
    """CSS classes of an arrangement of these parts that is the tab's own."""

    LINKABLE: ClassVar[bool] = True
    """A link can lead to it with its fields filled."""

    name: str
    copy: gr.Button | None = None

    def __init__(self, lead: Text, verb: Text) -> None:
        self._lead, self._verb = lead, verb

    def __enter__(self) -> Self:
        with gr.Row(elem_classes=["columns", *self.CLASSES], equal_height=False):
            gr.HTML(f"<p>{both_text(*self._lead)}</p>", elem_classes=["lead"], padding=False)
            self._areas = {name: gr.Column(elem_classes=[f"area-{name}"], min_width=0) for name in self.AREAS}
        with self.more():
            self._examples = gr.Column(elem_classes=["examples-box"])
        return self

    @contextmanager
    def left(self) -> Iterator[None]:
        """The input and the two or three controls that matter most; ends with the primary button."""
        with built_into(self._areas["main"]):
            yield
            self.buttons()

    def buttons(self) -> None:
        """The primary button, in whose place Stop stands while it runs, and below it what a click will cost."""
        with gr.Row(elem_classes=["go-row"]):
            self.go = PageButton(t(*self._verb), variant="primary", size="lg", elem_classes=["go"])
            self.stop = stop_button(size="lg", elem_classes=["stop"])
        self.cost = PageHTML("", elem_classes=["cost"], padding=False)

    @contextmanager
    def right(self) -> Iterator[None]:
        """The output; ends with status line, files and recipe."""
        with built_into(self._areas["result"]):
            self.notice = PageHTML("", elem_classes=["noticebox"], padding=False)
            yield
            self.how_chosen()
            self.status_line()
            self.files_and_recipe()

    @contextmanager
    def more(self) -> Iterator[None]:
        """The area of what can wait: further controls; examples and the model's card are here already."""
        with built_into(self._areas["more"]):
            yield

    def how_chosen(self) -> None:
        """Out of how many runs the opening was chosen; gone with the first run."""
        self.chosen = PageHTML("", elem_classes=["chosenbox"], padding=False)

    def status_line(self) -> None:
        """Progress of the run, then its time; the last results below it."""
        self.status = PageHTML(player.IDLE, elem_classes=["statusbox"], padding=False)
        self.history = history.strip(self.name)

    def files_and_recipe(self) -> None:
        """The end of the output column: files, recipe, and the place to drop a file whose recipe is wanted."""
        with gr.Accordion(t("Files", "文件"), open=False):
            self.file_list()
        with gr.Accordion(t("Recipe: how this was made", "配方：如何生成"), open=False):
            self.recipe_box()

    def file_list(self) -> None:
        """The downloads of the last run."""
        self.files = PageFiles(file_count="multiple", interactive=False, show_label=False)

    def recipe_box(self) -> None:
        """The recipe of the last run, and where a file is dropped to restore its own."""
        self.recipe = RecipeJSON(label="recipe", show_label=False, open=True)
        if self.LINKABLE:
            self.copy = PageButton(t("Copy link to these settings", "复制当前参数的链接"), size="sm")
        self.drop = FileInput(
            label=t("Drop a generated file here to restore its settings", "拖入已生成的文件，恢复其参数"),
            height=110,
            elem_classes=["recipe-drop"],
        )

    @contextmanager
    def advanced(self) -> Iterator[None]:
        """Controls that rarely matter, folded, wherever they are made."""
        with self.more(), gr.Accordion(t("Advanced", "高级设置"), open=False):
            yield


@contextmanager
def built_into(container: BlockContext) -> Iterator[None]:
    """Build inside a container that was made before; Gradio alone would take the place of this call for its parent."""
    parent = container.parent
    with container:
        yield
    container.parent = parent
