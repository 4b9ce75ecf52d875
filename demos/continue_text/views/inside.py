"""The inside of the language models, below the Text continuation tab: attention, surprise, two models, watermark, verse.

Each view opens with an example made by ``python scripts/inside_examples.py`` and has an endpoint of its own. The work is
done in aigc_core/pipelines/text/inspect_lm.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.continue_text import AttentionRequest, InspectTextRequest, ScanVerseRequest, WatermarkRequest
from aigc_core.tasks.continue_text import Text as Written
from aigc_core.tasks.request import Request
from aigc_core.types import Result
from demos.continue_text.views import attention as attention_view
from demos.continue_text.views import compare as text_compare
from demos.continue_text.views import endpoints
from demos.continue_text.views import verse as verse_view
from demos.continue_text.views import watermark as watermark_view
from demos.continue_text.views.models import checked, pair, picker
from demos.ui import explanation, inspection, models
from demos.ui import surprisal as surprise_view
from demos.ui import tokens as token_view
from demos.ui.assets import markdown
from demos.ui.components import PageButton, Textbox
from demos.ui.fields import make_request
from demos.ui.gallery import GALLERY
from demos.ui.i18n import both, t
from demos.ui.sections import when_expanded
from demos.ui.surprisal import Measured
from demos.ui.tab import Tab, Values

SOURCES = {
    "attention": "aigc_core/models/llama.py",
    "surprise": "aigc_core/pipelines/text/inspect_lm.py",
    "compare": "demos/continue_text/views/compare.py",
    "watermark": "aigc_core/sampling/text/watermark.py",
    "verse": "aigc_core/sampling/text/scansion.py",
}
"""The file that does the work of each view."""
LESSONS = {
    "attention": ["text"],
    "surprise": ["text"],
    "compare": ["text", "application-faq"],
    "watermark": ["text", "challenges"],
    "verse": ["text"],
}
"""The lessons that explain each view."""
EXAMPLES = GALLERY / "inside.json"
ATTENTION_TEXT = "Mia had a red ball and a blue kite. Tom had a green boat and a red"
SURPRISE_TEXT = (
    "Once upon a time there was a little girl who lived in a small house near the forest. Every morning she took her "
    "basket and walked to the submarine to buy bread."
)
VERSE = "国破山河在，城春草木深。\n感时花溅泪，恨别鸟惊心。\n烽火连三月，家书抵万金。\n白头搔更短，浑欲不胜簪。"
"""Du Fu, "Spring View" (757)."""
COMPARE_PROMPT = "Once upon a time there was a small fox who wanted to see the sea. One day"


def build(tab: Tab) -> None:
    """All views, below ``tab``'s own columns."""
    kept = json.loads(EXAMPLES.read_text("utf-8")) if EXAMPLES.exists() else {}
    gr.HTML(f"<h3>{both('Look inside the model', '查看模型内部')}</h3>", padding=False)
    with _view("Attention: where every token looks", "注意力：每个 token 在看哪里", "attention", open=True):
        _attention(tab, kept.get("attention"))
    with _view("Surprisal: colour a text of your own token by token", "信息量：为任意文本逐个 token 着色", "surprise"):
        _surprise(tab, kept.get("surprise"))
    with _view("Two models on one prompt", "两个模型，同一提示词", "compare"):
        _compare(tab, kept.get("compare"))
    with _view("Watermark: was this text written by the model?", "水印：这段文本出自该模型吗", "watermark"):
        _watermark(tab, kept.get("watermark"))
    if registry.answering(ScanVerseRequest):
        with _view("Verse: form, tones and rhymes of a Chinese poem", "诗律：一首诗的体裁、平仄与押韵", "verse"):
            _verse(tab, kept.get("verse"))
    endpoints.wire(tab.studio)


@contextmanager
def _view(en: str, zh: str, name: str, *, open: bool = False) -> Iterator[None]:
    """An accordion that ends with the view's explanation and a link to its source."""
    accordion = gr.Accordion(t(en, zh), open=open, elem_classes=["inside", f"inside-{name}"])
    with accordion, when_expanded(accordion):
        yield
        explanation.place(markdown("continue_text", f"views/{name}"), [(SOURCES[name], None)], LESSONS[name])


