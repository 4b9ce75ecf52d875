"""Beam search against exhaustive search on a small Markov chain."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from aigc_core.sampling.text.beam import BeamConfig, beam_search, repeated

V, END, START = 5, 4, 0


def _chain(seed: int) -> Tensor:
    """Logits of the next token given the last, (V, V)."""
    return torch.randn(V, V, generator=torch.Generator().manual_seed(seed)) * 2


def _run(logits: Tensor, config: BeamConfig) -> list[int]:
    search = beam_search(lambda tokens, order: logits[tokens], config)
    while True:
        try:
            next(search)
        except StopIteration as end:
            return end.value


def _score(logits: Tensor, tokens: tuple[int, ...], alpha: float) -> float:
    log_p = torch.log_softmax(logits, -1)
    pairs = itertools.pairwise((START, *tokens))
    return sum(log_p[a, b].item() for a, b in pairs) / len(tokens) ** alpha


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_beam_as_wide_as_the_space_finds_the_best_sequence(seed: int, alpha: float) -> None:
    logits, length = _chain(seed), 4
    config = BeamConfig(
        num_beams=V**length, max_new_tokens=length, length_penalty=alpha, start_token=START, end_tokens=(END,)
    )
    inner = [t for t in range(V) if t != END]
    every = [
        (*body, last)
        for n in range(length)
        for body in itertools.product(inner, repeat=n)
        for last in (range(V) if n == length - 1 else [END])
    ]
    best = max(every, key=lambda tokens: _score(logits, tokens, alpha))
    assert tuple(_run(logits, config)) == best


@pytest.mark.parametrize("seed", range(4))
def test_one_beam_is_greedy(seed: int) -> None:
    logits = _chain(seed)
    found = _run(logits, BeamConfig(num_beams=1, max_new_tokens=12, start_token=START, end_tokens=(END,)))
    for last, token in itertools.pairwise((START, *found)):
        assert token == int(logits[last].argmax())


def test_constraints_hold() -> None:
    config = BeamConfig(
        num_beams=3, max_new_tokens=9, min_new_tokens=5, no_repeat_ngram_size=2, start_token=START, end_tokens=(END,),
        first_token=2, last_token=END,
    )  # fmt: skip
    for seed in range(8):
        found = _run(_chain(seed), config)
        assert found[0] == 2 and found[-1] == END and 5 < len(found) <= 9
        pairs = list(itertools.pairwise(found[:-1]))
        assert len(pairs) == len(set(pairs))


def test_repeated_names_what_would_repeat() -> None:
    assert repeated([1, 2, 3, 1, 2], 3) == [3]
    assert repeated([1, 2], 3) == []
    assert sorted(repeated([1, 2], 1)) == [1, 2]
