"""The inside of the language models, below the Text continuation tab: attention, surprise, two models, watermark.

Each view opens with an example made by ``python scripts/inside_examples.py`` and has an endpoint of its own. The work is
done in aigc_core/pipelines/text/inspect_lm.py.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from typing import Any

import gradio as gr

from aigc_core import registry, weights
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.continue_text import AttentionRequest, InspectTextRequest, WatermarkRequest
from aigc_core.tasks.continue_text import Text as Written
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec, Result
from demos.continue_text.views import attention as attention_view
from demos.continue_text.views import compare as text_compare
from demos.continue_text.views import watermark as watermark_view
from demos.ui import player
from demos.ui import surprisal as surprise_view
from demos.ui import tokens as token_view
from demos.ui.assets import lesson
from demos.ui.components import Dropdown, Number, PageButton, PageHTML, Textbox
from demos.ui.i18n import both, markdown, t
from demos.ui.surprisal import Measured
from demos.ui.tab import GALLERY, Tab, make_request, named, source_link

SOURCES = {
    "attention": "aigc_core/models/llama.py",
    "surprise": "aigc_core/pipelines/text/inspect_lm.py",
    "compare": "demos/continue_text/views/compare.py",
    "watermark": "aigc_core/sampling/text/watermark.py",
}
"""The file that does the work of each view."""
PREFERRED = ("text-gpt-en", "text-smollm2-135m")
EXAMPLES = GALLERY / "inside.json"
ATTENTION_TEXT = "Mia had a red ball and a blue kite. Tom had a green boat and a red"
SURPRISE_TEXT = (
    "Once upon a time there was a little girl who lived in a small house near the forest. Every morning she took her "
    "basket and walked to the submarine to buy bread."
)
COMPARE_PROMPT = "Once upon a time there was a small fox who wanted to see the sea. One day"


def rows(*, poets: bool = False) -> list[ModelSpec]:
    """The models that can be looked into; the poets among them have no watermark and no prompt to share."""
    return registry.answering(InspectTextRequest if poets else WatermarkRequest)


def pair() -> tuple[str, str]:
    """What the pickers open with: ours and SmolLM2."""
    names = [spec.name for spec in rows()]
    chosen = [name for name in PREFERRED if name in names] + [name for name in names if name not in PREFERRED]
    return chosen[0], chosen[min(1, len(chosen) - 1)]


def picker(value: str, label: Any, *, empty: bool = False, poets: bool = False) -> Any:
    """A dropdown of :func:`rows`; ``empty`` adds "none"."""
    choices = [(_label(spec), spec.name) for spec in rows(poets=poets)]
    return Dropdown([("—", "")] * empty + choices, value=value, label=label, filterable=False)


def _label(spec: ModelSpec) -> str:
    now = weights.state(spec.source)
    return f"{spec.title} · ↓ {now.size / 1e6:,.0f} MB" if now.kind == "fetch" else spec.title


def made(cls: type[Request], values: Mapping[str, Any]) -> Request:
    """A checked request for a model of :func:`rows`.

    Raises:
        InvalidRequestError: a value out of its limits, or a model of another kind.
    """
    request = make_request(cls, values)
    names = [spec.name for spec in rows(poets=cls is not WatermarkRequest)]
    if registry.find(request.model, "continue_text").name not in names:
        raise InvalidRequestError(
            f"{request.model} cannot be looked into. Choose one of: {', '.join(names)}.",
            f"{request.model} 不支持查看内部。可选：{'、'.join(names)}。",
        )
    return request


def watch(
    tab: Tab, visitor: gr.Request, make: Callable[[], Sequence[Request]], show: Callable[[list[Result]], str]
) -> Generator[tuple[Any, str], None, None]:
    """Run requests one after another; yields what ``show`` makes of the results so far, and a status line."""
    try:
        results: list[Result] = []
        for one in make():
            with closing(tab.studio.run(one, player.visitor(visitor))) as events:
                for event in events:
                    if isinstance(event, Result):
                        results.append(event)
                        yield show(results), _done(results)
                    else:
                        yield gr.skip(), player.running(event)
    except Exception as error:
        yield gr.skip(), player.notice(*player.explain(error))


def _done(results: Sequence[Result]) -> str:
    parts = [f"<b>{_title(r.recipe['model'])}</b> {r.seconds:.2f} s" for r in results]
    return f'<div class="status" role="status"><span>{" · ".join(parts)}</span></div>'


def _title(name: Any) -> str:
    return html.escape(registry.find(str(name)).title)


def build(tab: Tab) -> None:
    """All views, below ``tab``'s own columns."""
    kept = json.loads(EXAMPLES.read_text("utf-8")) if EXAMPLES.exists() else {}
    gr.HTML(f"<h3>{both('Look inside the model', '查看模型内部')}</h3>", padding=False)
    with _view("Attention: where every token looks", "注意力：每个 token 在看哪里", "attention", open=True):
        _attention(tab, kept.get("attention"))
    with _view("Surprise: colour a text of your own by its perplexity", "意外程度：按困惑度给任意文本着色", "surprise"):
        _surprise(tab, kept.get("surprise"))
    with _view("Two models on one prompt", "两个模型，同一提示词", "compare"):
        _compare(tab, kept.get("compare"))
    with _view("Watermark: was this text written by the model?", "水印：这段文本出自该模型吗", "watermark"):
        _watermark(tab, kept.get("watermark"))


