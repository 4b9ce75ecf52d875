"""ε, x_0, v and velocity against their definitions, and the weights that follow."""

from __future__ import annotations

import pytest
import torch

from aigc_core import runtime
from aigc_core.sampling.diffusion.predictions import TARGETS, coefficients, from_denoised, to_denoised, weight
from aigc_core.sampling.diffusion.schedules import alpha_bar_of


@pytest.mark.parametrize("sigma", [0.05, 1.0, 20.0])
def test_targets_are_what_their_papers_define(sigma: float) -> None:
    """With the true x_0 in the place of D."""
    x_0, eps = torch.randn(2, 7, generator=runtime.generator(0), dtype=torch.float64)
    alpha_bar = float(alpha_bar_of(torch.tensor(sigma, dtype=torch.float64)))
    defined = {"x0": x_0, "eps": eps, "v": alpha_bar**0.5 * eps - (1 - alpha_bar) ** 0.5 * x_0, "velocity": eps - x_0}
    for target in TARGETS:
        torch.testing.assert_close(from_denoised(target, x_0 + sigma * eps, x_0, sigma), defined[target])


@pytest.mark.parametrize("target", TARGETS)
def test_round_trip_and_error(target: str) -> None:
    x, denoised, off = torch.randn(3, 7, generator=runtime.generator(1), dtype=torch.float64)
    answer = from_denoised(target, x, denoised, 0.7)
    torch.testing.assert_close(to_denoised(target, x, answer, 0.7), denoised)
    error = (from_denoised(target, x, denoised + off, 0.7) - answer).square().sum()
    assert float(error) == pytest.approx(weight(target, 0.7) * float(off.square().sum()))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="target"):
        coefficients("noise", 1.0)
    with pytest.raises(ValueError, match="sigma"):
        coefficients("eps", 0.0)
