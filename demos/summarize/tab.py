"""Summarization: models side by side on one text, every sentence traced to its source.

Pipelines: ``aigc_core/pipelines/text/extractive.py`` (Lead-k, TextRank), ``aigc_core/pipelines/text/smollm_summary.py``,
``aigc_core/pipelines/text/seq2seq_summary.py``; links and marks: ``aigc_core/nlp/grounding.py``. The columns are
played by ``demos/summarize/compare.py`` and drawn by ``demos/summarize/view.py``.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import gradio as gr

from aigc_core import registry
from aigc_core.media import text_file
from aigc_core.tasks.fields import MAX_TEXT
from aigc_core.tasks.summarize import SummarizeRequest, Summary, SummarySentence, SummaryWord
from demos.summarize import compare, view
from demos.summarize.compare import MAX_REFERENCE
from demos.ui import mistake, models, openings, player
from demos.ui.assets import markdown
from demos.ui.components import PageHTML, PageTextbox, Textbox, UploadInput
from demos.ui.fields import control, make_request
from demos.ui.gallery import example_output
from demos.ui.i18n import Text, t
from demos.ui.player import Update, Updates
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
EXACT = DEFAULT[:2]
"""Those that take sentences as they are, and read any language."""


def build(studio: Studio) -> None:
    """The tab."""
    english = _example(openings.SUMMARIES, "clock_en")
    opened, text, made = english
    with Tab(studio, SummarizeRequest, LEAD, verb=Text("Summarize", "生成摘要")) as tab:
        with tab.left():
            box = tab.control("text", lines=9, max_lines=14, value=text)
            upload = UploadInput(t("Open a text file", "打开文本文件"), file_types=["text"], size="sm")
            tab.control("max_sentences", value=openings.SENTENCES)
        with tab.more():
            tab.bind("model", chosen := _choice())
            with gr.Accordion(t("About these models", "模型说明"), open=False):
                cards = gr.HTML(_cards(NEWS), padding=False)
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
        tab.recipe.value, tab.chosen.value = made, openings.chosen("summarize")
        compare.wire(tab, columns, source, reference)

        def opens(name: str, shown: _Example, names: Sequence[str]) -> Update:
            left = {box: shown.text, chosen: list(names), tab.chosen: openings.chosen(name), tab.recipe: shown.recipes}
            return {**left, columns: view.columns(shown.columns, shown.text), source: view.source(shown.text)}

        chinese = _example(openings.SUMMARIES_ZH, "printing_zh")
        tab.opens(opens("summarize", english, chosen.value), opens("summarize-zh", chinese, EXACT))
        upload.upload(player.guard(read_file), [upload], [box], **QUIET)
        chosen.change(_cards, [chosen], [cards], **QUIET)
        _endpoint(tab)
        tab.examples(
            [
                (
                    "News: a clock strikes again",
                    "新闻：大钟重新敲响（英文）",
                    {"text": openings.text("clock_en"), "model": NEWS, "max_sentences": openings.SENTENCES},
                ),
                (
                    "News: otters are back",
                    "新闻：水獭归来（英文）",
                    {"text": openings.text("otters_en"), "model": NEWS, "max_sentences": 3},
                ),
                (
                    "Abstract: silent weather stations",
                    "论文摘要：沉默的气象站（英文）",
                    {"text": openings.text("abstract_en"), "model": DEFAULT[:3], "max_sentences": 1},
                ),
                (
                    "Chinese: printing",
                    "中文：印刷术",
                    {"text": openings.text("printing_zh"), "model": EXACT, "max_sentences": 3},
                ),
                (
                    "Long: a lighthouse",
                    "长文：灯塔（英文）",
                    {"text": openings.text("lighthouse_long"), "model": EXACT, "max_sentences": 5},
                ),
            ]
        )
        given = Text("Three sentences on “A tram for Norvik”:", "三句话概括《诺维克的电车》：")
        mistake.place("mistake-summarize", mistake.SUMMARY, given)
        tab.how(
            *markdown("summarize", "how"),
            source="aigc_core/pipelines/text/extractive.py",
            lessons=["text", "application-faq"],
        )


def _endpoint(tab: Tab) -> None:
    """``/summarize``: one model, the summary as text (streamed), then the recipe."""
    with gr.Row(visible=False):
        inputs = {
            "text": Textbox(label="text"),
            "model": Textbox(label="model", value=""),
            "max_sentences": control(SummarizeRequest, "max_sentences", value=3, label="max_sentences"),
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
    choices = [(models.labelled(spec), spec.name) for spec in rows]
    chosen = [name for name in NEWS if name in {spec.name for spec in rows}]
    return gr.CheckboxGroup(choices, value=chosen, label=t("Models, up to four", "模型（最多四个）"))


def _cards(names: Sequence[str]) -> str:
    rows = [registry.find(name) for name in names]
    return "".join(
        f'<div class="card sum-card"><b>{html.escape(models.name_of(row))}</b>{models.card(row)}</div>' for row in rows
    )


def read_file(path: str | None) -> Any:
    """An uploaded file's text."""
    return gr.skip() if path is None else text_file.read(path, MAX_TEXT)


class _Example(NamedTuple):
    columns: list[view.Column]
    text: str
    recipes: dict[str, Any]


def _example(files: Mapping[str, str], text: str) -> _Example:
    """An opening: summaries made earlier by the app, kept under ``docs/gallery``.

    Args:
        files: Models by the names of their files.
        text: The name of the text that was summarized.
    """
    found = {model: example_output(file) for file, model in files.items()}
    recipes = {name: record["recipe"] for name, record in found.items() if record}
    opened = [
        view.Column(name, "done", _summary(record["output"])) if record else view.Column(name)
        for name, record in found.items()
    ]
    return _Example(opened, openings.text(text), recipes)


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
