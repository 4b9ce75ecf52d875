"""Beam search over any next-token function, one step at a time.

Of all continuations of the B hypotheses by one token the best B by summed log-probability live on; those that end are set
aside with the score (Wu et al. 2016, arXiv:1609.08144, section 7, in its simplest form)::

    s(y) = Σ_t log p(y_t | y_<t, x) / |y|^α

and the search ends when B of them have been set aside, or at the length limit. ``B = 1`` is greedy decoding.

Shapes: B beams, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

NextLogits = Callable[[Tensor, Tensor], Tensor]
"""``(tokens (B,), order (B,)) -> logits (B, V)``: arrange the cached hypotheses as ``order`` says, then read ``tokens``."""


@dataclass(frozen=True, kw_only=True)
class BeamConfig:
    """Settings of the search. Lengths are in new tokens, the end token included."""

    num_beams: int = 4
    max_new_tokens: int = 128
    min_new_tokens: int = 0
    length_penalty: float = 1.0
    """α: above 1 prefers longer texts, 0 the likeliest whole."""
    no_repeat_ngram_size: int = 0
    """No sequence of so many tokens, the start token included, occurs twice; 0 allows all."""
    start_token: int = 0
    end_tokens: tuple[int, ...] = ()
    first_token: int | None = None
    """Forced at the first step (BART begins with its sentence mark)."""
    last_token: int | None = None
    """Forced at the length limit."""

    def __post_init__(self) -> None:
        assert self.num_beams >= 1 and self.max_new_tokens >= 1


def beam_search(next_logits: NextLogits, config: BeamConfig) -> Generator[list[int], None, list[int]]:
    """Yield the leading hypothesis after each step; return the best, without the start token, the end token included."""
    b = config.num_beams
    beams: list[list[int]] = [[] for _ in range(b)]
    scores = torch.full((b,), -1e9)
    scores[0] = 0.0  # at the start all hypotheses are the same: let one of them speak
    tokens, order = torch.full((b,), config.start_token), torch.arange(b)
    finished: list[tuple[float, list[int]]] = []
    for length in range(1, config.max_new_tokens + 1):
        log_p = torch.log_softmax(next_logits(tokens, order).float(), dim=-1).cpu()  # (B, V)
        _constrain(log_p, beams, length, config)
        total, flat = (scores[:, None] + log_p).flatten().topk(b * (1 + max(1, len(config.end_tokens))))
        live: list[tuple[float, int, int]] = []
        for rank, (score, index) in enumerate(zip(total.tolist(), flat.tolist(), strict=True)):
            parent, token = divmod(index, log_p.shape[-1])
            if token in config.end_tokens or length == config.max_new_tokens:
                if rank < b:
                    finished.append((score / length**config.length_penalty, [*beams[parent], token]))
            elif len(live) < b:
                live.append((score, parent, token))
        if len(finished) >= b or not live:
            break
        beams = [[*beams[parent], token] for _, parent, token in live]
        scores = torch.tensor([score for score, _, _ in live])
        order, tokens = (torch.tensor([row[i] for row in live]) for i in (1, 2))
        yield beams[0]
    return max(finished, key=lambda pair: pair[0])[1] if finished else beams[0]


def _constrain(log_p: Tensor, beams: Sequence[list[int]], length: int, config: BeamConfig) -> None:
    """Rule out, in place, what the configuration forbids at this length."""
    forced = None
    if length == 1 and config.first_token is not None:
        forced = config.first_token
    elif length == config.max_new_tokens and config.last_token is not None:
        forced = config.last_token
    if forced is not None:
        log_p[:] = -torch.inf
        log_p[:, forced] = 0.0
        return
    if length <= config.min_new_tokens and config.end_tokens:
        log_p[:, list(config.end_tokens)] = -torch.inf
    if config.no_repeat_ngram_size > 0:
        for row, beam in zip(log_p, beams, strict=True):
            row[repeated([config.start_token, *beam], config.no_repeat_ngram_size)] = -torch.inf


def repeated(tokens: Sequence[int], n: int) -> list[int]:
    """The tokens that, appended, would make an n-gram of ``tokens`` occur a second time."""
    last = list(tokens[len(tokens) - n + 1 :]) if n > 1 else []
    if len(tokens) < n:
        return []
    return [tokens[i + n - 1] for i in range(len(tokens) - n + 1) if list(tokens[i : i + n - 1]) == last]