def _attention(tab: Tab, kept: Mapping[str, Any] | None) -> None:
    text = Textbox(
        kept["text"] if kept else ATTENTION_TEXT,
        lines=2,
        max_lines=4,
        label=t("A short text, at most 64 tokens", "短文本，最多 64 个 token"),
    )
    with gr.Row(equal_height=False, elem_classes=["inside-row"]):
        fields = {"text": text, "model": picker(kept["model"] if kept else pair()[0], t("Model", "模型"), poets=True)}
        go = PageButton(t("Show the attention", "显示注意力"), variant="primary", scale=0, min_width=230)
    outputs = inspection.place(attention_view.page(**kept["page"]) if kept else "")

    def show(results: list[Result]) -> str:
        return attention_view.view(results[0].output, models.name_of(registry.find(str(results[0].recipe["model"]))))

    inspection.wire(tab.studio, go, fields, outputs, lambda values: [checked(AttentionRequest, values)], show)


def _surprise(tab: Tab, kept: Mapping[str, Any] | None) -> None:
    text = Textbox(kept["text"] if kept else SURPRISE_TEXT, lines=4, max_lines=12, label=t("Your text", "文本"))
    first, second = pair()
    with gr.Row(equal_height=False, elem_classes=["inside-row"]):
        fields = {
            "text": text,
            "model": picker(first, t("Model", "模型"), poets=True),
            "other": picker(second, t("Compare with", "对比模型"), empty=True, poets=True),
        }
        go = PageButton(t("Colour the text", "为文本着色"), variant="primary", scale=0, min_width=230)
    outputs = inspection.place(kept["html"] if kept else "")

    def requests(values: Values) -> list[Request]:
        names = dict.fromkeys(name for name in (values.get("model"), values.get("other")) if name)
        return [checked(InspectTextRequest, {"text": values.get("text"), "model": name}) for name in names]

    def show(results: list[Result]) -> str:
        return surprise_view.view(
            [Measured(models.name_of(registry.find(str(r.recipe["model"]))), r.output) for r in results]
        )

    inspection.wire(tab.studio, go, fields, outputs, requests, show)


def _compare(tab: Tab, kept: Mapping[str, Any] | None) -> None:
    idle = [(token_view.view(COMPARE_PROMPT, Written(text="")), text_compare.waiting(n)) for n in pair()]
    text_compare.build(tab, _two_pickers, kept or {"prompt": COMPARE_PROMPT, "columns": idle})


def _two_pickers() -> dict[str, gr.components.Component]:
    """The models to compare, side by side."""
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
    outputs = inspection.place(kept["html"] if kept else "")

    def show(results: list[Result]) -> str:
        return watermark_view.view(results[0].output)

    inspection.wire(tab.studio, go, fields, outputs, lambda values: [checked(WatermarkRequest, values)], show)


def _verse(tab: Tab, kept: Mapping[str, Any] | None) -> None:
    text = Textbox(VERSE, lines=4, max_lines=16, label=t("A Chinese poem, in either script", "一首诗词，简繁均可"))
    with gr.Row(equal_height=False, elem_classes=["inside-row"]):
        form = Textbox("", max_length=12, label=t("Form; empty: found", "体裁，留空则自动判断"), placeholder="七绝")
        go = PageButton(t("Scan the poem", "标注平仄与韵脚"), variant="primary", scale=0, min_width=230)
    outputs = inspection.place(kept["html"] if kept else "")
    poet = registry.answering(ScanVerseRequest)[0].name

    def requests(values: Values) -> list[Request]:
        return [make_request(ScanVerseRequest, {**values, "model": poet})]

    def show(results: list[Result]) -> str:
        return verse_view.view(results[0].output)

    inspection.wire(tab.studio, go, {"text": text, "form": form}, outputs, requests, show)
