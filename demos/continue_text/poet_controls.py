"""Controls of the poets: form, title, author, acrostic and script; shown while a poet is chosen."""

from __future__ import annotations

from typing import Any

import gradio as gr

from aigc_core import registry
from demos.ui.components import Dropdown, Textbox
from demos.ui.i18n import bilingual, t
from demos.ui.player import Update
from demos.ui.tab import Tab

EXAMPLES = [
    (
        "Poem from a title",
        "按题作诗",
        {
            "model": "text-poet-zh",
            "prompt": "",
            "form": "七律",
            "title": "秋夜",
            "author": "",
            "acrostic": "",
            "script": "",
        },
    ),
    (
        "Acrostic",
        "藏头诗",
        {
            "model": "text-poet-zh",
            "prompt": "",
            "form": "七绝",
            "title": "",
            "author": "",
            "acrostic": "春夏秋冬",
            "script": "",
        },
    ),
    (
        "Continue a line",
        "续写诗句",
        {
            "model": "text-poet-zh",
            "prompt": "空山新雨后，",
            "form": "",
            "title": "",
            "author": "",
            "acrostic": "",
            "script": "",
        },
    ),
]


def forms(model: str) -> tuple[str, ...]:
    """The forms a row writes in; empty for a model that is no poet."""
    known = {spec.name: spec for spec in registry.list_models("continue_text")}
    return known[model].options.get("form", ()) if isinstance(model, str) and model in known else ()


def build(tab: Tab) -> None:
    """Add the controls, after the model picker."""
    assert tab.picker is not None
    poets = [spec for spec in registry.list_models("continue_text") if "form" in spec.options]
    named = poets[0].options["form"] if poets else ()
    with gr.Group(visible=bool(forms(str(tab.picker.value))), elem_classes=["poet"]) as group:
        with gr.Row():
            choices: list[Any] = [(bilingual("automatic", "自动"), ""), *[(form, form) for form in named]]
            tab.bind(
                "form", Dropdown(choices, value="", allow_custom_value=True, label=t("Form", "体裁"), min_width=120)
            )
            tab.bind("title", Textbox(max_length=16, label=t("Title", "题目"), placeholder="春夜", min_width=120))
        with gr.Row():
            tab.bind(
                "author",
                Textbox(max_length=12, label=t("In the manner of", "仿作者"), placeholder="杜甫", min_width=120),
            )
            tab.bind(
                "acrostic", Textbox(max_length=24, label=t("Acrostic", "藏头"), placeholder="春夏秋冬", min_width=120)
            )
    scripts: list[Any] = [
        (bilingual("as typed", "同输入"), ""),
        (bilingual("simplified", "简体"), "simplified"),
        (bilingual("traditional", "繁體"), "traditional"),
    ]
    with tab.more():
        tab.bind("script", Dropdown(scripts, value="", label=t("Script", "字体"), filterable=False))
    prompt = tab.fields["prompt"]
    opening = str(prompt.value)

    def control_updates(model: str, text: str) -> Update:
        """The opening's English prompt makes room for a poem and comes back; a visitor's own text stays."""
        poet = bool(forms(model))
        swap = {opening: ""} if poet else {"": opening}
        return {group: gr.update(visible=poet), prompt: swap.get(str(text), gr.skip())}

    tab.on_model(control_updates, [group, prompt], [prompt])
