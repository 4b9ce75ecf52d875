"""Drafts change the cost, not the text."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
import torch
from torch import Tensor

from aigc_core.sampling.text import contrastive, speculative
from aigc_core.sampling.text.tokens import typical

P = torch.tensor([[0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.3, 0.4, 0.3]])
Q = torch.tensor([[0.2, 0.5, 0.3], [0.3, 0.4, 0.3], [0.9, 0.05, 0.05]])
"""A target and a poor draft of it, each a first-order chain over three tokens."""


def draft(ids: Sequence[int]) -> Tensor:
    return Q[ids[-1]]


def target(ids: Sequence[int], guesses: Sequence[int]) -> Tensor:
    return P[[ids[-1], *guesses]]


def rounds(seed: int, drafts: int = 2, new_tokens: int = 3) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    return list(
        itertools.chain.from_iterable(
            speculative.generate([0], draft, target, drafts=drafts, new_tokens=new_tokens, generator=generator)
        )
    )


def test_the_distribution_of_whole_texts_is_the_targets() -> None:
    n = 6000
    counts = Counter(tuple(rounds(seed)) for seed in range(n))
    distance, chi = 0.0, 0.0
    for text in itertools.product(range(3), repeat=3):
        p = float(P[0, text[0]] * P[text[0], text[1]] * P[text[1], text[2]])
        distance += abs(counts[text] / n - p) / 2
        chi += (counts[text] - n * p) ** 2 / (n * p)
    assert chi < 54.1, "the 99.9 % point of χ² with 26 degrees of freedom"
    assert distance < 0.05


def test_a_perfect_draft_always_stands() -> None:
    generator = torch.Generator().manual_seed(0)
    run = speculative.generate([0], lambda ids: P[ids[-1]], target, drafts=4, new_tokens=25, generator=generator)
    share: list[float] = []

    def watched() -> Iterator[list[int]]:
        share.append((yield from run))

    lengths = [len(fresh) for fresh in watched()]
    assert share == [1.0]
    assert lengths == [5] * 5


def test_certain_distributions_give_the_certain_text() -> None:
    sure = torch.eye(3)[[1, 2, 0]]
    run = speculative.generate(
        [0], draft, lambda ids, guesses: sure[[ids[-1], *guesses]], drafts=3, new_tokens=7,
        generator=torch.Generator().manual_seed(1),
    )  # fmt: skip
    assert list(itertools.chain.from_iterable(run)) == [1, 2, 0, 1, 2, 0, 1]


@pytest.mark.parametrize("wanted", [1, 2, 5])
def test_as_many_tokens_come_as_were_asked_for(wanted: int) -> None:
    assert len(rounds(3, drafts=4, new_tokens=wanted)) == wanted
    with pytest.raises(ValueError, match="at least 1; got 0"):
        rounds(0, drafts=0)


def drafts(*ids: int, most: int = 9, shortest: int = 2) -> list[int]:
    lookup = speculative.Lookup()
    lookup.push(ids)
    return lookup.draft(most, shortest)


def test_a_copy_is_trusted_as_far_as_the_ending_is_long() -> None:
    assert drafts(1, 2, 3, 4, 5, 6, 7) == []
    assert drafts(1, 2, 3, 4, 5, 6, 7, 1) == [], "one token is no evidence"
    assert drafts(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2) == [3]
    assert drafts(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) == [4, 5, 6]
    assert drafts(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4) == [5, 6, 7, 8, 9]
    assert drafts(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, most=2) == [5, 6]
    assert drafts(1, 2, 8, 1, 2, 9, 1, 2) == [9], "the last time counts"
    assert drafts(1, 2, 8, 1, 2, 9, 8, 1, 2) == [9, 8, 1], "a longer ending counts more"
    assert drafts(4, 7, 4, 7, 4) == [7, 4, 7], "a copy goes on with itself"
    assert drafts(1, 2, 3, 9, 1, 2, 3, shortest=4) == []


def test_a_lookup_fed_in_pieces_is_the_same() -> None:
    ids = [1, 2, 3, 1, 2, 4, 1, 2, 3, 1]
    whole, pieces = speculative.Lookup(), speculative.Lookup()
    whole.push(ids)
    for i in ids:
        pieces.push([i])
    assert whole.draft(7) == pieces.draft(7) != []


def test_contrastive_search_by_hand() -> None:
    earlier = torch.tensor([[1.0, 0.0]])
    candidates = torch.tensor([[2.0, 0.0], [0.0, 5.0]])  # the likelier one repeats an earlier state
    probability = torch.tensor([0.7, 0.3])
    assert contrastive.choose(probability, candidates, earlier, 0.0) == 0
    assert contrastive.choose(probability, candidates, earlier, 0.5) == 1  # 0.35 - 0.5 < 0.15 - 0
    with pytest.raises(ValueError, match="between 0 and 1; got 2"):
        contrastive.choose(probability, candidates, earlier, 2)


def test_typical_keeps_what_is_as_surprising_as_expected() -> None:
    p = torch.tensor([0.5, 0.25, 0.125, 0.125])  # entropy 1.75 bits; surprises 1, 2, 3, 3
    kept = typical(p.log(), 0.2)
    assert torch.isfinite(kept).tolist() == [False, True, False, False]
    kept = typical(p.log(), 0.5)
    assert torch.isfinite(kept).tolist() == [True, True, False, False]
    assert torch.equal(typical(p.log(), 1.0), p.log())
