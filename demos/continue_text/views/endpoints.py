"""The endpoints of the views: plain values in, JSON out. Gradio reads parameters, types and defaults off the functions."""

# no deferred annotations here: gr.api reads the types themselves
from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core.tasks.continue_text import AttentionRequest, InspectTextRequest, WatermarkRequest
from aigc_core.tasks.request import Request
from demos.continue_text.views.compare import requests
from demos.continue_text.views.models import checked, pair
from demos.ui import player
from demos.ui.studio import Studio
from demos.ui.wiring import HEAVY


def wire(studio: Studio) -> None:
    """``/attention``, ``/inspect_text``, ``/compare_text`` and ``/detect_watermark``."""
    ours, another = pair()

    def attention(request: gr.Request, text: str, model: str = ours, layer: int = 1, head: int = 1) -> dict[str, Any]:
        """Attention of one head over a short text: tokens and a matrix whose rows sum to 1."""
        return ask(AttentionRequest, {"text": text, "model": model, "layer": layer, "head": head}, request)

    def inspect_text(request: gr.Request, text: str, model: str = ours) -> dict[str, Any]:
        """The bits by which each token of a text surprised a model, its rank and the likelier alternatives."""
        return ask(InspectTextRequest, {"text": text, "model": model}, request)

    def detect_watermark(request: gr.Request, text: str, model: str = ours) -> dict[str, Any]:
        """How many tokens of a text are green, and how likely that is without a watermark."""
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

    def ask(cls: type[Request], values: Mapping[str, Any], request: gr.Request) -> dict[str, Any]:
        output: dict[str, Any] = studio.ask(checked(cls, values), player.visitor(request)).output.to_json()
        return output

    for endpoint in (attention, inspect_text, compare_text, detect_watermark):
        gr.api(player.guard(endpoint), **HEAVY)
