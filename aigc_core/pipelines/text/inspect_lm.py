"""Look inside a causal language model: the surprisal of every token of a text, and attention maps.

Surprisal (Shannon 1948): s_t = −log₂ p(x_t | x_<t) bits, the length of token t in a code made with the model's own
probabilities. Σ s_t / bytes of the text is comparable between models whatever their vocabularies; 2^(Σ s_t / T) is the
perplexity, the number of equally likely tokens that would be as hard to guess, and is not.

Attention (arXiv 1706.03762, eq. 1): A = softmax(q kᵀ / √d) under the causal mask; row t of A says where token t looks.

Shapes: T tokens, V vocabulary, L layers, H heads.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from aigc_core.errors import InvalidRequestError
from aigc_core.pipelines.text import whole_characters
from aigc_core.sampling.text.stream import Detokenizer
from aigc_core.sampling.text.tokens import without
from aigc_core.sampling.text.watermark import Detection, GreenList, detecting
from aigc_core.tasks.continue_text import (
    MAX_ATTENTION_TOKENS,
    MAX_INSPECTED_TOKENS,
    AttentionMaps,
    AttentionRequest,
    Inspection,
    InspectTextRequest,
    WatermarkReading,
    WatermarkRequest,
)
from aigc_core.tasks.decoding import Surprisal
from aigc_core.types import Events, Progress, Result

if TYPE_CHECKING:
    from aigc_core.pipelines.text.causal_lm import CausalLM

ALTERNATIVES = 5
CHUNK = 64
"""Tokens read between two events."""


def stream(lm: CausalLM, request: InspectTextRequest | AttentionRequest | WatermarkRequest) -> Events:
    """Answer any of the requests; ``Progress`` counts tokens, or layers."""
    if isinstance(request, AttentionRequest):
        yield from attention(lm, request)
    elif isinstance(request, WatermarkRequest):
        yield from watermark(lm, request.text)
    else:
        yield from inspect(lm, request.text)


def inspect(lm: CausalLM, text: str, given: Sequence[int] = ()) -> Events:
    """The :class:`Inspection` of a text, every byte counted.

    Args:
        given: Tokens that the text goes on from, within the window together with it; none: it begins a document.

    Raises:
        InvalidRequestError: more than ``MAX_INSPECTED_TOKENS`` tokens.
    """
    start, ids = opened(lm, text)
    _check_length(len(ids), MAX_INSPECTED_TOKENS)
    pieces = texts(lm, ids)
    before = list(given) or [start]
    tokens: list[Surprisal] = []
    for log_p in log_probabilities(lm, [*before, *ids], given=len(before)):
        for row in log_p:
            tokens.append(_surprisal(lm, row, ids[len(tokens)], pieces[len(tokens)]))
        yield Progress(step=len(tokens), total=len(ids), message="tokens")
    shown = whole_characters.surprisals(tokens) if lm.never else tuple(tokens)
    output = Inspection(tokens=shown, bytes=len(text.encode()), vocabulary=lm.network.config.vocab_size)
    yield Result(output=output, info={"prompt_tokens": len(ids)})


def attention(lm: CausalLM, request: AttentionRequest) -> Events:
    """The :class:`AttentionMaps` of a text: one layer and head, or all where the request leaves them open.

    Raises:
        InvalidRequestError: more than ``MAX_ATTENTION_TOKENS`` tokens; a layer or head that the model lacks.
    """
    config = lm.network.config
    layer = _checked("layer", "层", request.layer, config.num_hidden_layers)
    head = _checked("head", "注意力头", request.head, config.num_attention_heads)
    ids = lm.encode(request.text)
    _check_length(len(ids), MAX_ATTENTION_TOKENS)
    maps: list[Tensor] = []
    for i, weights in enumerate(lm.network.attention(torch.tensor(ids)), 1):
        if layer in (None, i):
            maps.append(weights.cpu() if head is None else weights[head - 1 : head].cpu())
        yield Progress(step=i, total=layer or config.num_hidden_layers, message="layers")
        if i == layer:
            break
    pieces, stacked = texts(lm, ids), torch.stack(maps).numpy()  # (layers, heads, T, T)
    if lm.never:
        pieces, stacked = whole_characters.attention(pieces, stacked)
    output = AttentionMaps(tokens=pieces, weights=stacked)
    yield Result(output=output, info={"prompt_tokens": len(ids)})


def watermark(lm: CausalLM, text: str) -> Events:
    """The :class:`WatermarkReading` of a text: arithmetic on its tokens, the network is not asked."""
    ids, lists = lm.encode(text), GreenList()
    steps = detecting(ids, lm.network.config.vocab_size, lists)
    for lists_made in itertools.count(1):
        try:
            judged = next(steps)
        except StopIteration as done:
            found: Detection = done.value
            break
        if lists_made % CHUNK == 0:
            yield Progress(step=judged, total=len(ids), message="tokens")
    yield Progress(step=len(ids), total=len(ids), message="tokens")
    output = WatermarkReading(
        tokens=texts(lm, ids), marks=found.marks, counted=found.tokens, green=found.green, gamma=lists.gamma,
        z=round(found.z, 3), p_value=found.p_value,
    )  # fmt: skip
    yield Result(output=output, info={"prompt_tokens": len(ids)})


def opened(lm: CausalLM, text: str) -> tuple[int, list[int]]:
    """The token a document begins after, and the text's own tokens.

    The tokenizer's beginning-of-text token where it writes one, else the end-of-text token that stood between the
    documents of the training data.
    """
    ids = lm.encode(text)
    tokenizer = lm.tokenizer
    if ids and ids[0] == tokenizer.bos_token_id:
        return ids[0], ids[1:]
    known = tokenizer.get_vocab().get("<|endoftext|>")
    start = next((i for i in (known, tokenizer.bos_token_id, tokenizer.eos_token_id) if i is not None), 0)
    return start, ids


def log_probabilities(
    lm: CausalLM, ids: Sequence[int], window: int | None = None, chunk: int = CHUNK, given: int = 1
) -> Iterator[Tensor]:
    """log p of every next token, natural logarithm, ids[given:] one after another: pieces of (≤ ``chunk``, V).

    Texts longer than the window are read in spans that overlap by half a window, and a token is always scored by the
    span that gives it the longest context.
    """
    network, total = lm.network, len(ids) - 1
    for begin, scored, stop in spans(total, min(window or lm.window, lm.window), given - 1):
        cache = network.cache(stop - begin)
        for at in range(begin, stop, chunk):
            until = min(at + chunk, stop)
            hidden = network.read(torch.tensor(ids[at:until]), cache)
            fresh = hidden[max(0, scored - at) :]
            if len(fresh):
                yield network.logits(fresh).log_softmax(-1).cpu()


def spans(total: int, window: int, first: int = 0) -> Generator[tuple[int, int, int], None, None]:
    """Stretches of a text to read: from, first position to score (at the earliest ``first``), up to (not included)."""
    begin, scored = 0 if total <= window else max(0, first - window // 2), first
    while scored < total:
        stop = min(begin + window, total)
        yield begin, scored, stop
        begin, scored = stop - window // 2, stop


def texts(lm: CausalLM, ids: Sequence[int]) -> tuple[str, ...]:
    """The text that each token adds; empty inside a character, whose text comes with its last token."""
    detokenizer = Detokenizer(lm.decode)
    pieces = [detokenizer.push(i) for i in ids]
    if pieces:
        pieces[-1] += detokenizer.flush()
    return tuple(pieces)


def _surprisal(lm: CausalLM, log_p: Tensor, token_id: int, text: str) -> Surprisal:
    """One token; ``log_p``: (V,)."""
    own = log_p[token_id]
    top, ids = torch.topk(without(log_p, lm.never), min(ALTERNATIVES, len(log_p)))
    likeliest = zip(ids.tolist(), top.exp().tolist(), strict=True)
    return Surprisal(
        text=text,
        bits=-float(own) / math.log(2),
        rank=1 + int((log_p > own).sum()),
        alternatives=tuple((lm.shown(i), round(p, 6)) for i, p in likeliest),
    )


def _check_length(tokens: int, most: int) -> None:
    if tokens > most:
        raise InvalidRequestError(
            f"text may have at most {most} tokens here; this model reads it as {tokens}. Please shorten it.",
            f"文本最多 {most} 个 token，该模型将其切分为 {tokens} 个，请缩短。",
        )


def _checked(name: str, name_zh: str, value: int | None, most: int) -> int | None:
    if value is not None and value > most:
        raise InvalidRequestError(
            f"{name} must be between 1 and {most} for this model; got {value}.",
            f"该模型的{name_zh}（{name}）应为 1 到 {most} 之间，收到 {value}。",
        )
    return value
