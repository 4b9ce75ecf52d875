"""The smoothed n-gram model against its formula worked out by hand, and what must hold for any counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aigc_core.errors import CheckpointError
from aigc_core.models.ngram import FILE, NGram, discount

A, B, C = 0, 1, 2
TEXT = [A, B, A, B, A, C, A, B, B, C]
EVENTS = [([(TEXT[i - 1],), ()], TEXT[i]) for i in range(1, len(TEXT))]
"""Pairs: A→B three times, A→C, B→A twice, B→B, B→C, C→A."""


def test_probabilities_are_those_of_the_formula() -> None:
    model = NGram.fit(EVENTS, vocabulary=4)
    d1 = 4 / (4 + 2 * 1)  # A→C, B→B, B→C, C→A once; B→A twice
    assert model.discounts[0] == pytest.approx(d1)
    # in how many contexts each token was seen: A after B and C, B after A and B, C after A and B; no token in just one
    d0, total = 0.5, 6
    lower = dict.fromkeys((A, B, C), (2 - d0) / total + d0 * 3 / total / 4) | {3: d0 * 3 / total / 4}
    after_a = {B: 3, C: 1}
    for w in range(4):
        expected = max(after_a.get(w, 0) - d1, 0) / 4 + d1 * 2 / 4 * lower[w]
        assert model.probabilities([(A,), ()])[w] == pytest.approx(expected)


def test_a_context_never_seen_passes_on_to_the_next_level() -> None:
    model = NGram.fit(EVENTS, vocabulary=4)
    assert np.allclose(model.probabilities([(9,), ()]), model.probabilities([(8,), ()]))
    assert model.probabilities([(9,), ()])[3] > 0, "a token never seen must stay possible"


def test_probabilities_sum_to_one_and_counting_helps() -> None:
    rng = np.random.default_rng(0)
    text = [0, 0]
    for _ in range(3000):  # each token tends to be the sum of the two before it
        text.append(int((text[-1] + text[-2] + 1) % 7 if rng.random() < 0.8 else rng.integers(7)))
    events = [([(text[i - 2], text[i - 1]), (text[i - 1],), ()], text[i]) for i in range(2, len(text))]
    model = NGram.fit(events[:2500], vocabulary=7)
    for contexts, _ in events[2500:2600]:
        assert model.probabilities(contexts).sum() == pytest.approx(1.0)
    entropy = -(0.8 + 0.2 / 7) * np.log2(0.8 + 0.2 / 7) - 6 * (0.2 / 7) * np.log2(0.2 / 7)
    assert entropy - 0.15 < model.bits(events[2500:]) < entropy + 0.25 < np.log2(7)


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    model = NGram.fit(EVENTS, vocabulary=4)
    model.save(tmp_path)
    loaded = NGram.load(tmp_path)
    for h in (A, B, C, 9):
        assert np.array_equal(model.probabilities([(h,), ()]), loaded.probabilities([(h,), ()]))


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\0" * 20)
    with pytest.raises(CheckpointError, match="Delete"):
        NGram.load(tmp_path)


def test_the_discount_is_a_half_where_counts_say_nothing() -> None:
    assert discount(np.array([5, 7], np.int32)) == 0.5
    assert discount(np.array([1, 1, 2], np.int32)) == pytest.approx(2 / 4)
