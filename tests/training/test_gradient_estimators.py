"""Both estimators average to the true gradient where they should; a staircase fools the pathwise one."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.training.gradient_estimators import pathwise, score_function

MEAN, DEVIATION = torch.tensor([0.3, -0.5]), 0.7
NOISE = torch.randn(200_000, 2, generator=runtime.generator(0))


def quadratic(z: Tensor) -> Tensor:
    return 0.5 * (z - 1).square().sum(1)


def staircase(z: Tensor) -> Tensor:
    return torch.sign(z).sum(1)


def test_both_average_to_the_gradient_of_a_smooth_loss() -> None:
    for estimate in (pathwise, score_function):
        average = estimate(quadratic, MEAN, DEVIATION, NOISE).mean(0)
        torch.testing.assert_close(average, MEAN - 1, rtol=0, atol=0.04)


def test_a_baseline_keeps_the_mean_and_lowers_the_variance() -> None:
    plain = score_function(quadratic, MEAN, DEVIATION, NOISE)
    lowered = score_function(quadratic, MEAN, DEVIATION, NOISE, baseline=float(quadratic(MEAN + 0 * NOISE[:1])))
    torch.testing.assert_close(lowered.mean(0), MEAN - 1, rtol=0, atol=0.04)
    assert (lowered.var(0) < 0.8 * plain.var(0)).all()


def test_a_staircase_has_a_gradient_that_only_the_score_function_sees() -> None:
    exact = [2 * math.exp(-0.5 * (m / DEVIATION) ** 2) / (DEVIATION * math.sqrt(2 * math.pi)) for m in MEAN.tolist()]
    assert score_function(staircase, MEAN, DEVIATION, NOISE).mean(0).tolist() == pytest.approx(exact, abs=0.02)
    assert pathwise(staircase, MEAN, DEVIATION, NOISE).abs().max() == 0