class _view:
    """An accordion that ends with the view's explanation and a link to its source."""

    def __init__(self, en: str, zh: str, name: str, *, open: bool = False) -> None:
        self._text, self._source = lesson("continue_text", f"views/{name}"), SOURCES[name]
        self._accordion = gr.Accordion(t(en, zh), open=open, elem_classes=["inside", f"inside-{name}"])

    def __enter__(self) -> None:
        self._accordion.__enter__()

    def __exit__(self, *error: Any) -> None:
        with gr.Column(elem_classes=["how"]):
            markdown(*self._text)
            gr.HTML(source_link(self._source), elem_classes=["source"], padding=False)
        self._accordion.__exit__(*error)


def _event(fields: Mapping[str, Any], outputs: Sequence[Any]) -> dict[str, Any]:
    return {
        "inputs_kwargs": dict(fields), "outputs": list(outputs), "api_visibility": "private",
        "concurrency_id": "model", "concurrency_limit": 1, "show_progress": "hidden",
    }  # fmt: skip


def _attention(tab: Tab, kept: Mapping[str, Any] | None) -> None:
    text = Textbox(kept["text"] if kept else ATTENTION_TEXT, lines=2, max_lines=4, label=t("A short text, at most 64 tokens", "短文本，最多 64 个 token"))  # fmt: skip
    with gr.Row(equal_height=False, elem_classes=["inside-row"]):
        fields = {"text": text, "model": picker(kept["model"] if kept else pair()[0], t("Model", "模型"), poets=True)}
        go = PageButton(t("Show the attention", "显示注意力"), variant="primary", scale=0, min_width=230)
    opened = attention_view.page(**kept["page"]) if kept else ""
    page, status = PageHTML(opened, padding=False), PageHTML(player.IDLE, padding=False)

    def show(results: list[Result]) -> str:
        return attention_view.view(results[0].output, registry.find(str(results[0].recipe["model"])).title)

    def run(request: gr.Request, **values: Any) -> Generator[tuple[Any, str], None, None]:
        yield from watch(tab, request, lambda: [made(AttentionRequest, values)], show)

    go.click(named(run, fields), **_event(fields, [page, status]))

    def endpoint(request: gr.Request, **values: Any) -> dict[str, Any]:
        output: dict[str, Any] = tab.studio.ask(
            made(AttentionRequest, values), player.visitor(request)
        ).output.to_json()
        return output

    with gr.Row(visible=False):
        one = {"layer": Number(1, precision=0, label="layer"), "head": Number(1, precision=0, label="head")}
    _endpoint(tab, endpoint, {**fields, **one}, "attention")


