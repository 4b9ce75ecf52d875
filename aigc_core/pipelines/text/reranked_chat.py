"""Dialogue with our small model: sample several replies and keep the one that fits the conversation best.

The prompt is read once; every candidate goes on from the same keys and values. A candidate's score is
:func:`aigc_core.sampling.text.rerank.fitness`. The system prompt is a persona, sentences about the one who answers.

Shapes: T tokens, V vocabulary.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from aigc_core import runtime, tasks
from aigc_core.models.llama import Cache
from aigc_core.pipelines.text.causal_lm import CausalLM, sampling_of
from aigc_core.pipelines.text.chat import Chat, system_texts
from aigc_core.sampling.text.rerank import fitness, no_repeat_ngram
from aigc_core.sampling.text.stream import Detokenizer, StopStrings
from aigc_core.sampling.text.tokens import GREEDY, draw
from aigc_core.tasks.chat import Candidate, ChatRequest, InspectReplyRequest, Reply
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Events, ModelSpec, Progress, Result

_FIRST_PERSON = ((r"\byou are\b", "I am"), (r"\byou're\b", "I'm"), (r"\byou\b", "I"), (r"\byour\b", "my"), (r"\byours\b", "mine"), ("[你您]", "我"))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One finished candidate."""

    ids: tuple[int, ...]
    """The end token included, where it came."""
    text: str
    given: float
    """log p(reply | conversation) in nats, under the model before temperature and guard."""
    reason: str


class RerankedChat(Chat):
    """``settings``: ``candidates`` (drawn where the request says nothing), ``alone_weight``, ``no_repeat_ngram``."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        super().__init__(spec, folders)
        self._candidates = int(spec.settings.get("candidates", 8))
        self._weight = float(spec.settings.get("alone_weight", 0.5))
        self._ngram = int(spec.settings.get("no_repeat_ngram", 3))

    @torch.inference_mode()
    def stream(self, request: ChatRequest | InspectReplyRequest) -> Events:
        """Previews are the best :class:`Reply` so far; candidate i is drawn with ``seed + i``, at temperature 0 there is one."""
        lm = yield from self._model.get()
        if isinstance(request, InspectReplyRequest):
            yield from self._inspect(lm, request)
            return
        (rendered, ids), dropped = self._fit(lm, request, request.max_new_tokens)
        cache = lm.network.cache(len(ids) + request.max_new_tokens)
        logits = lm.network(torch.tensor(ids), cache).cpu()
        asked = self._candidates if request.candidates == 0 else request.candidates
        count = 1 if request.temperature < GREEDY else asked
        said = {words(m.content) for m in request.history} | {words(request.message)}
        found: list[tuple[Candidate, Drawn]] = []
        start = time.monotonic()
        tokens = 0

        def reply() -> Reply:
            best, drawn = max(found, key=lambda pair: pair[0].score)
            ranked = sorted((candidate for candidate, _ in found), key=lambda one: -one.score)
            return Reply(
                text=best.text, rendered_prompt=rendered, prompt_tokens=len(ids), new_tokens=len(drawn.ids),
                context_window=lm.window, dropped_messages=dropped, stop_reason=drawn.reason, candidates=tuple(ranked),
            )  # fmt: skip

        for i in range(count):
            steps = self._draw(lm, logits, cache, len(ids), ids[-1], request, i)
            while True:
                try:
                    next(steps)
                except StopIteration as done:
                    drawn: Drawn = done.value
                    break
                tokens += 1
                message = f"{i + 1}/{count}, {tokens / max(time.monotonic() - start, 1e-6):.0f} tok/s"
                yield Progress(step=i, total=count, preview=reply() if found else None, message=message)
            found.append((self._scored(lm, drawn, ids[-1:], said), drawn))
            yield Progress(step=i + 1, total=count, preview=reply())
        output = reply()
        info = {"prompt_tokens": len(ids), "new_tokens": output.new_tokens, "stop_reason": output.stop_reason}
        info |= {"candidates": count} | ({"dropped_messages": dropped} if dropped else {})
        yield Result(output=output, info=info)

    def _instructions(self, request: ChatRequest | InspectReplyRequest) -> str:
        return " ".join(filter(None, map(persona, system_texts(request))))

    def _draw(
        self, lm: CausalLM, logits: Tensor, cache: Cache, prompt: int, last: int, request: ChatRequest, i: int
    ) -> Generator[None, None, Drawn]:
        """Candidate i; one event per token. ``logits`` (V,) follow the prompt, whose ``prompt`` tokens, ``last`` the last, the cache holds."""
        cache.filled = prompt
        generator = runtime.generator(seeds_from(request.seed, i + 1)[i])
        detokenizer, stops = Detokenizer(lm.decode), StopStrings(request.stop)
        sampling = replace(sampling_of(request), never=lm.never)
        ids: list[int] = []
        text, given, reason = "", 0.0, "length"
        while reason == "length" and len(ids) < request.max_new_tokens:
            guarded = no_repeat_ngram(logits, ids, self._ngram)
            chosen = draw(guarded, sampling, set(ids), generator, ids[-1] if ids else last)
            given += float(logits.log_softmax(-1)[chosen])
            ids.append(chosen)
            yield
            if lm.ends(chosen):
                reason = "end"
                continue
            text += stops.push(detokenizer.push(chosen))
            if stops.hit:
                reason = "stop"
            elif len(ids) < request.max_new_tokens:
                logits = lm.network(torch.tensor([chosen]), cache).cpu()
        text += stops.push(detokenizer.flush()) + stops.flush()
        return Drawn(ids=tuple(ids), text=text.strip(), given=given, reason=reason)

    def _scored(self, lm: CausalLM, drawn: Drawn, opening: list[int], said: Iterable[str]) -> Candidate:
        """Score a candidate; repeating an earlier message or not ending is penalised so that it wins only without
        alternatives."""
        alone = log_likelihood(lm, opening, drawn.ids)
        score = fitness(drawn.given, alone, len(drawn.ids), self._weight)
        if words(drawn.text) in said or not drawn.text:
            score -= 100.0
        if drawn.reason == "length":
            score -= 10.0
        return Candidate(text=drawn.text, score=round(score, 4), given=round(drawn.given, 4), alone=round(alone, 4))


def log_likelihood(lm: CausalLM, prompt: list[int], reply: Iterable[int]) -> float:
    """log p(reply | prompt) in nats; ``prompt`` is not empty."""
    ids = torch.tensor([*prompt, *reply])
    cache = lm.network.cache(len(ids) - 1)
    logits = lm.network.logits(lm.network.read(ids[:-1], cache)[len(prompt) - 1 :]).cpu()  # (T, V)
    targets = ids[len(prompt) :, None]
    return float(logits.log_softmax(-1).gather(1, targets).sum())


def persona(system_prompt: str) -> str:
    """The system prompt as its own words would have it: first person; nothing where it was left as it is everywhere."""
    text = system_prompt.strip()
    if text == tasks.default(ChatRequest, "system_prompt"):
        return ""
    for pattern, first in _FIRST_PERSON:
        text = re.sub(pattern, first, text, flags=re.IGNORECASE)
    return text


def words(text: str) -> str:
    """The words of a text in lower case without punctuation, for comparison."""
    return " ".join(re.findall(r"\w+", text.lower()))
