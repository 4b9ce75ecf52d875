"""The model with one latent number: its evidence, posterior and bound against closed forms."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_core.models.scalar_latent import GRID, STEP, ScalarLatent, log_normal

LINE = ScalarLatent(decode=lambda z: 2 * z, noise=0.5)


@pytest.mark.parametrize("x", [-3.0, 0.0, 1.2])
def test_a_linear_decoder_has_gaussian_evidence_and_posterior(x: float) -> None:
    variance = 4 + 0.25
    expected = float(log_normal(torch.tensor(x), 0.0, math.sqrt(variance)))
    assert LINE.log_evidence(x) == pytest.approx(expected, abs=1e-6)
    posterior = LINE.log_posterior(x).exp() * STEP
    assert float(posterior.sum()) == pytest.approx(1)
    assert float(posterior @ GRID) == pytest.approx(2 * x / variance, abs=1e-6)


def test_the_posterior_itself_closes_the_gap_and_everything_else_opens_it() -> None:
    x, variance = 1.2, 4.25
    mean, deviation = 2 * x / variance, math.sqrt(0.25 / variance)
    assert LINE.bound(x, mean, deviation).gap == pytest.approx(0, abs=1e-6)
    assert min(LINE.bound(x, mean + 0.1, deviation).gap, LINE.bound(x, mean, 1.5 * deviation).gap) > 0.05


def test_a_gaussian_on_one_of_two_modes_loses_at_least_ln_2() -> None:
    fold = ScalarLatent(decode=lambda z: z * z, noise=0.2)
    gaps = [fold.bound(1.0, m, v).gap for m in (0.8, 0.9, 1.0) for v in (0.06, 0.1, 0.15)]
    assert math.log(2) < min(gaps) < math.log(2) + 0.1
