"""Sample the next token from the logits of a language model: pure functions, one vector at a time.

Order, as in transformers: repetition penalty, (watermark,) temperature, top-k, top-p, min-p, typical, then one draw.

Shapes: V vocabulary; every function also takes the shorter vector of the candidates that are left.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_core.sampling.text.watermark import GreenList

GREEDY = 1e-4
"""Temperatures below it would overflow the logits and leave one token anyway."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """Sampling settings; the defaults sample from the model's unchanged distribution."""

    temperature: float = 1.0
    """0 (in fact below :data:`GREEDY`) takes the likeliest token, below 1 sharpens, above 1 flattens."""
    top_k: int = 0
    """Keep this many of the likeliest tokens; 0 keeps all."""
    top_p: float = 1.0
    """Keep the smallest set of likeliest tokens whose probabilities sum to at least this."""
    min_p: float = 0.0
    """Keep tokens at least this fraction as likely as the likeliest."""
    typical_p: float = 1.0
    """Keep the tokens whose surprise is closest to the expected one, up to this probability."""
    repetition_penalty: float = 1.0
    """Above 1: tokens already generated become less likely."""
    never: tuple[int, ...] = ()
    """Ids that are never drawn, such as the parts of characters in a vocabulary of whole ones."""
    watermark: GreenList | None = None
    """Raise the tokens that this list paints green after the previous one."""


def without(logits: Tensor, never: Collection[int]) -> Tensor:
    """-inf at the ids in ``never``; (V,)."""
    return logits.index_fill(0, torch.tensor(tuple(never)), -math.inf) if never else logits


def repetition_penalty(logits: Tensor, seen: Collection[int], penalty: float) -> Tensor:
    """Lower the logits of the tokens in ``seen``: x/θ where x > 0, x·θ where x < 0.

    CTRL (Keskar et al. 2019, arXiv 1909.05858, section 4.1) divides in both cases, which would *raise* a negative logit;
    this is the repair that everybody uses.

    Args:
        logits: (V,)
    """
    if penalty == 1.0 or not seen:
        return logits
    ids = torch.tensor(sorted(seen), device=logits.device)
    penalised = logits.clone()
    x = logits[ids]
    penalised[ids] = torch.where(x > 0, x / penalty, x * penalty)
    return penalised


def top_k(logits: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The ``k`` largest logits, largest first, and their ids (Fan et al. 2018, arXiv 1805.04833); all of them for k = 0."""
    return torch.topk(logits, min(k, len(logits)) if k else len(logits))


def top_p(logits: Tensor, p: float) -> Tensor:
    """Nucleus sampling (Holtzman et al. 2019, arXiv 1904.09751): -inf outside the smallest set with Σ probability ≥ p.

    A token stays if what comes before it in order of probability sums to less than ``p``; the likeliest always does.
    """
    if p >= 1.0:
        return logits
    probability, order = torch.sort(logits.softmax(-1), descending=True)
    before = probability.cumsum(-1) - probability
    return logits.index_fill(0, order[before >= p], -math.inf)


def min_p(logits: Tensor, p: float) -> Tensor:
    """-inf where the probability is below ``p`` times the largest one (Nguyen et al. 2024, arXiv 2407.01082)."""
    if p <= 0.0:
        return logits
    return logits.masked_fill(logits < logits.max() + math.log(p), -math.inf)


def typical(logits: Tensor, p: float) -> Tensor:
    """Locally typical sampling (Meister et al. 2022, arXiv 2202.00666): -inf outside the most typical set.

    Typical are tokens whose surprise −log p(v) is close to the entropy H = −Σ p log p, what a speaker would convey on
    average; the smallest such set with Σ probability ≥ ``p`` stays.
    """
    if p >= 1.0:
        return logits
    log_p = logits.log_softmax(-1)
    probability = log_p.exp()
    entropy = -(probability * log_p).nansum()
    order = torch.argsort((-log_p - entropy).abs(), stable=True)
    before = probability[order].cumsum(-1) - probability[order]
    return logits.index_fill(0, order[before >= p], -math.inf)


def processed(logits: Tensor, sampling: Sampling, seen: Collection[int], previous: int | None) -> Tensor:
    """Logits with what changes them before anything is cut off: what is never drawn, repetition penalty, watermark; (V,)."""
    logits = without(logits, sampling.never)
    logits = repetition_penalty(logits, seen, sampling.repetition_penalty)
    if sampling.watermark is not None and previous is not None:
        logits = sampling.watermark.raised(logits, previous)
    return logits


def draw(
    logits: Tensor, sampling: Sampling, seen: Collection[int], generator: torch.Generator, previous: int | None = None
) -> int:
    """One token id.

    Args:
        logits: (V,), float32, on the CPU, so that the draw does not depend on the device.
        seen: Ids generated so far, for the repetition penalty.
        generator: Advanced by one draw, except at temperature 0.
        previous: The token before, which seeds the watermark.
    """
    logits = processed(logits, sampling, seen, previous)
    if sampling.temperature < GREEDY:
        return int(logits.argmax())
    kept, ids = top_k(logits / sampling.temperature, sampling.top_k)  # (k,), (k,)
    kept = typical(min_p(top_p(kept, sampling.top_p), sampling.min_p), sampling.typical_p)
    return int(ids[torch.multinomial(kept.softmax(-1), 1, generator=generator)])
