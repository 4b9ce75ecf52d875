"""The watermark: silent where there is none, loud where there is."""

from __future__ import annotations

import math
import random

import pytest
import torch

from aigc_core.sampling.text.tokens import Sampling, draw
from aigc_core.sampling.text.watermark import GreenList, binomial_tail, detect

V = 60


def written(seed: int, length: int, lists: GreenList | None) -> list[int]:
    """Tokens drawn from flat-ish logits, with or without the mark."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(V, generator=generator)
    ids = [seed % V]
    for _ in range(length):
        ids.append(draw(logits, Sampling(watermark=lists), (), generator, ids[-1]))
    return ids


def test_unmarked_text_is_rarely_suspected() -> None:
    rng = random.Random(0)
    texts = [[rng.randrange(V) for _ in range(40)] for _ in range(2000)]
    p = [detect(ids, V).p_value for ids in texts]
    assert sum(value < 0.01 for value in p) / len(p) < 0.02
    assert 0.02 < sum(value < 0.05 for value in p) / len(p) < 0.08, "p-values are about uniform"


def test_marked_text_is_found_and_another_key_finds_nothing() -> None:
    lists = GreenList(delta=3.0)
    marked = [written(seed, 60, lists) for seed in range(10)]
    assert all(detect(ids, V, lists).p_value < 1e-3 for ids in marked)
    assert sum(detect(ids, V, GreenList(key=7)).p_value < 0.01 for ids in marked) <= 1
    assert sum(detect(written(seed, 60, None), V, lists).p_value < 0.01 for seed in range(10)) <= 1


def test_repeating_a_phrase_is_no_new_evidence() -> None:
    once, often = detect([1, 2, 3, 1], V), detect([1, 2, 3] * 50 + [1], V)
    assert (once.tokens, once.green, once.p_value) == (often.tokens, often.green, often.p_value)
    assert len(often.marks) == 150


def test_the_share_of_green_is_gamma_and_depends_on_the_previous_token_only() -> None:
    lists = GreenList(gamma=0.3)
    masks = torch.stack([lists.mask(previous, 500) for previous in range(40)])
    assert abs(float(masks.float().mean()) - 0.3) < 0.02
    assert torch.equal(masks[3], lists.mask(3, 500)) and not torch.equal(masks[3], masks[4])


def test_the_tail_is_the_binomials() -> None:
    assert binomial_tail(3, 2, 0.25) == pytest.approx(3 * 0.25**2 * 0.75 + 0.25**3)
    assert binomial_tail(5, 0, 0.25) == pytest.approx(1.0)
    z = detect([0, 1, 2], V, GreenList(gamma=0.5))
    assert z.z == pytest.approx((z.green - 1) / math.sqrt(2 * 0.25))


def test_no_pair_is_no_evidence_and_bad_settings_are_refused() -> None:
    assert detect([4], V)[:4] == (0, 0, 0.0, 1.0)
    with pytest.raises(ValueError, match=r"got 1\.5"):
        GreenList(gamma=1.5)