def _surprise(tab: Tab, kept: Mapping[str, Any] | None) -> None:
    text = Textbox(kept["text"] if kept else SURPRISE_TEXT, lines=4, max_lines=12, label=t("Your text", "文本"))
    with gr.Row(equal_height=False, elem_classes=["inside-row"]):
        first, second = pair()
        fields = {"text": text, "model": picker(first, t("Model", "模型"), poets=True), "other": picker(second, t("Compare with", "对比模型"), empty=True, poets=True)}  # fmt: skip
        go = PageButton(t("Colour the text", "为文本着色"), variant="primary", scale=0, min_width=230)
    page, status = PageHTML(kept["html"] if kept else "", padding=False), PageHTML(player.IDLE, padding=False)

    def asked(values: Mapping[str, Any]) -> list[Request]:
        first, second = values.get("model"), values.get("other")
        names = [name for name in (first, None if second == first else second) if name]
        return [made(InspectTextRequest, {"text": values.get("text"), "model": name}) for name in names]

    def show(results: list[Result]) -> str:
        return surprise_view.view([Measured(registry.find(str(r.recipe["model"])).title, r.output) for r in results])

    def run(request: gr.Request, **values: Any) -> Generator[tuple[Any, str], None, None]:
        yield from watch(tab, request, lambda: asked(values), show)

    go.click(named(run, fields), **_event(fields, [page, status]))

    def endpoint(request: gr.Request, **values: Any) -> dict[str, Any]:
        output: dict[str, Any] = tab.studio.ask(
            made(InspectTextRequest, values), player.visitor(request)
        ).output.to_json()
        return output

    _endpoint(tab, endpoint, {"text": text, "model": fields["model"]}, "inspect_text")


def _compare(tab: Tab, kept: Mapping[str, Any] | None) -> None:
    idle = [(token_view.view(COMPARE_PROMPT, Written(text="")), text_compare.waiting(n)) for n in pair()]
    text_compare.build(tab, _compared, kept or {"prompt": COMPARE_PROMPT, "columns": idle})


def _compared() -> dict[str, gr.components.Component]:
    """The two pickers, side by side."""
    first, second = pair()
    with gr.Row():
        return {"model": picker(first, t("Model", "模型")), "other": picker(second, t("Compare with", "对比模型"))}


def _watermark(tab: Tab, kept: Mapping[str, Any] | None) -> None:
    text = Textbox(
        kept["text"] if kept else SURPRISE_TEXT, lines=4, max_lines=12, label=t("Text to examine", "待检测文本")
    )
    with gr.Row(equal_height=False, elem_classes=["inside-row"]):
        fields = {"text": text, "model": picker(pair()[0], t("Model that may have written it", "可能写它的模型"))}
        go = PageButton(t("Look for the watermark", "检测水印"), variant="primary", scale=0, min_width=260)
    page, status = PageHTML(kept["html"] if kept else "", padding=False), PageHTML(player.IDLE, padding=False)

    def run(request: gr.Request, **values: Any) -> Generator[tuple[Any, str], None, None]:
        show = lambda results: watermark_view.view(results[0].output)  # noqa: E731
        yield from watch(tab, request, lambda: [made(WatermarkRequest, values)], show)

    go.click(named(run, fields), **_event(fields, [page, status]))

    def endpoint(request: gr.Request, **values: Any) -> dict[str, Any]:
        output: dict[str, Any] = tab.studio.ask(
            made(WatermarkRequest, values), player.visitor(request)
        ).output.to_json()
        return output

    _endpoint(tab, endpoint, fields, "detect_watermark")


def _endpoint(tab: Tab, fn: Any, fields: Mapping[str, Any], name: str) -> None:
    with gr.Row(visible=False):
        answer = gr.JSON(label=name)
    tab.endpoint(player.guard(named(fn, fields)), fields, [answer], name)
