"""Both sides of every formula of the first chapter."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from aigc_core.lessons.figures.background import forecast
from aigc_core.lessons.figures.background.classes import TRUTH
from aigc_core.metrics.compute import training_flops
from aigc_core.metrics.power_law import PowerLaw, fit
from aigc_core.models.gpt import GPT, GPTConfig, cross_entropy
from aigc_core.models.two_ways import fit_border, fit_gaussians
from aigc_core.sampling.text.shannon import longest_copy, write


def test_bayes_rule_on_two_gaussians_is_a_logistic_border() -> None:
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2
    model = TRUTH._replace(share=0.3)
    joint = torch.stack([model.log_density(x, y).exp() * share for y, share in ((0, 0.7), (1, 0.3))])
    assert torch.allclose(joint[1] / joint.sum(0), model.border().posterior(x))


def test_both_ways_find_the_true_border_given_many_points() -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.cat([TRUTH.sample(y, 20_000, generator) for y in (0, 1)])
    y = torch.arange(2).repeat_interleave(20_000)
    true = TRUTH.border()
    for border in (fit_border(x, y), fit_gaussians(x, y).border()):
        assert torch.nn.functional.cosine_similarity(border.w, true.w, dim=0) > 0.998
        assert border.b == pytest.approx(true.b, abs=0.1)


def test_made_points_have_the_mean_and_covariance_of_their_class() -> None:
    made = TRUTH.sample(1, 50_000, torch.Generator().manual_seed(2))
    assert torch.allclose(made.mean(0), TRUTH.means[1], atol=0.03)
    assert torch.allclose(made.T.cov(), TRUTH.covariance, atol=0.03)


def test_shannons_book_draws_from_the_n_gram_frequencies() -> None:
    book = "abac" * 50 + "abab" * 50  # after a: b in 150 of 200, c in 50 (the borders aside)
    text = write(book, 2, 4000, np.random.default_rng(0))
    after = Counter(b for a, b in itertools.pairwise(text) if a == "a")
    assert after["b"] / after.total() == pytest.approx(0.75, abs=0.04)
    pairs = {book[i : i + 2] for i in range(len(book))}
    assert {text[i : i + 2] for i in range(len(text) - 1)} <= pairs


def test_a_longer_memory_copies_longer_stretches() -> None:
    rng = np.random.default_rng(1)
    book = "".join(rng.choice(list("abcd"), 3000))
    copies = [longest_copy(write(book, order, 150, np.random.default_rng(0)), book) for order in (1, 9)]
    assert copies[1] > 3 * copies[0]
    assert longest_copy(book[100:140] + "z", book) == 40


def test_six_operations_a_weight_and_token() -> None:
    network = GPT(GPTConfig(vocab_size=512, hidden_size=64, intermediate_size=176, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, head_dim=16))  # fmt: skip
    ids = torch.randint(0, 512, (2, 32), generator=torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as counter:
        cross_entropy(network(ids), ids).backward()
    estimate = training_flops(sum(w.numel() for w in network.parameters()), ids.numel())
    assert counter.get_total_flops() == pytest.approx(estimate, rel=0.1)


def test_a_power_law_is_found_again() -> None:
    law = PowerLaw(1.2, 5.0, 0.5)
    steps = np.arange(200.0, 2000, 200)
    found = fit(steps, law(steps))
    assert found(np.array([4000.0]))[0] == pytest.approx(law(np.array([4000.0]))[0], abs=1e-3)


def test_the_learning_curve_is_read_from_the_card() -> None:
    steps, bits = forecast.curve()
    assert steps[0] == 200 and steps[-1] == 3600 and (np.diff(steps) > 0).all()
    assert 1.4 < bits.min() < bits.max() < 2
