"""Text continuation with a causal language model, and looks inside it."""

from __future__ import annotations

import time
from pathlib import Path

import torch

from aigc_core.pipelines.text import causal_lm_loading as loading
from aigc_core.pipelines.text import decoding, inspect_lm
from aigc_core.pipelines.text.causal_lm import cut, progress, sampling_of
from aigc_core.tasks.checks import empty_error
from aigc_core.tasks.continue_text import (
    AttentionRequest,
    ContinueTextRequest,
    InspectTextRequest,
    Text,
    WatermarkRequest,
)
from aigc_core.tasks.decoding import Token
from aigc_core.tasks.fields import limits
from aigc_core.types import Events, ModelSpec, Result


class Continuation:
    """Continues a text as it stands.

    ``settings``: ``stop`` (strings that end this model's texts, besides the request's own).
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._model = loading.Lazy(spec, folders)
        self._stop: tuple[str, ...] = tuple(spec.settings.get("stop", ()))

    @torch.inference_mode()
    def stream(self, request: ContinueTextRequest | InspectTextRequest | AttentionRequest | WatermarkRequest) -> Events:
        """Previews are :class:`Text` so far, each token with what else was likely. Or a look inside, see ``inspect_lm``."""
        lm = yield from self._model.get()
        if not isinstance(request, ContinueTextRequest):
            yield from inspect_lm.stream(lm, request)
            return
        if not request.prompt.strip():
            raise empty_error("prompt", limits(ContinueTextRequest, "prompt"))
        ids = lm.encode(request.prompt)
        tokens: list[Token] = []
        output = Text(text="")
        decoder = decoding.decoder(lm.network, request)
        steps = lm.generate(
            ids,
            sampling_of(request),
            max_new_tokens=request.max_new_tokens,
            seed=request.seed,
            stop=(*request.stop, *self._stop),
            decoder=decoder,
        )
        start = time.monotonic()
        drawn = 0
        while True:
            try:
                step = next(steps)
            except StopIteration as done:
                reason: str = done.value
                break
            if step.token is None:
                start = time.monotonic()
            else:
                tokens.append(step.token)
                drawn = step.drawn
                output = Text(text=step.text, tokens=cut(tokens, len(step.text)))
            yield progress(step, request.max_new_tokens, len(ids), start, output)
        info = {"prompt_tokens": len(ids), "new_tokens": drawn, "stop_reason": reason, **decoder.facts()}
        yield Result(output=Text(text=output.text, tokens=output.tokens, stop_reason=reason), info=info)
