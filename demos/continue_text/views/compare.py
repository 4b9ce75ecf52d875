"""Two models on one prompt: both texts stream into their columns, one after the other, with the same seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.continue_text import Text as Written
from aigc_core.tasks.request import Request
from demos.ui import buttons, player
from demos.ui import models as model_names
from demos.ui import tokens as token_view
from demos.ui.compare import turns
from demos.ui.components import Number, PageButton, PageHTML, Slider, Textbox
from demos.ui.fields import make_request
from demos.ui.i18n import both, t
from demos.ui.player import Updates
from demos.ui.tab import Tab
from demos.ui.wiring import HEAVY, named, wire_stop

PANEL = token_view.panel(
    "Point at a token in either text: its likeliest alternatives appear here.",
    "将鼠标移到任一文本的 token 上：此处显示该位置概率最高的候选。",
)


def requests(values: Mapping[str, Any]) -> list[Request]:
    """One request per model of ``model`` and ``other``.

    Raises:
        InvalidRequestError: see :class:`ContinueTextRequest`.
    """
    shared = {name: value for name, value in values.items() if name not in ("model", "other")}
    return [make_request(ContinueTextRequest, {**shared, "model": values.get(name)}) for name in ("model", "other")]


def waiting(name: str) -> str:
    """The status line of a column before its turn."""
    title = model_names.name_of(registry.find(name, "continue_text"))
    return f'<div class="status"><span><b>{title}</b> · {both("waiting…", "等待中…")}</span></div>'


def build(tab: Tab, models: Callable[[], Mapping[str, gr.components.Component]], opening: Mapping[str, Any]) -> None:
    """The view; its endpoint is in :mod:`demos.continue_text.views.endpoints`.

    Args:
        models: Makes the pickers, fields ``model`` and ``other``.
        opening: ``prompt`` and, for what is shown first, ``columns``: (HTML of the tokens, status line) twice.
    """
    fields: dict[str, gr.blocks.Block] = {
        "prompt": Textbox(str(opening["prompt"]), lines=2, max_lines=6, label=t("Prompt", "提示词")),
        **models(),
    }
    with gr.Row():
        fields["max_new_tokens"] = Slider(1, 256, value=60, step=1, label=t("New tokens", "生成长度"))
        fields["temperature"] = Slider(0, 2, value=0.8, step=0.05, label=t("Temperature", "温度"))
        fields["seed"] = Number(7, precision=0, label=t("Seed", "随机种子"))
    go = PageButton(t("Continue with both", "两个模型同时续写"), variant="primary", elem_classes=["compare-go"])
    stop = buttons.stop_button()
    notice = PageHTML("", elem_classes=["noticebox"], padding=False)
    columns: list[tuple[Any, Any]] = []
    """Text and status line of each model."""
    with gr.Column(elem_classes=["tokgroup", "readonly", "compare"]):
        with gr.Row(equal_height=False):
            for text, status in opening["columns"]:
                with gr.Column(min_width=300):
                    columns.append(
                        (PageHTML(text, elem_classes=["tokens"], padding=False), PageHTML(status, padding=False))
                    )
        gr.HTML(PANEL, padding=False)

    def compare(request: gr.Request, **values: Any) -> Updates:
        try:
            asked = requests(values)
            lines = [waiting(one.model) for one in asked]
        except Exception as error:
            yield {notice: player.notice(*player.explain(error))}
            return
        prompt = str(values["prompt"])
        empty = token_view.view(prompt, Written(text=""))
        texts = {text: empty for text, _ in columns}
        statuses = {status: line for (_, status), line in zip(columns, lines, strict=True)}
        yield {**texts, **statuses, notice: "", **buttons.busy(go, stop)}
        for turn in turns(tab.studio, asked, request):
            text, status = columns[turn.at]
            written = {} if turn.output is None else {text: token_view.view(prompt, turn.output)}
            yield {**written, status: player.notice(*turn.failure) if turn.failure else turn.status}
        yield buttons.idle(go, stop)

    outputs = [*(part for column in columns for part in column), notice, go, stop]
    running = go.click(
        named(compare, fields),
        inputs_kwargs=fields,
        outputs=outputs,
        api_visibility="private",
        show_progress="hidden",
        **HEAVY,
    )
    wire_stop(stop.click, lambda: buttons.idle(go, stop), [], [go, stop], [running])
