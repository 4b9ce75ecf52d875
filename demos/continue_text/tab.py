"""Text continuation: every token with its probability and what else the model had in mind.

Rows in aigc_core/catalog/continue_text.py; the pipeline in aigc_core/pipelines/text/causal_lm.py; the network in
aigc_core/models/llama.py; how a token is drawn in aigc_core/sampling/text/tokens.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.continue_text import Text as Written
from demos.continue_text import branch_trail, poet_controls
from demos.continue_text.views import inside as text_inside
from demos.ui import openings
from demos.ui import tokens as token_view
from demos.ui.assets import markdown
from demos.ui.components import PageHTML, Textbox
from demos.ui.gallery import example_output
from demos.ui.i18n import Text, t
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.tab import Tab, Values

TITLE = Text("Text continuation", "文本续写")
LEAD = Text(
    "A language model goes on writing where you stop, one token after another. See how sure it was of each, and take another path.",
    "你写开头，语言模型逐个 token 往下写。可查看每个 token 的把握有多大，并换一个候选重新续写。",
)
MODEL = "text-smollm2-135m"
DRAWN = {"model": MODEL, "penalty_alpha": 0.0, "top_k": 50}
"""Settings that every example gives, so that none keeps those of another."""
OPENED = ("prompt", "form", "title", "author", "acrostic", "script")
"""The fields in which the openings of the two languages differ, beside the model."""
PROMPT = "The lighthouse keeper climbed the stairs every night, until one night the light"


def build(studio: Studio) -> None:
    opening = example_output("continue_text")
    prompt, text = token_view.of_record(opening) if opening else (PROMPT, Written(text=""))
    with Tab(studio, ContinueTextRequest, LEAD, verb=Text("Continue the text", "续写")) as tab:
        with tab.left():
            tab.bind(
                "prompt",
                Textbox(
                    prompt,
                    lines=4,
                    max_lines=14,
                    max_length=20_000,
                    label=t("Text to continue", "待续写文本"),
                    elem_classes=["prompt"],
                ),
            )
            tab.model()
            poet_controls.build(tab)
            tab.control(
                "temperature",
                info=t(
                    "0: always the likeliest token; higher: more surprising", "0：总取概率最高的 token；越高越出人意料"
                ),
            )
        with tab.more():
            tab.control("max_new_tokens", maximum=512)
            tab.seed()
            with tab.advanced():
                tab.control(
                    "top_p",
                    info=t(
                        "draw from the smallest set with this probability", "仅从累计概率达到该值的最小候选集中采样"
                    ),
                )
                tab.control(
                    "top_k",
                    maximum=200,
                    info=t("draw from the k likeliest; 0: all", "仅从概率最高的 k 个中采样；0 表示不限"),
                )
                tab.control(
                    "min_p",
                    step=0.01,
                    info=t(
                        "drop tokens below this fraction of the likeliest; 0: none",
                        "剔除概率低于最高者该比例的 token；0 表示不剔除",
                    ),
                )
                tab.control(
                    "typical_p",
                    info=t(
                        "keep tokens of about the expected surprisal; 1: all",
                        "仅保留信息量接近期望值的 token；1 表示不限",
                    ),
                )
                tab.control(
                    "watermark",
                    info=t("green-list mark, found by the detector below", "绿名单水印，可用下方检测器检出"),
                )
                tab.control(
                    "penalty_alpha",
                    step=0.05,
                    info=t(
                        "contrastive search: likely, but unlike what was said; nothing is drawn. 0: off; try 0.6 with top-k 4",
                        "对比搜索：选概率高、又与上文不雷同的 token，不做随机采样。0 为关闭，可试 0.6 配 top-k 4",
                    ),
                )
                tab.control(
                    "speculative",
                    info=t(
                        "drafts are copied from the text so far and checked several at a time: same text, sooner where it repeats itself",
                        "从已有文本中抄取草稿，一次验证多个 token：结果不变，文本有重复时更快",
                    ),
                )
                tab.control(
                    "repetition_penalty",
                    info=t("above 1: words already used become less likely", "大于 1 时，已出现的 token 概率降低"),
                )
                tab.control(
                    "stop",
                    lines=2,
                    max_lines=8,
                    info=t("one per line; \\n stands for a line break", "每行一个；\\n 表示换行"),
                )
        with tab.right():
            plain = Textbox(text.text, visible=False, label="text")
            gr.HTML(token_view.LEGEND, padding=False)
            gr.HTML(branch_trail.HTML, padding=False)
            with gr.Column(elem_classes=["tokgroup"]):
                page = PageHTML(
                    token_view.view(prompt, text) if opening else "", elem_classes=["tokens"], padding=False
                )
                gr.HTML(token_view.PANEL, padding=False)
        tab.go.elem_classes = [*tab.go.elem_classes, "continue-go"]
        if opening:
            tab.recipe.value = opening["recipe"]

        def preview(text: Written, values: Values) -> Update:
            return {plain: text.text, page: token_view.view(str(values.get("prompt") or ""), text)}

        tab.run([plain, page], lambda result, files, values: preview(result.output, values), preview, streams=True)
        branch_trail.wire(tab, plain, page)
        if opening and (poem := example_output("continue_text-zh")):
            english, chinese = (
                _opens(tab, plain, page, *one) for one in (("continue_text", opening), ("continue_text-zh", poem))
            )
            tab.chosen.value = english[tab.chosen]
            tab.opens(english, chinese)
        tab.examples(
            [
                ("Lighthouse", "灯塔", {**DRAWN, "prompt": PROMPT, "temperature": 0.8}),
                (
                    "Recipe",
                    "菜谱",
                    {**DRAWN, "prompt": "Grandmother's apple cake\n\nIngredients:\n- 3 apples\n- ", "temperature": 0.6},
                ),
                (
                    "News",
                    "新闻",
                    {**DRAWN, "prompt": "Scientists announced on Monday that they had discovered", "temperature": 0.9},
                ),
                (
                    "Python",
                    "代码",
                    {
                        **DRAWN,
                        "prompt": 'def is_prime(n):\n    """Whether n is a prime number."""\n',
                        "temperature": 0.2,
                    },
                ),
                ("Greedy", "贪心", {**DRAWN, "prompt": "The best thing about rain is", "temperature": 0.0}),
                (
                    "Contrastive",
                    "对比搜索",
                    {
                        **DRAWN,
                        "prompt": "The best thing about rain is",
                        "penalty_alpha": 0.6,
                        "top_k": 4,
                        "speculative": False,
                    },
                ),
                *(
                    (en, zh, {**values, "penalty_alpha": 0.0, "speculative": False})
                    for en, zh, values in poet_controls.EXAMPLES
                ),
            ]
        )
        text_inside.build(tab)
        tab.how(
            *markdown("continue_text", "how"),
            source="aigc_core/pipelines/text/causal_lm.py",
            lessons=["text", "deployment-faq"],
        )


def _opens(tab: Tab, plain: Any, page: Any, name: str, record: Mapping[str, Any]) -> Update:
    """A kept text with the settings that made it, as far as the two openings differ in them."""
    made = record["recipe"]
    settings = {"model": made["model"], **{field: made["parameters"].get(field, "") for field in OPENED}}
    prompt, text = token_view.of_record(record)
    shown = {plain: text.text, page: token_view.view(prompt, text), tab.recipe: made, tab.chosen: openings.chosen(name)}
    return {**{tab.fields[field]: value for field, value in settings.items()}, **shown}
