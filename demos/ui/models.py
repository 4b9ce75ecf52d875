"""The model picker: every row of a task with its source, size, licence and state."""

from __future__ import annotations

import html
from pathlib import Path

import gradio as gr

from aigc_core import registry, weights
from aigc_core.types import Hub, Local, ModelSpec, NoWeights, Package, Shipped
from demos.ui.components import Dropdown
from demos.ui.i18n import Text, bilingual, both, both_text, t
from demos.ui.zero import is_zero_gpu


def picker(task: str) -> gr.Dropdown:
    """The rows of a task. Unknown names reach the registry's own check."""
    choices = [(labelled(spec), spec.name) for spec in registry.list_models(task)]
    return Dropdown(choices=choices, value=registry.default(task).name, label=t("Model", "模型"), filterable=False)


def follow(chosen: gr.Dropdown) -> gr.HTML:
    """The card of the row that a picker names, whichever it is."""
    shown = gr.HTML(_card_of(str(chosen.value)), elem_classes=["card"], padding=False)
    chosen.change(_card_of, [chosen], [shown], queue=False, show_progress="hidden", api_visibility="private")
    return shown


def name_of(spec: ModelSpec) -> str:
    """The row's title in the page's language, as plain text."""
    return bilingual(*spec.titles)


def _card_of(name: str) -> str:
    return card(registry.find(name))


def card(spec: ModelSpec) -> str:
    """A summary of the model, and chips: state, source, size, licence."""
    chips = [state_chip(spec)]
    chips += [f'<span class="chip">{both_text(*source_text(spec))}</span>']
    if spec.parameters:
        chips.append(f'<span class="chip">{count(spec.parameters)} {both("parameters", "参数")}</span>')
    chips.append(f'<span class="chip">{html.escape(spec.license)}</span>')
    if spec.languages:
        chips.append(f'<span class="chip">{html.escape(" · ".join(spec.languages))}</span>')
    link = (
        f' <a href="{html.escape(spec.url)}" target="_blank" rel="noopener">{both("source", "来源")}</a>'
        if spec.url
        else ""
    )
    return f'<p>{both_text(spec.summary, spec.summary_zh)}{link}</p><div class="chips">{"".join(chips)}</div>'


def count(number: int) -> str:
    """``134 M``, ``1.2 B``."""
    for unit, size in (("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return str(number)


def source_text(spec: ModelSpec) -> Text:
    """Source of its weights."""
    match spec.source:
        case Shipped():
            return Text("in this repository", "随仓库提供")
        case Package():
            first, *others = dict.fromkeys(a.name for a in spec.source.archives)
            more = f" +{len(others)}" if others else ""
            return Text(f"package {first}{more}", f"软件包 {first}{more}")
        case Hub():
            return Text(f"hub {spec.source.repo_id}", f"模型站 {spec.source.repo_id}")
        case Local():
            return Text("local folder", "本地文件夹")
        case NoWeights():
            return Text("no weights needed", "无需权重")


def chip_text(spec: ModelSpec) -> Text:
    """Its state on this machine, in a few words."""
    now = weights.state(spec.source)
    if spec.needs_gpu and not has_gpu():
        return Text(f"needs a GPU, {now.size / 1e6:.0f} MB", f"需要 GPU，{now.size / 1e6:.0f} MB")
    match now.kind:
        case "shipped":
            return Text("shipped", "已内置")
        case "none":
            return Text("built in", "内置算法")
        case "ready":
            return Text("ready", "已就绪")
        case "fetch":
            return Text(f"{now.size / 1e6:.0f} MB to fetch", f"需下载 {now.size / 1e6:.0f} MB")
        case _:
            return Text("missing", "缺失")


def state_chip(spec: ModelSpec) -> str:
    """The chip with the row's state; ``states.js`` puts it right when the state changes."""
    shown = both_text(*chip_text(spec))
    return f'<span class="chip {chip_class(spec)}" data-model="{html.escape(spec.name)}">{shown}</span>'


def labelled(spec: ModelSpec) -> str:
    """The title and a sign of the state for a choice; the sign follows the state as the chips do."""
    return f"{name_of(spec)}  \ue003{spec.name}\ue001{sign(spec)}\ue004"


def sign(spec: ModelSpec) -> str:
    """The state as a sign that needs no language: at hand, megabytes to fetch, or GPU. A tick means *chosen*, never *ready*."""
    now = weights.state(spec.source)
    if spec.needs_gpu and not has_gpu():
        return "· GPU"
    return f"· ↓ {now.size / 1e6:,.0f} MB" if now.kind == "fetch" else "●" if now.kind != "missing" else "✗"


def states() -> dict[str, list[str]]:
    """The state of every model on this machine: class of its chip, sign, words in English and Chinese."""
    return {spec.name: [chip_class(spec), sign(spec), *chip_text(spec)] for spec in registry.list_models()}


def chip_class(spec: ModelSpec) -> str:
    """CSS class of the state chip."""
    if spec.needs_gpu and not has_gpu():
        return "no"
    return {"fetch": "fetch", "missing": "no"}.get(weights.state(spec.source).kind, "ok")


def has_gpu() -> bool:
    """Looked up without importing torch: a driver's device node or a ZeroGPU Space."""
    return Path("/dev/nvidia0").exists() or is_zero_gpu()
