"""The linear VAE: its closed-form terms against samples, and its training against the known optimum."""

from __future__ import annotations

import pytest
import torch

from aigc_core import runtime
from aigc_core.models.linear_vae import LinearVAE, loss, optimal_error, optimal_rate
from aigc_core.models.vae import kl, sample

VARIANCES = torch.tensor([4.0, 2.0, 1.0, 0.25])


def test_the_terms_are_averages_over_data_and_noise() -> None:
    rng = runtime.generator(0)
    model = LinearVAE(4, rng)
    with torch.no_grad():
        model.log_variance.copy_(torch.tensor([-1.0, 0.5, 0.0, -2.0]))
        error, rate = model(VARIANCES)
        x = torch.randn(50_000, 4, generator=rng) * VARIANCES.sqrt()
        mean = x @ model.encoder.T
        log_variance = model.log_variance.expand_as(mean)
        back = sample(mean, log_variance, rng) @ model.decoder.T
    torch.testing.assert_close((x - back).square().mean(0), error, rtol=0.02, atol=0.02)
    assert kl(mean, log_variance).mean().item() == pytest.approx(rate.sum().item(), rel=0.02)


@pytest.mark.parametrize("beta", [0.1, 1.5, 5.0])
def test_training_finds_the_water_level(beta: float) -> None:
    model = LinearVAE(4, runtime.generator(1))
    opt = torch.optim.Adam(model.parameters(), 0.05)
    for _ in range(500):
        value = loss(*model(VARIANCES), beta)
        opt.zero_grad()
        value.backward()
        opt.step()
    best = loss(optimal_error(VARIANCES, beta), optimal_rate(VARIANCES, beta), beta)
    assert value.item() == pytest.approx(best.item(), rel=2e-3)
    error, rate = model(VARIANCES)
    torch.testing.assert_close(error, optimal_error(VARIANCES, beta), rtol=0.05, atol=0.02)
    torch.testing.assert_close(rate.sort().values, optimal_rate(VARIANCES, beta).sort().values, rtol=0.05, atol=0.03)
