"""Text continuation and dialogue with a causal language model: a pretrained network, decoded token by token.

Chain rule: p(x_1 … x_T) = Π p(x_t | x_<t). The network gives the logits of the next token, one token is drawn from their
softmax (:mod:`aigc_core.sampling.text.tokens`), appended, and fed back in. Keys and values of all earlier tokens are kept, so
a step costs one token's work (Vaswani et al. 2017, arXiv 1706.03762, section 3.2; KV cache).

:class:`Continuation` and :class:`Chat` are what registry rows point at; :class:`CausalLM` is for any pipeline that writes.

Shapes: B batch (always 1), T tokens, V vocabulary, D width.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.models.llama import Llama
from aigc_core.pipelines.text import decoding
from aigc_core.pipelines.text.context import check_fits
from aigc_core.pipelines.text.prompts import PlainText, Prompt, Renderer
from aigc_core.sampling.text.stream import Detokenizer, StopStrings
from aigc_core.sampling.text.tokens import Sampling, without
from aigc_core.sampling.text.watermark import GreenList
from aigc_core.tasks.chat import ChatRequest
from aigc_core.tasks.continue_text import (
    ContinueTextRequest,
)
from aigc_core.tasks.decoding import Token
from aigc_core.types import Progress

ALTERNATIVES = 10


@dataclass(frozen=True, kw_only=True)
class Step:
    """One event of :meth:`CausalLM.generate`: a stretch of the prompt was read, or (``token`` given) a token was drawn."""

    text: str
    """All new text that is certain: no half characters, nothing that may turn out to be a stop string."""
    token: Token | None = None
    """Its ``text`` is empty inside a character, and for the end-of-text token."""
    drawn: int = 0
    """Tokens drawn, the end-of-text token not counted."""
    read: int = 0
    """Prompt tokens read."""


class CausalLM:
    """A network and its tokenizer, loaded; get one with :func:`aigc_core.pipelines.text.causal_lm_loading.load`.

    Attributes:
        window: Most tokens, prompt and new ones together.
        plain: The tokenizer for what people type.
        never: Ids that are never drawn: ``suppress_tokens`` of the checkpoint's ``generation_config.json``.
    """

    def __init__(self, network: Llama, tokenizer: Any, ends: set[int], never: Sequence[int] = ()) -> None:
        self.network, self.tokenizer = network, tokenizer
        self.window = network.config.max_position_embeddings
        self.plain = PlainText(tokenizer)
        self._renderer = Renderer(tokenizer, self.plain)
        self.never = tuple(never)
        special = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
        self._ends = ends | special | set(tokenizer.all_special_ids)
        self._shown: dict[int, str] = {}

    def ends(self, token_id: int) -> bool:
        """True if this token ends a text."""
        return token_id in self._ends

    def encode(self, text: str) -> list[int]:
        """Token ids of raw text, with the tokenizer's own beginning-of-text token if it has one.

        The name of a special token in the text is text: a prompt cannot smuggle in a control token.
        """
        return self.plain.ids(text, framed=True)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of token ids; incomplete characters become U+FFFD."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def prompt(
        self,
        messages: Sequence[dict[str, str]],
        opening: str = "",
        known: dict[str, list[int]] | None = None,
        **template: Any,
    ) -> Prompt:
        """Render a conversation up to the beginning of the reply; all control tokens come from the template.

        Arguments as in :meth:`aigc_core.pipelines.text.prompts.Renderer.render`.
        """
        return self._renderer.render(messages, opening, known, **template)

    def encode_control(self, text: str) -> list[int]:
        """Token ids of text in which the names of control tokens mean the tokens: for headers of our own making only."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    @torch.inference_mode()
    def generate(
        self,
        token_ids: Sequence[int],
        sampling: Sampling,
        *,
        max_new_tokens: int,
        seed: int = 0,
        stop: Sequence[str] = (),
        decoder: decoding.Plain | None = None,
    ) -> Generator[Step, None, str]:
        """Continue ``token_ids``, one event per token; the same seed gives the same text.

        Args:
            decoder: A fresh one; None draws token by token.

        Returns:
            Why it ended: ``length``, ``end`` (the model's end-of-text token) or ``stop`` (a stop string).

        Raises:
            InvalidRequestError: the prompt does not fit the window.
        """
        check_fits(len(token_ids), max_new_tokens, self.window)
        decoder = decoder or decoding.Plain(self.network)
        sampling = replace(sampling, never=self.never)
        generator = runtime.generator(seed)
        detokenizer, stops = Detokenizer(self.decode), StopStrings(stop)
        seen: set[int] = set()
        previous = token_ids[-1] if token_ids else None
        text = ""
        for read in decoder.open(token_ids, len(token_ids) + max_new_tokens):
            yield Step(text="", read=read)
        for drawn in range(1, max_new_tokens + 1):
            logits = decoder.logits
            chosen = decoder.choose(sampling, seen, generator, previous)
            ended, last = chosen in self._ends, drawn == max_new_tokens
            piece = detokenizer.flush() if ended else detokenizer.push(chosen)
            text += stops.push(piece + detokenizer.flush() if last else piece)
            if ended or last:
                text += stops.flush()
            token = self._token(chosen, "" if ended else piece, logits)
            yield Step(text=text, token=token, drawn=drawn - ended, read=len(token_ids))
            if stops.hit or ended:
                return "stop" if stops.hit else "end"
            seen.add(chosen)
            previous = chosen
            if not last:
                decoder.follow(chosen, max_new_tokens - drawn)
        return "length"

    def _token(self, chosen: int, piece: str, logits: Tensor) -> Token:
        probability = without(logits, self.never).softmax(-1)  # (V,)
        top, ids = torch.topk(probability, min(ALTERNATIVES, len(probability)))
        likeliest = zip(ids.tolist(), top.tolist(), strict=True)
        return Token(
            text=piece,
            probability=round(float(probability[chosen]), 6),
            alternatives=tuple((self.shown(i), round(p, 6)) for i, p in likeliest),
        )

    def shown(self, token_id: int) -> str:
        """Text of one token on its own: special tokens by name, parts of a character as their bytes."""
        if token_id not in self._shown:
            text: str = self.tokenizer.decode([token_id], clean_up_tokenization_spaces=False)
            broken = "\ufffd" in text
            self._shown[token_id] = byte_names(self.tokenizer.convert_ids_to_tokens(token_id)) if broken else text
        return self._shown[token_id]


