"""Summarization: models side by side on one text, every sentence traced to its source.

Pipelines: ``aigc_core/pipelines/text/extractive.py`` (Lead-k, TextRank), ``aigc_core/pipelines/text/smollm_summary.py``,
``aigc_core/pipelines/text/seq2seq_summary.py``; links and marks: ``aigc_core/nlp/grounding.py``. The columns are
played by ``demos/summarize/compare.py`` and drawn by ``demos/summarize/view.py``.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from aigc_core import registry, weights
from aigc_core.media import text_file
from aigc_core.tasks.fields import MAX_TEXT, limits
from aigc_core.tasks.summarize import SummarizeRequest, Summary, SummarySentence, SummaryWord
from aigc_core.types import ModelSpec
from demos.summarize import compare, view
from demos.summarize.compare import MAX_REFERENCE
from demos.ui import models, player
from demos.ui.assets import markdown, read
from demos.ui.components import PageHTML, PageTextbox, Slider, Textbox, UploadInput
from demos.ui.fields import make_request
from demos.ui.gallery import example_output
from demos.ui.i18n import Text, t
from demos.ui.player import Updates
from demos.ui.studio import Studio
from demos.ui.tab import Tab
from demos.ui.wiring import QUIET

TITLE = Text("Summarization", "文本摘要")
LEAD = Text(
    "Summarize a text with up to four models side by side; see where every sentence comes from, and which numbers and names "
    "were made up.",
    "用最多四个模型并排生成摘要，逐句对照出处，并标出原文中没有的数字和名称。",
)
DEFAULT = ["summarize-lead", "summarize-textrank", "summarize-pointer-en", "summarize-smollm2-135m"]
NEWS = [name for name in DEFAULT if name != "summarize-pointer-en"]
"""Ours learned to write titles of abstracts; of other texts it makes fragments."""
_GALLERY = dict(zip(DEFAULT, ("summarize-lead", "summarize-textrank", "summarize-pointer", "summarize"), strict=True))


def build(studio: Studio) -> None:
    """The tab."""
    opened, text, made = _example()
    with Tab(studio, SummarizeRequest, LEAD, verb=Text("Summarize", "生成摘要")) as tab:
        with tab.left():
            box = tab.control("text", lines=9, max_lines=14, value=text)
            upload = UploadInput(t("Open a text file", "打开文本文件"), file_types=["text"], size="sm")
            tab.control("max_sentences")
        with tab.more():
            tab.bind("model", chosen := _choice())
            with gr.Accordion(t("About these models", "模型说明"), open=False):
                cards = gr.HTML(_cards(DEFAULT), padding=False)
            reference = PageTextbox(
                label=t("Reference summary (optional)", "参考摘要（可选）"),
                lines=2,
                max_lines=4,
                max_length=MAX_REFERENCE,
                info=t(
                    "English: each column then shows its ROUGE F1, in per cent", "仅英文：各列将显示 ROUGE F1（百分数）"
                ),
            )
        with tab.right():
            columns = PageHTML(view.columns(opened, text), padding=False)
            source = PageHTML(view.source(text), padding=False)
        tab.recipe.value = made
        compare.wire(tab, columns, source, reference)
        upload.upload(player.guard(read_file), [upload], [box], **QUIET)
        chosen.change(_cards, [chosen], [cards], **QUIET)
        _endpoint(tab)
        tab.examples(
            [
                (
                    "Abstract: silent weather stations",
                    "论文摘要：沉默的气象站（英文）",
                    {"text": _read("abstract_en.txt"), "model": DEFAULT, "max_sentences": 1},
                ),
                (
                    "News: a tram for Norvik",
                    "新闻：诺维克的电车（英文）",
                    {"text": _read("tram_en.txt"), "model": NEWS, "max_sentences": 3},
                ),
                (
                    "Chinese: printing",
                    "中文：印刷术",
                    {"text": _read("printing_zh.txt"), "model": DEFAULT[:2], "max_sentences": 3},
                ),
                (
                    "Long: a lighthouse",
                    "长文：灯塔（英文）",
                    {"text": _read("lighthouse_long.txt"), "model": NEWS, "max_sentences": 5},
                ),
            ]
        )
        tab.how(
            *markdown("summarize", "how"),
            source="aigc_core/pipelines/text/extractive.py",
            lessons=["text", "application-faq"],
        )


def _endpoint(tab: Tab) -> None:
    """``/summarize``: one model, the summary as text (streamed), then the recipe."""
    with gr.Row(visible=False):
        limit = limits(SummarizeRequest, "max_sentences")
        inputs = {
            "text": Textbox(label="text"),
            "model": Textbox(label="model", value=""),
            "max_sentences": Slider(limit.minimum, limit.maximum, value=3, step=1, label="max_sentences"),
        }
        summary, recipe = gr.Textbox(label="summary"), gr.JSON(label="recipe")

    def summarize(request: gr.Request, **values: Any) -> Updates:
        yield from player.answer(
            tab.studio,
            lambda: make_request(SummarizeRequest, values),
            lambda result, files: {summary: result.output.text, recipe: dict(result.recipe)},
            request,
            lambda unfinished: {summary: unfinished.text},
        )

    tab.endpoint(summarize, inputs, [summary, recipe], "summarize")


def _choice() -> gr.CheckboxGroup:
    rows = registry.list_models("summarize")
    choices = [(_label(spec), spec.name) for spec in rows]
    chosen = [name for name in DEFAULT if name in {spec.name for spec in rows}]
    return gr.CheckboxGroup(choices, value=chosen, label=t("Models, up to four", "模型（最多四个）"))


def _label(spec: ModelSpec) -> str:
    """Title, and what it would cost to fetch: no words, as choices are not translated."""
    now = weights.state(spec.source)
    return f"{spec.title} · {now.size / 1e6:,.0f} MB ↓" if now.kind == "fetch" else spec.title


def _cards(names: Sequence[str]) -> str:
    rows = [registry.find(name) for name in names]
    return "".join(
        f'<div class="card sum-card"><b>{html.escape(row.title)}</b>{models.card(row)}</div>' for row in rows
    )


def read_file(path: str | None) -> Any:
    """An uploaded file's text."""
    return gr.skip() if path is None else text_file.read(path, MAX_TEXT)


def _example() -> tuple[list[view.Column], str, Any]:
    """The opening example: summaries made earlier by the app, kept under ``docs/gallery``."""
    found = {name: example_output(file) for name, file in _GALLERY.items()}
    recipes = {name: record["recipe"] for name, record in found.items() if record}
    opened = [
        view.Column(name, "done", _summary(record["output"])) if record else view.Column(name)
        for name, record in found.items()
    ]
    text = next((str(made["parameters"]["text"]) for made in recipes.values()), _read("abstract_en.txt"))
    return opened, text, recipes


def _summary(output: Mapping[str, Any]) -> Summary:
    sentences = (
        SummarySentence(
            text=s["text"],
            sources=tuple(s["sources"]),
            unsupported=tuple(s["unsupported"]),
            words=tuple(SummaryWord(**word) for word in s.get("words", ())),
        )
        for s in output["sentences"]
    )
    return Summary(sentences=tuple(sentences), source_sentences=tuple(output["source_sentences"]))


def _read(name: str) -> str:
    return read("summarize", f"texts/{name}").strip()
