"""The mixture's closed forms against sums over samples, automatic differentiation and numerical integration."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.models import gaussian_mixture
from aigc_core.models.gaussian_mixture import GaussianMixture

UNEVEN = GaussianMixture(means=torch.tensor([[-1.0], [0.4], [1.5]]).double(), deviation=0.2, weights=(1, 3, 2))


def grid(low: float = -30, high: float = 30, count: int = 200_001) -> Tensor:
    return torch.linspace(low, high, count, dtype=torch.float64)[:, None]


@pytest.mark.parametrize("sigma", [0.0, 0.3, 2.0])
def test_density_integrates_to_one(sigma: float) -> None:
    x = grid()
    assert float(torch.trapezoid(UNEVEN.log_density(x, sigma).exp(), x[:, 0])) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("sigma", [0.1, 1.0, 5.0])
def test_score_is_the_gradient_of_the_log_density(sigma: float) -> None:
    """Tweedie's formula against autograd, in the plane."""
    data = gaussian_mixture.ring(5)
    x = torch.randn(50, 2, generator=runtime.generator(0), dtype=torch.float64).requires_grad_(True)
    (slope,) = torch.autograd.grad(data.log_density(x, sigma).sum(), x)
    torch.testing.assert_close(data.score(x.detach(), sigma), slope, rtol=1e-9, atol=1e-9)


def test_denoiser_is_the_posterior_mean() -> None:
    """∫ x_0·p(x_0)·N(x; x_0, σ²) dx_0 / p(x; σ) on a grid."""
    x_0, x, sigma = grid(-6, 6, 20_001), torch.tensor([[-0.7], [0.1], [2.0]]).double(), 0.6
    likelihood = torch.exp(-((x - x_0.T) ** 2) / (2 * sigma**2)) * UNEVEN.log_density(x_0, 0).exp()
    mean = (likelihood @ x_0) / likelihood.sum(1, keepdim=True)
    torch.testing.assert_close(UNEVEN(x, sigma), mean, rtol=1e-6, atol=1e-6)


def test_one_level_for_each_point() -> None:
    x, levels = torch.randn(4, 1, generator=runtime.generator(1)), torch.tensor([0.1, 0.5, 2.0, 9.0])
    alone = torch.cat([UNEVEN(x[i : i + 1], float(levels[i])) for i in range(4)])
    torch.testing.assert_close(UNEVEN(x, levels), alone)
    assert UNEVEN(x, levels).dtype == torch.float32


def test_samples_have_the_weights_and_the_variance() -> None:
    points = UNEVEN.sample(40_000, runtime.generator(2))
    assert float(points.var()) == pytest.approx(UNEVEN.variance, rel=0.02)
    assert float((points < -0.3).double().mean()) == pytest.approx(1 / 6, abs=0.01)


@pytest.mark.parametrize("shape", [gaussian_mixture.ring(), gaussian_mixture.moons(), gaussian_mixture.spiral()])
def test_shapes_are_about_as_wide_as_standard_noise(shape: GaussianMixture) -> None:
    assert shape.variance == pytest.approx(1, abs=0.2)
    assert shape.means.mean(0).abs().max() < 0.35


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="2 weights"):
        GaussianMixture(means=torch.zeros(2, 1), deviation=1.0, weights=(1, 2, 3))
    with pytest.raises(ValueError, match="means"):
        GaussianMixture(means=torch.zeros(2), deviation=1.0)
