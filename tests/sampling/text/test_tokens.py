"""Token sampling against its definitions, written out the slow way."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from aigc_core.sampling.text.tokens import Sampling, draw, min_p, repetition_penalty, top_k, top_p

logit_lists = st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=40)


def softmax(values: list[float]) -> list[float]:
    top = max(values)
    weights = [math.exp(v - top) for v in values]
    return [w / sum(weights) for w in weights]


def kept(logits: Tensor) -> set[int]:
    return {i for i, value in enumerate(logits.tolist()) if value > -math.inf}


@given(logit_lists, st.floats(0.05, 0.99))
def test_top_p_keeps_the_smallest_set_that_reaches_p(values: list[float], p: float) -> None:
    left = kept(top_p(torch.tensor(values), p))
    probabilities = softmax(values)
    total = sum(probabilities[i] for i in left)
    assert total >= p - 1e-5
    assert total - min(probabilities[i] for i in left) < p + 1e-5, "one token fewer would do, too"
    outside = set(range(len(values))) - left
    if outside:
        assert max(probabilities[i] for i in outside) <= min(probabilities[i] for i in left) + 1e-6


def test_top_p_always_keeps_the_likeliest() -> None:
    assert kept(top_p(torch.tensor([0.0, 9.0, 1.0]), 0.01)) == {1}


@given(logit_lists, st.integers(0, 50))
def test_top_k_keeps_the_k_largest(values: list[float], k: int) -> None:
    logits, ids = top_k(torch.tensor(values), k)
    assert logits.tolist() == sorted(values, reverse=True)[: k or len(values)]
    assert [values[i] for i in ids.tolist()] == logits.tolist()


@given(logit_lists, st.floats(0.01, 1.0))
def test_min_p_keeps_what_is_at_least_p_times_as_likely_as_the_likeliest(values: list[float], p: float) -> None:
    left = kept(min_p(torch.tensor(values), p))
    probabilities = softmax(values)
    threshold = p * max(probabilities)
    for i, probability in enumerate(probabilities):
        if abs(probability - threshold) > 1e-5 * max(probabilities):
            assert (i in left) == (probability >= threshold)


def test_repetition_penalty_lowers_seen_tokens_on_both_sides_of_zero() -> None:
    logits = torch.tensor([2.0, -2.0, 3.0, 0.0])
    assert repetition_penalty(logits, [0, 1, 3], 2.0).tolist() == [1.0, -4.0, 3.0, 0.0]
    assert logits.tolist() == [2.0, -2.0, 3.0, 0.0], "the input must stay as it is"


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(temperature=0.0),
        Sampling(temperature=1e-40),
        Sampling(top_k=1),
        Sampling(top_p=0.01),
        Sampling(min_p=1.0),
    ],
)
def test_every_way_of_leaving_one_candidate_takes_the_likeliest(sampling: Sampling) -> None:
    logits = torch.randn(100, generator=torch.Generator().manual_seed(1))
    drawn = {draw(logits, sampling, (), torch.Generator().manual_seed(seed)) for seed in range(20)}
    assert drawn == {int(logits.argmax())}


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_softmax_of_logits_over_temperature(temperature: float) -> None:
    logits = torch.tensor([1.0, 0.0, -1.0, 2.0])
    generator = torch.Generator().manual_seed(0)
    n = 6000
    counts = [0] * 4
    for _ in range(n):
        counts[draw(logits, Sampling(temperature=temperature), (), generator)] += 1
    expected = softmax([x / temperature for x in logits.tolist()])
    chi2 = sum((c - n * e) ** 2 / (n * e) for c, e in zip(counts, expected, strict=True))
    assert chi2 < 16.3, "0.1 % point of χ² with 3 degrees of freedom"


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_a_draw_depends_on_its_generator_alone(seed: int) -> None:
    logits = torch.linspace(-2, 2, 50)
    sampling = Sampling(temperature=0.9, top_k=30, top_p=0.9, min_p=0.02, repetition_penalty=1.2)
    first = draw(logits, sampling, {3, 49}, torch.Generator().manual_seed(seed))
    torch.manual_seed(seed + 1)
    assert draw(logits, sampling, {3, 49}, torch.Generator().manual_seed(seed)) == first
