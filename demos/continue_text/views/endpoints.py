"""The endpoints of the views: plain values in, JSON out. Gradio reads parameters, types and defaults off the functions."""

# no deferred annotations here: gr.api reads the types themselves
from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.continue_text import AttentionRequest, InspectTextRequest, ScanVerseRequest, WatermarkRequest
from aigc_core.tasks.request import Request
from demos.continue_text.views.compare import requests
from demos.continue_text.views.models import checked, pair
from demos.ui import player
from demos.ui.fields import make_request
from demos.ui.studio import Studio
from demos.ui.wiring import HEAVY


def wire(studio: Studio) -> None:
    """``/attention``, ``/inspect_text``, ``/compare_text``, ``/detect_watermark`` and ``/scan_verse``."""
    ours, another = pair()
    poet = next((spec.name for spec in registry.answering(ScanVerseRequest)), "")

    def attention(request: gr.Request, text: str, model: str = ours, layer: int = 1, head: int = 1) -> dict[str, Any]:
        """Attention of one head over a short text: tokens and a matrix whose rows sum to 1."""
        return ask(AttentionRequest, {"text": text, "model": model, "layer": layer, "head": head}, request)

    def inspect_text(request: gr.Request, text: str, model: str = ours) -> dict[str, Any]:
        """The bits by which each token of a text surprised a model, its rank and the likelier alternatives."""
        return ask(InspectTextRequest, {"text": text, "model": model}, request)

    def detect_watermark(request: gr.Request, text: str, model: str = ours) -> dict[str, Any]:
        """The number of green tokens in a text, and the probability of so many without a watermark."""
        return ask(WatermarkRequest, {"text": text, "model": model}, request)

    def compare_text(
        request: gr.Request,
        prompt: str,
        model: str = ours,
        other: str = another,
        max_new_tokens: int = 60,
        temperature: float = 0.8,
        seed: int = 7,
    ) -> list[dict[str, Any]]:
        """Two models on one prompt with one seed: model, text and recipe of each."""
        values = {"max_new_tokens": max_new_tokens, "temperature": temperature, "seed": seed}
        asked = requests({"prompt": prompt, "model": model, "other": other, **values})
        results = [(one.model, studio.ask(one, player.visitor(request))) for one in asked]
        return [{"model": name, "text": made.output.text, "recipe": made.recipe} for name, made in results]

    def scan_verse(request: gr.Request, text: str, form: str = "") -> dict[str, Any]:
        """A Chinese poem's form, the tone of every character beside the one that the form asks for, and its rhymes."""
        asked = make_request(ScanVerseRequest, {"text": text, "form": form, "model": poet})
        output: dict[str, Any] = studio.ask(asked, player.visitor(request)).output.to_json()
        return output

    def ask(cls: type[Request], values: Mapping[str, Any], request: gr.Request) -> dict[str, Any]:
        output: dict[str, Any] = studio.ask(checked(cls, values), player.visitor(request)).output.to_json()
        return output

    for endpoint in (attention, inspect_text, compare_text, detect_watermark):
        gr.api(player.guard(endpoint), **HEAVY)
    if poet:
        gr.api(player.guard(scan_verse), **HEAVY)
