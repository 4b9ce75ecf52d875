"""``/inspect_reply``: how surprised a model was by each token of a reply, the conversation given."""

# no deferred annotations here: gr.api reads the types themselves
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.chat import InspectReplyRequest
from demos.ui import player
from demos.ui.fields import make_request
from demos.ui.studio import Studio
from demos.ui.wiring import HEAVY


def wire(studio: Studio) -> None:
    """Add the endpoint."""
    first = registry.default("chat").name

    def inspect_reply(
        request: gr.Request,
        message: str,
        reply: str = "",
        history: list[dict[str, Any]] = [],  # noqa: B006 - Gradio shows the default and never changes it
        model: str = first,
        system_prompt: str = "",
    ) -> dict[str, Any]:
        """The bits by which each token of a reply surprised a model, the conversation given."""
        values = {
            "message": message, "reply": reply, "history": history, "model": model, "system_prompt": system_prompt,
        }  # fmt: skip
        output: dict[str, Any] = studio.ask(
            make_request(InspectReplyRequest, values), player.visitor(request)
        ).output.to_json()
        return output

    gr.api(player.guard(inspect_reply), **HEAVY)
