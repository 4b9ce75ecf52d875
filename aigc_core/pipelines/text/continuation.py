"""Text continuation with a causal language model, and looks inside it."""

from __future__ import annotations

import time
from pathlib import Path

import torch

from aigc_core.errors import InvalidRequestError
from aigc_core.pipelines.text import causal_lm_loading as loading
from aigc_core.pipelines.text import decoding, inspect_lm
from aigc_core.pipelines.text.causal_lm import CausalLM, cut, progress, sampling_of
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

    ``settings``: ``stop`` (strings that end this model's texts, besides the request's own); ``styles`` (the row's ``form``
    options, each with the token that opens such a text).
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._model = loading.Lazy(spec, folders)
        self._stop: tuple[str, ...] = tuple(spec.settings.get("stop", ()))
        self._styles: dict[str, str] = dict(spec.settings.get("styles", {}))

    @torch.inference_mode()
    def stream(self, request: ContinueTextRequest | InspectTextRequest | AttentionRequest | WatermarkRequest) -> Events:
        """Previews are :class:`Text` so far, each token with what else was likely. Or a look inside, see ``inspect_lm``."""
        lm = yield from self._model.get()
        if not isinstance(request, ContinueTextRequest):
            yield from inspect_lm.stream(lm, request)
            return
        ids = self._opening(lm, request)
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

    def _opening(self, lm: CausalLM, request: ContinueTextRequest) -> list[int]:
        """Ids of the prompt, behind its style's where one is asked for: a text of that style begins.

        Raises:
            InvalidRequestError: neither prompt nor style, or a style that the row lacks.
        """
        form = request.form.strip()
        if not self._styles or not form:
            if not request.prompt.strip():
                raise empty_error("prompt", limits(ContinueTextRequest, "prompt"))
            return lm.encode(request.prompt)
        if form not in self._styles:
            raise InvalidRequestError(
                f"form must be one of {', '.join(self._styles)} for this model, or empty; got {form!r}.",
                f"该模型的体裁（form）须为{'、'.join(self._styles)}之一，或留空；收到 {form!r}。",
            )
        start, ids = inspect_lm.opened(lm, request.prompt)
        return [start, int(lm.tokenizer.convert_tokens_to_ids(self._styles[form])), *ids]
