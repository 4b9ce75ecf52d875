"""The inside of a reply, below the chat window: how surprised the model was by each of its tokens.

The request goes to the model that wrote the reply, with the conversation it was given; the work is done in
aigc_core/pipelines/text/inspect_lm.py, the view is that of :mod:`demos.ui.surprisal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.chat import InspectReplyRequest
from aigc_core.types import Result
from demos.chat import view as chat_view
from demos.ui import inspection, models
from demos.ui import surprisal as surprise_view
from demos.ui.components import PageButton
from demos.ui.fields import make_request
from demos.ui.i18n import both, t
from demos.ui.surprisal import Measured
from demos.ui.tab import Tab

HINT = both(
    "Every token of the last reply, coloured by how many bits it surprised the model that wrote it, the conversation given.",
    "为最后一条回复的每个 token 着色：在已知对话内容的条件下，它让写下它的模型感到多少 bit 的意外。",
)


def build() -> tuple[Any, tuple[Any, Any]]:
    """The button and its outputs, inside the tab's right column."""
    with gr.Accordion(
        t("Surprisal of the last reply", "最后一条回复的信息量"), open=False, elem_classes=["chat-inside"]
    ):
        gr.HTML(f'<p class="hint">{HINT}</p>', padding=False)
        return PageButton(t("Colour the last reply", "为最后一条回复着色"), size="sm"), inspection.place()


def wire(tab: Tab, window: gr.Chatbot, go: Any, outputs: tuple[Any, Any]) -> None:
    """Let the button look into the last reply; after the columns."""
    inputs = {
        "shown": window,
        "recipe": tab.recipe,
        "model": tab.fields["model"],
        "system_prompt": tab.fields["system_prompt"],
    }
    inspection.wire(tab.studio, go, inputs, outputs, lambda values: [_asked(**values)], view)


def view(results: list[Result]) -> str:
    """The reply's tokens under the model's title."""
    shown = [Measured(models.name_of(registry.find(str(r.recipe["model"]))), r.output) for r in results]
    return surprise_view.view(shown)


def _asked(shown: Any, recipe: Mapping[str, Any] | None, model: str, system_prompt: str) -> InspectReplyRequest:
    """The last reply as a request to the model that wrote it: the recipe's, or the one chosen where there is none.

    Raises:
        InvalidRequestError: there is no reply yet.
    """
    turns = chat_view.plain(shown)
    if len(turns) < 2 or turns[-1]["role"] != "assistant" or not turns[-1]["content"].strip():
        raise InvalidRequestError("There is no reply yet. Send a message first.", "还没有回复，请先发送一条消息。")
    said = (recipe or {}).get("parameters", {})
    request = make_request(
        InspectReplyRequest,
        {
            "model": (recipe or {}).get("model", model),
            "system_prompt": said.get("system_prompt", system_prompt),
            "history": turns[:-2],
            "message": turns[-2]["content"],
            "reply": turns[-1]["content"],
        },
    )
    assert isinstance(request, InspectReplyRequest)
    return request
