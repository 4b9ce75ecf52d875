"""The posterior of a step against Bayes' rule on a grid, and the KL term against torch's."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from aigc_core.sampling.diffusion.posterior import posterior, step_kl


@pytest.mark.parametrize(("sigma", "after"), [(1.0, 0.8), (3.0, 0.5), (0.2, 0.19)])
def test_posterior_is_bayes_rule(sigma: float, after: float) -> None:
    """q(x'|x_0)·q(x|x') over a grid of x', made to sum to 1: its mean and deviation."""
    x_0, x = 0.7, -0.4
    at = torch.linspace(-15, 15, 300_001, dtype=torch.float64)
    log = Normal(x_0, after).log_prob(at) + Normal(at, (sigma**2 - after**2) ** 0.5).log_prob(torch.tensor(x).double())
    share = log.softmax(0)
    mean = float((share * at).sum())
    deviation = float((share * (at - mean) ** 2).sum().sqrt())
    told = posterior(torch.tensor([[x]]).double(), torch.tensor([[x_0]]).double(), sigma, after)
    assert float(told[0]) == pytest.approx(mean, abs=1e-6)
    assert told[1] == pytest.approx(deviation, abs=1e-6)


def test_term_of_the_bound_is_the_kl_of_two_posteriors() -> None:
    generator = torch.Generator().manual_seed(0)
    x, x_0, denoised = torch.randn(3, 5, 4, generator=generator, dtype=torch.float64)
    sigma, after = 1.3, 0.9
    mean, deviation = posterior(x, x_0, sigma, after)
    guess, _ = posterior(x, denoised, sigma, after)
    expected = kl_divergence(Normal(mean, deviation), Normal(guess, deviation)).sum(1)
    torch.testing.assert_close(step_kl(x_0, denoised, sigma, after), expected)


def test_last_step_is_certain() -> None:
    x_0 = torch.tensor([[0.25]])
    mean, deviation = posterior(torch.tensor([[3.0]]), x_0, 1.0, 0.0)
    assert torch.equal(mean, x_0) and deviation == 0
