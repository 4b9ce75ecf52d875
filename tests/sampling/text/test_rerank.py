"""Choosing among replies, and the guard against going in circles."""

from __future__ import annotations

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from aigc_core.sampling.text.rerank import fitness, no_repeat_ngram


def test_a_bland_reply_wins_by_likelihood_and_loses_by_mutual_information() -> None:
    bland, fitting = (-4.0, -4.2, 4), (-6.0, -14.0, 4)
    assert fitness(*bland, 0.0) > fitness(*fitting, 0.0)
    assert fitness(*bland, 1.0) < fitness(*fitting, 1.0)
    assert fitness(-1.0, -1.0, 1, 0.5) == -math.inf, "an end token alone is no reply"


@given(st.lists(st.integers(0, 4), max_size=30), st.integers(1, 4))
def test_what_is_forbidden_is_exactly_what_would_repeat(ids: list[int], n: int) -> None:
    grams = {tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)}
    guarded = no_repeat_ngram(torch.zeros(5), ids, n)
    for token in range(5):
        repeats = len(ids) >= n and (*ids[len(ids) - n + 1 :], token) in grams
        assert (guarded[token] == -math.inf) == repeats
    assert torch.equal(no_repeat_ngram(torch.zeros(5), ids, 0), torch.zeros(5))