def cut(tokens: Sequence[Token], length: int) -> tuple[Token, ...]:
    """The tokens whose texts make up the first ``length`` characters, the last one shortened if it reaches beyond."""
    kept = []
    for token in tokens:
        if len(token.text) > length:
            if length:
                kept.append(
                    Token(text=token.text[:length], probability=token.probability, alternatives=token.alternatives)
                )
            break
        kept.append(token)
        length -= len(token.text)
    return tuple(kept)


def sampling_of(request: ContinueTextRequest | ChatRequest) -> Sampling:
    """The request's decoding fields."""
    return Sampling(
        temperature=request.temperature,
        top_k=request.top_k,
        top_p=request.top_p,
        min_p=request.min_p,
        typical_p=request.typical_p,
        watermark=GreenList() if request.watermark else None,
        repetition_penalty=request.repetition_penalty,
    )


def progress(step: Step, total: int, prompt_tokens: int, start: float, preview: Any) -> Progress:
    """The progress of a step; its message is the part of the prompt read, then the tokens per second."""
    if step.token is None:
        return Progress(step=0, total=total, message=f"prompt {step.read}/{prompt_tokens}")
    rate = step.drawn / max(time.monotonic() - start, 1e-6)
    return Progress(step=step.drawn, total=total, preview=preview, message=f"{rate:.0f} tok/s")


def byte_names(piece: str) -> str:
    r"""A byte-level token as its bytes, ``\xe7\x81``; anything else as it is."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    if match := re.fullmatch("<0x([0-9A-F]{2})>", piece):  # a byte among whole characters
        return f"\\x{match[1].lower()}"
    byte_of = {character: byte for byte, character in bytes_to_unicode().items()}
    if all(character in byte_of for character in piece):
        return "".join(f"\\x{byte_of[character]:02x}" for character in piece)
    return piece
