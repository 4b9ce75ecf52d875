"""Both sides of the formulas in the lessons on diffusion, by the suite's own code."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.models import gaussian_mixture, unet
from aigc_core.models.gaussian_mixture import GaussianMixture
from aigc_core.sampling.diffusion.bound import negative_elbo
from aigc_core.sampling.diffusion.posterior import posterior, step_kl
from aigc_core.sampling.diffusion.samplers import ddim, last

LINE = GaussianMixture(means=torch.tensor([[-1.5], [0.3], [1.3]]).double(), deviation=0.12, weights=(2, 1, 3))


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=runtime.generator(seed), dtype=torch.float64)


# --- diffusion-objective ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [0.3, 1.0, 4.0])
def test_no_answer_beats_the_posterior_mean(sigma: float) -> None:
    """Moving, scaling or sharpening the exact denoiser's answers makes the squared error over samples larger."""
    clean = LINE.sample(20_000, runtime.generator(0))
    x = clean + sigma * noise(20_000, 1, seed=1)
    best = LINE(x, sigma)
    nearest = LINE.means[LINE.responsibilities(x, sigma).argmax(1)]

    def error(answer: Tensor) -> float:
        return float((answer - clean).square().mean())

    assert error(best) < min(error(best + 0.05), error(best - 0.05), error(1.1 * best), error(0.9 * best), error(nearest))


def test_score_is_the_slope_of_the_log_density() -> None:
    x, step = noise(30, 1), 1e-5
    for sigma in (0.2, 1.0, 5.0):
        slope = (LINE.log_density(x + step, sigma) - LINE.log_density(x - step, sigma)) / (2 * step)
        torch.testing.assert_close(LINE.score(x, sigma)[:, 0], slope, rtol=1e-6, atol=1e-6)


def test_posterior_by_bayes_rule_on_a_grid() -> None:
    x, x_0, sigma, after = -0.5, 1.0, 1.0, 0.7
    at = torch.linspace(-8, 8, 100_001, dtype=torch.float64)
    share = (-((at - x_0) ** 2) / (2 * after**2) - (x - at) ** 2 / (2 * (sigma**2 - after**2))).softmax(0)
    mean = float((share * at).sum())
    told, deviation = posterior(torch.tensor([[x]]).double(), torch.tensor([[x_0]]).double(), sigma, after)
    assert float(told) == pytest.approx(mean, abs=1e-9)
    assert deviation == pytest.approx(float((share * (at - mean) ** 2).sum().sqrt()), abs=1e-9)


def test_kl_of_a_step_is_a_squared_error() -> None:
    """∫ q log(q/p) of the two Gaussians on a grid."""
    x, x_0, denoised, sigma, after = (torch.tensor([[value]]).double() for value in (0.2, 1.0, 0.4, 1.5, 1.0))
    at = torch.linspace(-12, 12, 200_001, dtype=torch.float64)
    (mean,), deviation = posterior(x, x_0, float(sigma), float(after))
    (guess,), _ = posterior(x, denoised, float(sigma), float(after))
    density = (-((at - mean) ** 2) / (2 * deviation**2)).softmax(0)
    ratio = ((at - guess) ** 2 - (at - mean) ** 2) / (2 * deviation**2)
    assert float(step_kl(x_0, denoised, float(sigma), float(after))) == pytest.approx(float((density * ratio).sum()), rel=1e-6)


@pytest.mark.parametrize("x_0", [-1.4, 0.3, 0.8])
def test_bound_lies_above_and_closes(x_0: float) -> None:
    """Twice the steps halve the gap to −log p(x_0), which the mixture knows exactly."""
    exact = -float(LINE.log_density(torch.tensor([[x_0]]).double(), 0.0))
    gaps = []
    for count in (100, 200, 400):
        sigmas = torch.logspace(math.log10(20), math.log10(0.01), count + 1, dtype=torch.float64)
        gaps.append(negative_elbo(LINE, x_0, sigmas).total - exact)
    assert all(gap > 0 for gap in gaps)
    for coarse, fine in itertools.pairwise(gaps):
        assert coarse / fine == pytest.approx(2, abs=0.25)


def test_objective_is_the_weighted_squared_error() -> None:
    """With D = x, the error is σ·ε and the loss λ·σ²·|ε|²."""
    images, eps, sigma = noise(4, 3, 8, 8), noise(4, 3, 8, 8, seed=1), torch.tensor([0.1, 0.5, 2.0, 9.0]).double()
    told = unet.loss(lambda x, level, labels: x, images, sigma, eps, None, 0.5)
    expected = (sigma**2 + 0.25) / (sigma * 0.5) ** 2 * sigma**2 * eps.square().mean((1, 2, 3))
    torch.testing.assert_close(told, expected)


def test_ddim_is_an_euler_step_on_the_ode() -> None:
    data = gaussian_mixture.moons()
    x, sigma, after = 3 * noise(20, 2), 3.0, 2.2
    slope = (x - data(x, sigma)) / sigma
    step = last(ddim(data, x, torch.tensor([sigma, after])))
    torch.testing.assert_close(step, x + (after - sigma) * slope, rtol=1e-6, atol=1e-6)
