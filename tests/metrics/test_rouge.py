"""ROUGE's alignment; its scores are tested with the evaluation of summaries."""

from __future__ import annotations

import itertools
import random

import pytest

from aigc_core.metrics.rouge import alignment, longest_common


@pytest.mark.parametrize("seed", range(20))
def test_an_alignment_is_a_longest_common_subsequence(seed: int) -> None:
    rng = random.Random(seed)
    a, b = ([rng.choice("abc") for _ in range(rng.randrange(12))] for _ in range(2))
    pairs = alignment(a, b)
    assert len(pairs) == longest_common(a, b)
    assert all(a[i] == b[j] for i, j in pairs)
    assert all(i < k and j < l for (i, j), (k, l) in itertools.pairwise(pairs))
