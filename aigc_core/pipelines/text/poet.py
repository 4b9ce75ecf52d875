"""The Chinese poet: a character-level GPT that writes in a form, held to it by constrained decoding.

The network reads form, author and title, then writes line after line. Of each line several are drawn and the likeliest is
kept (best of n, per line): a small network's single draws stumble too often. Which characters may stand where is
:mod:`aigc_core.sampling.text.verse`; which poem is asked for, :mod:`aigc_core.pipelines.text.poem_plan`.

A token's probability is the network's among the characters that the form allows at that place, before temperature and
truncation; marks and acrostic characters are given, so theirs is 1.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.datasets import poetry
from aigc_core.errors import InvalidRequestError
from aigc_core.pipelines.text import causal_lm_loading as loading
from aigc_core.pipelines.text import inspect_lm
from aigc_core.pipelines.text.causal_lm import ALTERNATIVES, CausalLM, sampling_of
from aigc_core.pipelines.text.poem_plan import Book, Plan, plan
from aigc_core.sampling.text import scansion, verse
from aigc_core.sampling.text.tokens import Sampling, draw
from aigc_core.tasks.continue_text import (
    AttentionRequest,
    ContinueTextRequest,
    InspectTextRequest,
    ScanVerseRequest,
    Text,
)
from aigc_core.tasks.decoding import Token
from aigc_core.types import Events, ModelSpec, Progress, Result

Drawn = tuple[str, Token]
"""A character in simplified script, and what is shown of it."""


class Poet:
    """``settings``: ``candidates`` (lines drawn for each that is kept), ``tone`` (nats against a breach of the tone pattern)."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._model = loading.Lazy(spec, folders)
        self._book = Book.read(folders[0])
        self._candidates = int(spec.settings.get("candidates", 4))
        self._tone = float(spec.settings.get("tone", 1.0))
        self._lexicon: verse.Lexicon | None = None

    def loaded(self) -> CausalLM:
        """The network and its tokenizer, for evaluation."""
        loading_it = self._model.get()
        while True:
            try:
                next(loading_it)
            except StopIteration as done:
                lm: CausalLM = done.value
                return lm

    @torch.inference_mode()
    def stream(self, request: ContinueTextRequest | InspectTextRequest | AttentionRequest | ScanVerseRequest) -> Events:
        """Previews are :class:`Text` so far. The form decides the length.

        What is inspected is read as the network knows poems: simplified, without line breaks; its surprise after the form.
        """
        if isinstance(request, ScanVerseRequest):
            form = poetry.form_name(request.form)
            found = scansion.scan(request.text, form, self._book.tunes)
            yield Progress(step=1, total=1, message="lines")
            yield Result(output=found, info={"form": found.form})
            return
        if not isinstance(request, ContinueTextRequest):
            yield from self._inside((yield from self._model.get()), request)
            return
        wanted = plan(request, self._book)
        lm = yield from self._model.get()
        if self._lexicon is None:
            self._lexicon = verse.Lexicon(_characters(lm), poetry.sound)
        writer = _Writer(lm, self._lexicon, wanted, sampling_of(request), self._tone, request.seed)
        page = _Page(wanted, request.prompt)
        total = page.total()
        for i in range(max(0, len(wanted.given) - 1), len(wanted.pattern)):
            begun = wanted.given[i] if i < len(wanted.given) else ""
            line: list[Drawn] = []
            for best in writer.candidates(i, begun, self._candidates):
                line = best
                yield Progress(step=len(page.tokens), total=total, message=f"line {i + 1}/{len(wanted.pattern)}")
            for token in page.line(i, begun, line):
                page.tokens.append(token)
                yield Progress(step=len(page.tokens), total=total, preview=page.output())
        info = {"form": wanted.form, "prompt_tokens": writer.prompt_tokens, "new_tokens": len(page.tokens)}
        yield Result(output=page.output("end"), info={**info, "stop_reason": "end"})

    def _inside(self, lm: CausalLM, request: InspectTextRequest | AttentionRequest) -> Events:
        text = poetry.simplified(poetry.normalised(request.text)) or request.text
        if isinstance(request, AttentionRequest):
            yield from inspect_lm.attention(lm, replace(request, text=text))
            return
        begun = text.rstrip(poetry.MARKS)[:-1]  # a whole poem leaves nothing to plan
        try:
            header = plan(ContinueTextRequest(prompt=begun), self._book).header if begun else ""
        except InvalidRequestError:  # no poem of a known form
            header = ""
        yield from inspect_lm.inspect(lm, text, lm.encode_control(header) if header else ())


def _characters(lm: CausalLM) -> list[str]:
    """The character of every token, empty for special tokens and bytes."""
    names = lm.tokenizer.convert_ids_to_tokens(range(lm.network.config.vocab_size))
    return [name if name and len(name) == 1 and poetry.is_han(name) else "" for name in names]


