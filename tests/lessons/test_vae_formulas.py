"""Both sides of every formula of the lessons on variational autoencoders."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.lessons.figures.vae import elbo_log, face_prior, faces
from aigc_core.models.linear_vae import LinearVAE, loss, optimal_error, optimal_rate
from aigc_core.models.scalar_latent import GRID, STEP, ScalarLatent, log_normal
from aigc_core.models.tiny_vae import TinyVAE, log_likelihood
from aigc_core.models.vae import VAE, VAEConfig, balance, fit_prior, kl, sample
from aigc_core.training.gradient_estimators import pathwise, score_function


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=runtime.generator(seed))


@pytest.mark.parametrize("decode", [lambda z: z, lambda z: torch.exp(z) - 1, lambda z: z * z])
@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (0.9, 0.25), (-1.5, 0.6)])
def test_evidence_is_bound_plus_gap(decode, mean: float, deviation: float) -> None:
    model = ScalarLatent(decode=decode, noise=0.5)
    bound = model.bound(1.0, mean, deviation)
    brute = math.log(float((log_normal(GRID, 0, 1) + model.log_likelihood(1.0)).exp().sum()) * STEP)
    assert bound.elbo + bound.gap == pytest.approx(brute, abs=1e-5)
    assert bound.gap > 0


def test_kl_closed_form_is_the_average_over_samples() -> None:
    mean, deviation = 1.3, 0.4
    z = mean + deviation * noise(400_000)
    log_ratio = torch.distributions.Normal(mean, deviation).log_prob(z) - torch.distributions.Normal(0, 1).log_prob(z)
    closed = kl(torch.tensor([[mean]]), torch.tensor([[2 * math.log(deviation)]]))
    assert float(closed) == pytest.approx(float(log_ratio.mean()), abs=0.01)


def test_beta_below_one_is_no_bound_but_a_bound_of_another_decoder() -> None:
    model, beta = ScalarLatent(decode=lambda z: z, noise=0.5), 0.1
    bound, evidence = model.bound(1.0, 0.8, 0.45), model.log_evidence(1.0)
    assert bound.weighted(2.0) < bound.weighted(1.0) < evidence < bound.weighted(beta)
    other = ScalarLatent(decode=model.decode, noise=0.5 * math.sqrt(beta))
    gaps = []
    for mean, deviation in ((0.8, 0.45), (0.2, 0.9)):
        rescaled = model.bound(1.0, mean, deviation).weighted(beta) / beta
        gaps.append(other.bound(1.0, mean, deviation).elbo - rescaled)
    assert gaps[0] == pytest.approx(gaps[1], abs=1e-6)  # a constant: it does not depend on q


def test_water_filling_is_where_training_ends() -> None:
    variances, beta = torch.tensor([3.0, 1.0, 0.2]), 0.5
    model = LinearVAE(3, runtime.generator(0))
    opt = torch.optim.Adam(model.parameters(), 0.05)
    for _ in range(400):
        opt.zero_grad()
        torch.autograd.backward(loss(*model(variances), beta))
        opt.step()
    error, rate = model(variances)
    torch.testing.assert_close(rate.sort().values, optimal_rate(variances, beta).sort().values, rtol=0.05, atol=0.02)
    torch.testing.assert_close(error, optimal_error(variances, beta), rtol=0.05, atol=0.02)


def test_a_reparameterised_sample_has_the_mean_and_variance_and_passes_gradients() -> None:
    mean, log_variance = (
        torch.full((100_000,), 0.7, requires_grad=True),
        torch.full((100_000,), -1.0, requires_grad=True),
    )
    z = sample(mean, log_variance, runtime.generator(0))
    assert z.mean().item() == pytest.approx(0.7, abs=0.01) and z.var().item() == pytest.approx(math.exp(-1), rel=0.02)
    torch.autograd.backward(z.square().mean())  # E z² = μ² + σ², so the gradients are 2μ and σ²
    assert mean.grad is not None and log_variance.grad is not None
    assert mean.grad.sum().item() == pytest.approx(1.4, abs=0.02)
    assert log_variance.grad.sum().item() == pytest.approx(math.exp(-1), rel=0.02)


def test_both_gradients_are_unbiased_and_one_is_far_noisier() -> None:
    mean, draws = torch.zeros(16), noise(20_000, 16)
    bowl = lambda z: 0.5 * (z - 1).square().sum(1)  # noqa: E731
    ours, theirs = pathwise(bowl, mean, 0.5, draws), score_function(bowl, mean, 0.5, draws)
    assert ours.mean().item() == pytest.approx(-1, abs=0.02) and theirs.mean().item() == pytest.approx(-1, abs=0.2)
    assert (theirs.var(0) > 1000 * ours.var(0)).all()


def test_samples_fit_where_the_encodings_are_and_not_in_the_prior() -> None:
    vae = faces.model()
    covariance = vae.spread @ vae.spread.T
    z = vae.from_normal(noise(4000, *vae.config.shape)).flatten(1)
    torch.testing.assert_close(torch.cov(z.T).diag(), covariance.diag(), rtol=0.15, atol=0.02)
    torch.testing.assert_close(
        face_prior.deviations(vae, 1.0).square(), torch.linalg.eigvalsh(covariance).flip(0), rtol=1e-2, atol=1e-3
    )
    assert face_prior.deviations(vae, 1.0)[0] > 7  # far from 1, the prior's


def test_pixel_terms_are_log_probabilities() -> None:
    logits, x = noise(5, 64), (noise(5, 64, seed=1) > 0).float()
    p = logits.sigmoid()
    torch.testing.assert_close(
        log_likelihood(logits, x), (x * p + (1 - x) * (1 - p)).log().sum(1), rtol=1e-4, atol=1e-4
    )
    assert TinyVAE().encode(x)[0].shape == (5, 2)


def test_mean_absolute_error_is_the_bound_of_a_laplace_decoder() -> None:
    residuals, scale = 0.1 * noise(12_288), 0.1
    row = {"pixels": float(residuals.abs().mean()), "kl": 0.0}
    density = -torch.distributions.Laplace(0.0, scale).log_prob(residuals).mean()
    assert elbo_log.distortion(row, scale) == pytest.approx(float(density) - math.log(2 / 255), abs=1e-4)
    beta = scale  # |x − x̂| + β·KL/n, over β, is the bound of this scale but for ln 2b
    assert (row["pixels"] + beta * 0.2) / beta + math.log(2 * scale) == pytest.approx(float(density) + 0.2, abs=1e-4)


def test_balanced_gradients_are_equally_long() -> None:
    wanted, asked = noise(2, 3, 8, 8), 50 * noise(2, 3, 8, 8, seed=1)
    assert float((balance(wanted, asked) * asked).norm()) == pytest.approx(float(wanted.norm()), rel=1e-5)


def test_the_fitted_prior_has_the_covariance_of_sampled_codes() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = VAE(VAEConfig(resolution=32, latent=3, width=8, max_width=16))
    faces_like = noise(256, 3, 32, 32)
    fit_prior(model, [faces_like], ridge=0.0)
    with torch.no_grad():
        mean, log_variance = model.encode(faces_like)
        z = torch.cat([sample(mean, log_variance, runtime.generator(i)) for i in range(400)]).flatten(1)
    torch.testing.assert_close(torch.cov(z.T), model.spread @ model.spread.T, rtol=0.05, atol=0.02)
