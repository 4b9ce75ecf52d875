"""Two models on one prompt: both texts stream into their columns, one after the other, with the same seed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.continue_text import Text as Written
from aigc_core.tasks.request import Request
from aigc_core.types import Result
from demos.ui import player
from demos.ui import tokens as token_view
from demos.ui.components import Number, PageButton, PageHTML, Slider, Textbox
from demos.ui.i18n import both, t
from demos.ui.tab import Tab, make_request, named, stopped
from demos.ui.wiring import wire_stop

PANEL = token_view.panel(
    "Point at a token in either text: its likeliest alternatives appear here.",
    "将鼠标移到任一文本的 token 上：此处显示该位置概率最高的候选。",
)
_BUSY = (gr.update(visible=False), gr.update(visible=True))
_IDLE = (gr.update(visible=True), gr.update(visible=False))


def requests(values: Mapping[str, Any]) -> list[Request]:
    """One request per model of ``model`` and ``other``.

    Raises:
        InvalidRequestError: see :class:`ContinueTextRequest`.
    """
    shared = {name: value for name, value in values.items() if name not in ("model", "other")}
    return [make_request(ContinueTextRequest, {**shared, "model": values.get(name)}) for name in ("model", "other")]


def waiting(name: str) -> str:
    """The status line of a column before its turn."""
    title = registry.find(name, "continue_text").title
    return f'<div class="status"><span><b>{title}</b> · {both("waiting…", "等待中…")}</span></div>'


def build(tab: Tab, models: Callable[[], Mapping[str, gr.components.Component]], opening: Mapping[str, Any]) -> None:
    """The view and its endpoint ``/compare_text``.

    Args:
        models: Makes the pickers, fields ``model`` and ``other``.
        opening: ``prompt`` and, for what is shown first, ``columns``: (HTML of the tokens, status line) twice.
    """
    fields: dict[str, gr.components.Component] = {
        "prompt": Textbox(str(opening["prompt"]), lines=2, max_lines=6, label=t("Prompt", "提示词")),
        **models(),
    }
    with gr.Row():
        fields["max_new_tokens"] = Slider(1, 256, value=60, step=1, label=t("New tokens", "生成长度"))
        fields["temperature"] = Slider(0, 2, value=0.8, step=0.05, label=t("Temperature", "温度"))
        fields["seed"] = Number(7, precision=0, label=t("Seed", "随机种子"))
    go = PageButton(t("Continue with both", "两个模型同时续写"), variant="primary", elem_classes=["compare-go"])
    stop = PageButton(t("Stop", "停止"), variant="stop", visible=False)
    notice = PageHTML("", elem_classes=["noticebox"], padding=False)
    columns: list[Any] = []
    with gr.Column(elem_classes=["tokgroup", "readonly", "compare"]):
        with gr.Row(equal_height=False):
            for text, status in opening["columns"]:
                with gr.Column(min_width=300):
                    columns += [PageHTML(text, elem_classes=["tokens"], padding=False), PageHTML(status, padding=False)]
        gr.HTML(PANEL, padding=False)

    def compare(request: gr.Request, **values: Any) -> Generator[tuple[Any, ...], None, None]:
        yield from play(tab, request, values)

    running = go.click(
        named(compare, fields), inputs_kwargs=fields, outputs=[*columns, notice, go, stop], api_visibility="private",
        concurrency_id="model", concurrency_limit=1, show_progress="hidden",
    )  # fmt: skip
    wire_stop(stop.click, lambda: stopped()[1:], [], [go, stop], [running])

    def endpoint(request: gr.Request, **values: Any) -> list[dict[str, Any]]:
        results = [(asked.model, tab.studio.ask(asked, player.visitor(request))) for asked in requests(values)]
        return [{"model": name, "text": result.output.text, "recipe": result.recipe} for name, result in results]

    tab.endpoint(player.guard(named(endpoint, fields)), fields, [gr.JSON(visible=False)], "compare_text")


def play(tab: Tab, request: gr.Request, values: Mapping[str, Any]) -> Generator[tuple[Any, ...], None, None]:
    """Yields: text and status of the first column, of the second, notice, go button, Stop button."""
    same = gr.skip()
    try:
        asked = requests(values)
        lines = [waiting(one.model) for one in asked]
    except Exception as error:
        yield same, same, same, same, player.notice(*player.explain(error)), *_IDLE
        return
    prompt = str(values["prompt"])
    empty = token_view.view(prompt, Written(text=""))
    yield empty, lines[0], empty, lines[1], "", *_BUSY
    for at, one in enumerate(asked):
        for text, status in _play_one(tab, request, one, prompt):
            shown = [same, same, same, same]
            shown[2 * at : 2 * at + 2] = text, status
            yield (*shown, same, same, same)
    yield same, same, same, same, same, *_IDLE


def _play_one(tab: Tab, request: gr.Request, one: Request, prompt: str) -> Generator[tuple[Any, Any], None, None]:
    """One column; a failure is said in it, and the other model still has its turn."""

    def preview(text: Written) -> list[str]:
        return [token_view.view(prompt, text)]

    def show(result: Result, files: Mapping[str, str]) -> list[str]:
        return preview(result.output)

    try:
        for text, _, _, status, *_ in player.play(tab.studio, lambda: one, 1, show, preview, request):
            yield text, status
    except gr.Error as error:
        yield gr.skip(), player.notice(*player.explain(error.__cause__ or error))
