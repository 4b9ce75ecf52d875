"""A watermark in text: a statistical trace in the choice of tokens, invisible to readers, found with arithmetic.

Kirchenbauer et al. 2023 (arXiv 2301.10226), algorithm 2 (soft red list): the previous token seeds a generator that paints
a share γ of the vocabulary green; green logits rise by δ before the draw. Who knows the key repaints the lists and counts.
In text written without it a token is green with probability γ, so the count over n tokens is binomial, and

    z = (g − γn) / √(n γ (1 − γ)),    p = P(X ≥ g), X ~ Bin(n, γ)

A pair (previous token, token) is counted once: repeated phrases would otherwise count as fresh evidence.

Shapes: V vocabulary.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

_MIX = 0x9E3779B97F4A7C15


@dataclass(frozen=True, kw_only=True)
class GreenList:
    """The settings that writer and detector share."""

    gamma: float = 0.25
    """Share of the vocabulary that is green, 0 to 1 exclusive."""
    delta: float = 2.0
    """Amount added to green logits; a larger one is easier to detect and degrades the text more."""
    key: int = 15_485_863

    def __post_init__(self) -> None:
        if not 0 < self.gamma < 1 or self.delta < 0:
            raise ValueError(f"0 < gamma < 1 and delta >= 0; got {self.gamma}, {self.delta}")

    def mask(self, previous: int, vocabulary: int) -> Tensor:
        """The green tokens after ``previous``, (V,) bool, on the CPU."""
        seed = ((previous + 1) * _MIX + self.key) % 2**63
        return torch.rand(vocabulary, generator=torch.Generator().manual_seed(seed)) < self.gamma

    def raised(self, logits: Tensor, previous: int) -> Tensor:
        """Logits with δ added to the green ones, (V,)."""
        return logits + self.delta * self.mask(previous, len(logits)).to(logits.device)


class Detection(NamedTuple):
    """The detector's result."""

    tokens: int
    """Distinct (previous, token) pairs counted."""
    green: int
    z: float
    """Standard deviations above what unmarked text would have."""
    p_value: float
    """Chance that unmarked text has at least as many green tokens."""
    marks: tuple[bool, ...]
    """For each token but the first: is it green?"""


def detect(ids: Sequence[int], vocabulary: int, green_list: GreenList | None = None) -> Detection:
    """Look for the watermark in token ids; fewer than two tokens are no evidence (z = 0, p = 1)."""
    steps = detecting(ids, vocabulary, green_list)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            found: Detection = done.value
            return found


def detecting(
    ids: Sequence[int], vocabulary: int, green_list: GreenList | None = None
) -> Generator[int, None, Detection]:
    """:func:`detect`, yielding how many tokens have been judged; one list of the vocabulary is held at a time."""
    lists = green_list or GreenList()
    after: dict[int, set[int]] = {}
    for previous, token in itertools.pairwise(ids):
        after.setdefault(previous, set()).add(token)
    pairs: dict[tuple[int, int], bool] = {}
    for previous, tokens in after.items():
        mask = lists.mask(previous, vocabulary)
        pairs.update({(previous, token): bool(mask[token]) for token in tokens})
        yield len(pairs)
    n, green = len(pairs), sum(pairs.values())
    if not n:
        return Detection(0, 0, 0.0, 1.0, ())
    z = (green - lists.gamma * n) / math.sqrt(n * lists.gamma * (1 - lists.gamma))
    marks = tuple(pairs[pair] for pair in itertools.pairwise(ids))
    return Detection(n, green, z, binomial_tail(n, green, lists.gamma), marks)


def binomial_tail(n: int, k: int, p: float) -> float:
    """P(X ≥ k) for X ~ Bin(n, p), exact up to rounding."""

    def log_mass(i: int) -> float:
        choose = math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1)
        return choose + i * math.log(p) + (n - i) * math.log1p(-p)

    return min(1.0, math.fsum(math.exp(log_mass(i)) for i in range(k, n + 1)))
