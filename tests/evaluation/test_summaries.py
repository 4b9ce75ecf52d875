"""ROUGE against values worked out by hand, and against the reference implementation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from aigc_core.evaluation.summaries import baselines, copied, scores
from aigc_core.metrics.rouge import longest_common, rouge


def test_rouge_by_hand() -> None:
    # candidate 6 words, reference 5; shared: the, cat, the, mat -> 4; pairs: "the cat", "the mat" of 5 and 4 -> 2;
    # longest common subsequence: the cat the mat -> 4
    found = rouge("The cat sat on the mat.", "the cat lay (the mat)")
    assert found.rouge1 == pytest.approx(2 * 4 / 11)
    assert found.rouge2 == pytest.approx(2 * 2 / 9)
    assert found.rougeL == pytest.approx(2 * 4 / 11)
    # precision 1/2, recall 1/3 -> F1 2/5; no pair in common
    assert rouge("a b", "b c d") == pytest.approx((0.4, 0.0, 0.4))
    # a word counts as often as both have it
    assert rouge("a a a", "a a b").rouge1 == pytest.approx(2 / 3)
    assert rouge("", "a") == (0, 0, 0) and rouge("A-B", "a b") == (1, 1, 1)


def test_the_order_of_words_matters_to_rouge_l_only() -> None:
    found = rouge("one two three", "three two one")
    assert found.rouge1 == 1 and found.rougeL == pytest.approx(1 / 3)
    assert longest_common("abcbdab", "bdcaba") == 4


def test_copied_ngrams_and_baselines() -> None:
    assert copied("the red fox", "a red fox ran", 1) == pytest.approx(2 / 3)
    assert copied("the red fox", "a red fox ran", 2) == pytest.approx(1 / 2)
    assert copied("fox", "fox", 2) is None
    document = "Cats sleep. Red foxes ran far away in 1999. End."
    rows = baselines()
    assert rows["lead-1"](document, "").strip() == "Cats sleep."
    assert rows["oracle-sentence"](document, "red foxes ran").startswith("Red foxes")
    figures = scores([(document, "red foxes ran")], lambda d, r: "red foxes ran in 2001")
    assert figures["rouge1"] == 75.0 and figures["unsupported_numbers"] == 100.0 and figures["words"] == 5


@given(st.lists(st.sampled_from("a b c Cat DOG 7 x-y it's".split()), max_size=30), st.lists(st.sampled_from("a b c cat dog 7 x y".split()), max_size=30))  # fmt: skip
def test_rouge_is_that_of_the_reference_implementation(candidate: list[str], reference: list[str]) -> None:
    """Google's rouge-score, without stemming."""
    theirs = RougeScorer(["rouge1", "rouge2", "rougeL"])
    texts = [" ".join(words) for words in (candidate, reference)]
    expected = theirs.score(texts[1], texts[0])
    found = rouge(*texts)
    for name in ("rouge1", "rouge2", "rougeL"):
        assert getattr(found, name) == pytest.approx(expected[name].fmeasure)
