"""The controls of the Faces tab after the model: prompt, count and seed; attributes, morph, mixing and sampler can wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.faces import DIRECTIONS, SAMPLERS
from aigc_core.types import ModelSpec
from demos.faces.views import trajectory as faces_trajectory
from demos.ui.components import Dropdown, Number, PageButton
from demos.ui.i18n import bilingual, t
from demos.ui.tab import Tab
from demos.ui.wiring import GIVEN_SEED, QUIET, ROLL_SEED

MIX_AT = {
    "coarse": ("Coarse: nearly all of it", "粗：几乎全部"),
    "middle": ("Middle: features", "中：五官"),
    "fine": ("Fine: details", "细：细节"),
}


def build(tab: Tab, recipe: Mapping[str, Any] | None) -> dict[str, Any]:
    """All controls; accordions and buttons by name. What the first row does not take is hidden."""
    first = registry.list_models("faces")[0]
    tab.control("prompt", lines=2)
    tab.control("count", value=first.settings.get("count", 16))
    tab.seed(recipe["seed"] if recipe else 0)
    with tab.more():
        return _further(tab, first)


def _further(tab: Tab, first: ModelSpec) -> dict[str, Any]:
    tab.control("truncation", info=t("lower: calmer, but duller", "调低更平稳，但会发灰"))
    with gr.Accordion(
        t("Attributes: age, smile, gender, light", "属性：年龄、微笑、性别、亮度"),
        open=False,
        visible="age" in first.accepts,
    ) as attributes:
        for name in DIRECTIONS:
            tab.control(name, step=0.1)
        reset = PageButton(t("All sliders to 0", "滑块归零"), size="sm")
    with gr.Accordion(
        t("Morph between two seeds", "两个种子之间渐变"), open=False, visible="seed_to" in first.accepts
    ) as walk:
        roll_target = _second_seed(tab, "seed_to", "Morph to seed", "渐变到种子")
        tab.control("frames", step=4)
        go = PageButton(t("Morph", "生成渐变"), size="sm")
    with gr.Accordion(t("Mix two seeds", "混合两个种子"), open=False, visible="mix_seed" in first.accepts) as mixing:
        roll_mix = _second_seed(tab, "mix_seed", "Mix with seed", "混合种子")
        choices = [(bilingual(en, zh), name) for name, (en, zh) in MIX_AT.items()]
        tab.bind(
            "mix_at",
            Dropdown(
                choices,
                value="middle",
                label=t("Second seed takes over from", "第二个种子从哪一层接管"),
                filterable=False,
            ),
        )
        mix = PageButton(t("Mix", "混合"), size="sm")
    tab.control(
        "candidates",
        step=8,
        info=t(
            "0: show all as they come. Otherwise so many are drawn and the best shown, the rejects below",
            "0：画出什么就展示什么；否则先画这么多张，只展示最好的，落选的列在下方",
        ),
    )
    tab.control("num_inference_steps")
    tab.control("guidance_scale")
    tab.control("negative_prompt")
    choices = [("–", ""), *((faces_trajectory.SAMPLER_NAMES[name], name) for name in SAMPLERS)]
    tab.bind("sampler", Dropdown(choices, value="", label=t("Sampler", "采样器"), filterable=False))
    return {
        "attributes": attributes,
        "walk": walk,
        "mixing": mixing,
        "reset": reset,
        "go": go,
        "mix": mix,
        "dice": {"seed_to": roll_target, "mix_seed": roll_mix},
    }


def _second_seed(tab: Tab, name: str, en: str, zh: str) -> Any:
    """A seed that may be empty, and its dice."""
    with gr.Row(elem_classes=["seedrow"]):
        tab.bind(name, Number(None, precision=0, label=t(en, zh), scale=3, min_width=120))
        return gr.Button("⚄", scale=0, min_width=44, elem_classes=["dice"])


def follow(tab: Tab, parts: Mapping[str, Any]) -> None:
    """Let the buttons for morph and mix, and a slider that is released, run the request too."""
    for name, button in (("seed_to", parts["go"]), ("mix_seed", parts["mix"])):
        field = tab.fields[name]
        tab.follow(button.click(None, [field], [field], js=GIVEN_SEED, **QUIET))
        parts["dice"][name].click(None, [], [field], js=ROLL_SEED, **QUIET)
    sliders = [tab.fields[name] for name in DIRECTIONS]
    for slider in sliders:
        tab.follow(slider.release(None, [], [], **QUIET))
    tab.follow(parts["reset"].click(lambda: [0] * len(sliders), [], sliders, **QUIET))
