"""Speculative decoding: a cheap model drafts, the real one checks all drafts at once; what comes out is distributed as ever.

Leviathan et al. 2023 (arXiv 2211.17192, algorithm 1); Chen et al. 2023 (arXiv 2302.01318). With draft distribution q and
target p, a drafted token x ~ q is kept with probability min(1, p(x)/q(x)); the first that is not is replaced by a draw
from the residual max(p − q, 0), normalised. Kept or replaced, the token is distributed exactly as p:

    q(x) min(1, p(x)/q(x)) + P(rejected) · residual(x) = min(p, q) + max(p − q, 0) = p.

If all k drafts are kept, p at the next place gives one more token for free.

A draft that is certain of its token (q = 1 for it) needs no q: draw x' ~ p and keep the draft if x' is it. The draft is
kept with probability p(x), and x' is otherwise distributed as p without x, which is the residual. The numbers drawn are
those of plain decoding, so the same seed even gives the same text. :class:`Lookup` is such a draft.

Shapes: k drafts, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import torch
from torch import Tensor

SHORTEST, LONGEST = 2, 5
"""Tokens at the end of a text that :class:`Lookup` looks for further up."""
Distribution = Callable[[Sequence[int]], Tensor]
"""Tokens so far to p of the next one, (V,)."""
Distributions = Callable[[Sequence[int], Sequence[int]], Tensor]
"""Tokens so far and k drafts to p at the drafts' places and the one after, (k + 1, V), from one pass."""


def verify(drafts: Sequence[int], p: Tensor, q: Tensor, generator: torch.Generator) -> list[int]:
    """The drafts that stand, and the token that follows them: 1 to k + 1 tokens.

    Args:
        drafts: Drawn from ``q``.
        p: (k + 1, V), the target's.
        q: (k, V), the draft's.
    """
    chances = torch.rand(len(drafts), generator=generator)
    for i, token in enumerate(drafts):
        if chances[i] * q[i, token] >= p[i, token]:  # kept with probability min(1, p/q)
            residual = (p[i] - q[i]).clamp(min=0)
            rest = residual if residual.sum() > 0 else p[i]  # p = q but for rounding
            return [*drafts[:i], int(torch.multinomial(rest, 1, generator=generator))]
    return [*drafts, int(torch.multinomial(p[len(drafts)], 1, generator=generator))]


def generate(
    prompt: Sequence[int],
    draft: Distribution,
    target: Distributions,
    *,
    drafts: int,
    new_tokens: int,
    generator: torch.Generator,
) -> Generator[list[int], None, float]:
    """Yield the tokens of every round until ``new_tokens`` were drawn.

    Returns:
        Share of drafted tokens that stood.

    Raises:
        ValueError: fewer than one draft or token asked for.
    """
    if drafts < 1 or new_tokens < 1:
        raise ValueError(f"drafts and new_tokens must be at least 1; got {drafts}, {new_tokens}")
    ids, left, offered, kept = list(prompt), new_tokens, 0, 0
    while left:
        guesses: list[int] = []
        qs: list[Tensor] = []
        for _ in range(min(drafts, left - 1)):
            qs.append(draft([*ids, *guesses]))
            guesses.append(int(torch.multinomial(qs[-1], 1, generator=generator)))
        p = target(ids, guesses)
        fresh = verify(guesses, p, torch.stack(qs) if qs else p[:0], generator)
        offered, kept = offered + len(guesses), kept + len(fresh) - 1
        ids += fresh
        left -= len(fresh)
        yield fresh
    return kept / max(1, offered)


class Lookup:
    """A draft that copies: what followed the last time that the text had the same ending.

    Prompt lookup decoding (Saxena 2023, github.com/apoorvumang/prompt-lookup-decoding), over the prompt and what was written since.
    The longer the ending that is found again, the further the copy is trusted: 2n − 3 tokens for an ending of n.
    """

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._after: dict[tuple[int, ...], int] = {}

    def push(self, ids: Sequence[int]) -> None:
        """More of the text."""
        for token in ids:
            at = len(self._ids)
            for n in range(SHORTEST, min(LONGEST, at) + 1):
                self._after[tuple(self._ids[at - n :])] = at
            self._ids.append(token)

    def draft(self, most: int, shortest: int = SHORTEST) -> list[int]:
        """Draft up to ``most`` tokens; none unless an ending of at least ``shortest`` tokens occurred before."""
        ids = self._ids
        for n in range(min(LONGEST, len(ids)), shortest - 1, -1):
            at = self._after.get(tuple(ids[-n:]))
            if at is not None:
                period = len(ids) - at  # a copy that reaches the end of the text goes on with itself
                return [ids[at + i % period] for i in range(min(most, 2 * n - 3))]
        return []
