"""Dialogue with a causal language model, through its own chat template."""

from __future__ import annotations

import time
from pathlib import Path

import torch

from aigc_core.pipelines.text import causal_lm_loading as loading
from aigc_core.pipelines.text import inspect_lm
from aigc_core.pipelines.text.causal_lm import CausalLM, Step, progress, sampling_of
from aigc_core.pipelines.text.context import Fitted, fit
from aigc_core.tasks.chat import ChatRequest, InspectReplyRequest, Reply
from aigc_core.types import Events, ModelSpec, Result


class Chat:
    """Answers in a conversation, through the model's own chat template.

    ``settings``: ``template`` (variables of the chat template).
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._model = loading.Lazy(spec, folders)
        self._template = dict(spec.settings.get("template", {}))

    @torch.inference_mode()
    def stream(self, request: ChatRequest | InspectReplyRequest) -> Events:
        """Previews are the :class:`Reply` so far. The oldest turns are left out where the window is too small, and counted."""
        lm = yield from self._model.get()
        if isinstance(request, InspectReplyRequest):
            yield from self._inspect(lm, request)
            return
        (rendered, ids), dropped = self._fit(lm, request, request.max_new_tokens)
        steps = lm.generate(
            ids, sampling_of(request), max_new_tokens=request.max_new_tokens, seed=request.seed, stop=request.stop
        )
        start = time.monotonic()

        def reply(text: str, drawn: int, reason: str = "") -> Reply:
            return Reply(
                text=text, rendered_prompt=rendered, prompt_tokens=len(ids), new_tokens=drawn,
                context_window=lm.window, dropped_messages=dropped, stop_reason=reason,
            )  # fmt: skip

        step = Step(text="")
        while True:
            try:
                step = next(steps)
            except StopIteration as done:
                reason: str = done.value
                break
            if step.token is None:
                start = time.monotonic()
            yield progress(step, request.max_new_tokens, len(ids), start, reply(step.text, step.drawn))
        info = {"prompt_tokens": len(ids), "new_tokens": step.drawn, "stop_reason": reason}
        if dropped:
            info["dropped_messages"] = dropped
        yield Result(output=reply(step.text, step.drawn, reason), info=info)

    def _inspect(self, lm: CausalLM, request: InspectReplyRequest) -> Events:
        """The reply's :class:`aigc_core.tasks.Inspection`."""
        fitted = self._fit(lm, request, len(lm.encode(request.reply)))
        yield from inspect_lm.inspect(lm, request.reply, fitted.prompt.ids)

    def _fit(self, lm: CausalLM, request: ChatRequest | InspectReplyRequest, room: int) -> Fitted:
        """The conversation, with ``room`` tokens left for the reply; see :func:`fit`."""
        return fit(lm, self._instructions(request), request.history, request.message, room, **self._template)

    def _instructions(self, request: ChatRequest | InspectReplyRequest) -> str:
        """The system prompt, and below it the system turns of the history, which so outlive the turns around them."""
        return "\n\n".join(text for text in system_texts(request) if text.strip())


def system_texts(request: ChatRequest | InspectReplyRequest) -> list[str]:
    """Everything said in the role of the system, oldest first."""
    return [request.system_prompt, *(m.content for m in request.history if m.role == "system")]