class _Writer:
    """The network on one poem: what it has read, and lines drawn on top of it."""

    def __init__(
        self, lm: CausalLM, lexicon: verse.Lexicon, wanted: Plan, sampling: Sampling, tone: float, seed: int
    ) -> None:
        self._lm, self._lexicon, self._plan, self._sampling, self._tone = lm, lexicon, wanted, sampling, tone
        self._generator = runtime.generator(seed)
        self._lines = list(wanted.given[:-1])
        closed = "".join(text + line.mark for text, line in zip(self._lines, wanted.pattern, strict=False))
        head = [*lm.encode_control(wanted.header), *lm.encode(closed)]
        self.prompt_tokens = len(head) + (len(wanted.given[-1]) if wanted.given else 0)
        room = len(head) + 4 * sum(
            line.length + 1 for line in wanted.pattern
        )  # 4: bytes of a character out of vocabulary
        self._cache = lm.network.cache(min(room, lm.window))
        self._logits = self._forward(head)

    def candidates(self, i: int, begun: str, count: int) -> Iterator[list[Drawn]]:
        """Draw line ``i``, yielding the best so far after each; the last one yielded is kept and read.

        Args:
            begun: The line's first characters, where the prompt gave some.
        """
        line = self._plan.pattern[i]
        start = self._cache.filled, self._logits
        best: tuple[float, list[Drawn]] | None = None
        for _ in range(count if len(begun) < line.length else 1):
            self._cache.filled, self._logits = start
            if begun:
                self._logits = self._forward(self._lm.encode(begun))
            drawn, score = self._draw(i, begun)
            if best is None or score > best[0]:
                best = score, drawn
            yield best[1]
        assert best is not None
        text = begun + "".join(character for character, _ in best[1])
        self._cache.filled, self._logits = start
        self._lines.append(text)
        if i + 1 < len(self._plan.pattern):
            self._logits = self._forward(self._lm.encode(text + line.mark))

    def _draw(self, i: int, begun: str) -> tuple[list[Drawn], float]:
        """One line's missing characters, and the mean of their log-probabilities under the network alone."""
        text, drawn, scores = begun, list[Drawn](), list[float]()
        length = self._plan.pattern[i].length
        while len(text) < length:
            if not text and i < len(self._plan.heads):
                character = self._plan.heads[i]
                token = Token(text=character, probability=1.0, alternatives=((character, 1.0),))
            else:
                character, token, score = self._next([*self._lines, text])
                scores.append(score)
            drawn.append((character, token))
            text += character
            if len(text) < length:
                self._logits = self._forward(self._lm.encode(character))
        return drawn, sum(scores) / max(1, len(scores))

    def _next(self, lines: list[str]) -> tuple[str, Token, float]:
        """Draw one character: itself, what is shown of it, and its log-probability."""
        lexicon, pattern = self._lexicon, self._plan.pattern
        logits = verse.constrained(self._logits, verse.allowed(lexicon, pattern, lines))
        biased = logits + verse.bias(lexicon, pattern, lines, self._tone)
        chosen = draw(biased, self._sampling, (), self._generator)
        probability = logits.softmax(-1)
        top, ids = torch.topk(probability, ALTERNATIVES)
        pairs = zip(ids.tolist(), top.tolist(), strict=True)
        token = Token(
            text=lexicon.characters[chosen],
            probability=round(float(probability[chosen]), 6),
            alternatives=tuple((lexicon.characters[j], round(p, 6)) for j, p in pairs if p > 0),
        )
        return lexicon.characters[chosen], token, float(self._logits.log_softmax(-1)[chosen])

    def _forward(self, ids: list[int]) -> Tensor:
        return self._lm.network(torch.tensor(ids), self._cache).cpu()


class _Page:
    """The poem as shown: the reader's script, punctuation, and a line break after every 。"""

    def __init__(self, wanted: Plan, prompt: str) -> None:
        self._plan, self._prompt = wanted, prompt
        self.tokens: list[Token] = []

    def total(self) -> int:
        """Tokens to come in all: characters, and the marks that the prompt does not have."""
        given = self._plan.given
        full = bool(given) and len(given[-1]) == self._plan.pattern[len(given) - 1].length and not self._open()
        marks = len(self._plan.pattern) - max(0, len(given) - 1) - full
        return sum(line.length for line in self._plan.pattern) - sum(map(len, given)) + marks

    def output(self, reason: str = "") -> Text:
        """The continuation so far."""
        return Text(text="".join(token.text for token in self.tokens), tokens=tuple(self.tokens), stop_reason=reason)

    def line(self, i: int, begun: str, drawn: list[Drawn]) -> Generator[Token, None, None]:
        """Tokens of one line and of its mark, unless the prompt has it."""
        plan, line = self._plan, self._plan.pattern[i]
        characters = self._script(i, begun + "".join(character for character, _ in drawn))
        for (_, token), character in zip(drawn, characters[len(begun) :], strict=True):
            others = tuple((self._script(-1, other), p) for other, p in token.alternatives)
            yield self._placed(Token(text=character, probability=token.probability, alternatives=others))
        if drawn or self._open():
            last = i + 1 == len(plan.pattern)
            mark = line.mark + ("\n" if line.mark == "。" and not last else "")
            yield Token(text=mark, probability=1.0, alternatives=((mark, 1.0),))

    def _placed(self, token: Token) -> Token:
        """The first token after a prompt that ends in 。 begins a new row."""
        if self.tokens or not self._prompt.rstrip(" ").endswith(("。", "！", "？")):
            return token
        return Token(text="\n" + token.text, probability=token.probability, alternatives=token.alternatives)

    def _open(self) -> bool:
        """True if the prompt ends in a complete line without its punctuation."""
        return poetry.is_han(self._prompt.rstrip()[-1:] or "，")

    def _script(self, i: int, text: str) -> str:
        """Text in the reader's script, character by character where phrases would change its length."""
        if not self._plan.traditional:
            return text
        converted = poetry.traditional(text)
        if len(converted) != len(text):
            converted = "".join(poetry.traditional(character)[:1] for character in text)
        typed = self._plan.as_typed[i] if 0 <= i < len(self._plan.as_typed) else None
        return typed + converted[1:] if typed else converted
