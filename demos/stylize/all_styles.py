"""*All styles at once*: the photo in every style of a model, small; a click on one paints it at full size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.stylize import AllStylesRequest, StyleSheet
from aigc_core.types import Result
from demos.ui import player
from demos.ui.assets import read
from demos.ui.components import PageHTML
from demos.ui.contact_sheet import address, small
from demos.ui.i18n import Text, both_text
from demos.ui.names import STYLES_ZH
from demos.ui.panel import Panel
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.tab import Tab, Values
from demos.ui.wiring import QUIET

TITLE = Text("All styles on this photo", "把这张照片画成全部风格")
LEAD = Text(
    "One small picture for each style of a model; click one to paint it at full size above.",
    "用模型的每种风格各画一张小图；点击其中一张，即在上方按完整尺寸绘制。",
)
SIDE = 192
"""Pixels of a picture on the page."""
OURS = "style-paintings"


def build(studio: Studio, tab: Tab) -> None:
    """The view, whose photo is that of ``tab``, where a style that is clicked is painted; within the tab, whose Stop stops that.

    It stands open: an event that has to do with a closed section and with the tab belongs to neither.
    """
    rows = sorted(registry.answering(AllStylesRequest), key=lambda row: row.name != OURS)
    with Panel(
        studio,
        AllStylesRequest,
        TITLE,
        LEAD,
        verb=Text("Paint all styles", "绘制全部风格"),
        name="all-styles",
        open=True,
    ) as panel:
        with panel.left():
            panel.bind("image", tab.fields["image"])
            model = panel.pick(rows)
            panel.control("strength")
            panel.control("keep_colors")
            with panel.advanced():
                panel.control("max_side", step=32)
        with panel.right():
            grid = PageHTML("", js_on_load=read("stylize", "all_styles.component.js"), padding=False)
            sheet = gr.Image(visible=False, label="sheet", format="png")

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            return {grid: html(result.output), sheet: files["sheet"]}

        panel.run([sheet, grid], show, lambda output, values: {grid: html(output)}, endpoint="all_styles")

        def picked(event: gr.SelectData, name: str, *held: Any) -> Update:
            style = chosen(name, event.index)
            given = {tab.fields["model"]: name, tab.fields["style"]: style}
            return {} if style is None else tab.controls.filled(given, held)

        into = [model, *tab.controls.inputs], tab.controls.outputs
        tab.follow(grid.select(player.guard(picked), *into, **QUIET))


def chosen(model: str, at: Any) -> str | None:
    """The style of a model at a place of the grid."""
    styles = registry.find(model).options["style"]
    return styles[at] if isinstance(at, int) and 0 <= at < len(styles) else None


def html(painted: StyleSheet) -> str:
    """A button a style, in the order of the model's styles."""
    tiles = (
        f'<button type="button" data-at="{at}"><img alt="" src="{address(small(picture, SIDE))}">{_name(style)}</button>'
        for at, (picture, style) in enumerate(zip(painted.images, painted.styles, strict=True))
    )
    return f'<div class="all-styles">{"".join(tiles)}</div>'


def _name(style: str) -> str:
    return both_text(style.replace("-", " ").capitalize(), STYLES_ZH[style])
