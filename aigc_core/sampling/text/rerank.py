"""Choosing among whole replies, and keeping one from going in circles: pure functions.

A small model's likeliest replies are those that fit anything ("Me too!"). Replies are therefore drawn first and chosen
afterwards by how much more likely the conversation makes them: with weight 1 this is the pointwise mutual information of
reply r and conversation c, log p(r | c) − log p(r) (Li et al. 2016, arXiv 1510.03055, equation 8, MMI-antiLM), per token.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor


def fitness(given: float, alone: float, tokens: int, weight: float) -> float:
    """(log p(r | c) − weight·log p(r)) / tokens, in nats; −inf for an empty reply.

    Args:
        given: log p(r | c), end token included.
        alone: log p(r) without any conversation.
        tokens: Length of r, end token included.
        weight: 0 ranks by likelihood, 1 by mutual information.
    """
    return (given - weight * alone) / tokens if tokens > 1 else -math.inf


def no_repeat_ngram(logits: Tensor, ids: Sequence[int], n: int) -> Tensor:
    """-inf for every token that would repeat a sequence of ``n`` tokens (Paulus et al. 2017, arXiv 1705.04304, section 2.5).

    Args:
        logits: (V,)
        ids: Tokens drawn so far.
        n: 0 forbids nothing.
    """
    if n < 1 or len(ids) < n:
        return logits
    end = tuple(ids[len(ids) - n + 1 :])
    banned = [ids[i + n - 1] for i in range(len(ids) - n + 1) if tuple(ids[i : i + n - 1]) == end]
    if not banned:
        return logits
    guarded = logits.clone()
    guarded[banned] = -math.inf
    return guarded
