"""The VAE's parts: shapes, KL against its closed form, the fitted prior, the perceptual term, and that a batch can be fitted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from aigc_core import runtime
from aigc_core.models.features.efficientnet_lite import EfficientNetLite0
from aigc_core.models.vae import (
    VAE,
    Perceptual,
    VAEConfig,
    balance,
    beta_at,
    fit_prior,
    grow,
    kl,
    sample,
    smooth,
    soften,
    unweave,
)

TINY = VAEConfig(resolution=32, latent=6, width=8, max_width=16)
MAP = VAEConfig(resolution=32, latent=3, latent_side=8, width=8, max_width=16)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=runtime.generator(seed))


def made(config: VAEConfig) -> VAE:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return VAE(config)


@pytest.fixture(scope="module")
def perceptual() -> Perceptual:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Perceptual(EfficientNetLite0().train(False), input_side=64)


@pytest.mark.parametrize("resolution", [32, 64, 128])
@pytest.mark.parametrize("side", [1, 8])
def test_pictures_come_back_in_their_size(resolution: int, side: int) -> None:
    model = made(VAEConfig(resolution=resolution, latent=5, latent_side=side, width=8, max_width=16))
    with torch.no_grad():
        mean, log_variance = model.encode(noise(2, 3, resolution, resolution))
        assert mean.shape == log_variance.shape == (2, *model.config.shape) == (2, 5, side, side)
        out = model.decode(mean)
    assert out.shape == (2, 3, resolution, resolution) and out.abs().max() <= 1


def test_kl_equals_its_closed_form_and_is_0_for_the_prior() -> None:
    mean, log_variance = noise(4, 3, 2, 2), noise(4, 3, 2, 2, seed=1)
    q, p = Normal(mean, (0.5 * log_variance).exp()), Normal(torch.zeros_like(mean), torch.ones_like(mean))
    torch.testing.assert_close(kl(mean, log_variance), kl_divergence(q, p).sum((1, 2, 3)))
    assert kl(torch.zeros(2, 5), torch.zeros(2, 5)).tolist() == [0, 0]


def test_samples_follow_mean_and_variance_and_pass_gradients_to_both() -> None:
    mean, log_variance = torch.full((20_000,), 2.0, requires_grad=True), torch.full((20_000,), -2.0, requires_grad=True)
    z = sample(mean, log_variance, runtime.generator(0))
    assert z.mean().item() == pytest.approx(2, abs=0.02) and z.var().log().item() == pytest.approx(-2, abs=0.05)
    torch.autograd.backward(z.square().sum())
    assert mean.grad is not None and log_variance.grad is not None and log_variance.grad.abs().sum() > 0


def test_beta_rises_in_a_line_and_stays() -> None:
    assert [beta_at(seen, beta=0.4, warmup=1000) for seen in (0, 500, 1000, 9000)] == [0, 0.2, 0.4, 0.4]
    assert beta_at(0, beta=0.4, warmup=0) == 0.4


DETAILED = replace(MAP, resolution=64, extra_blocks=1, detail=8)


@pytest.mark.parametrize("config", [TINY, MAP, replace(MAP, patch=2)], ids=["vector", "map", "patches"])
@torch.no_grad()
def test_a_grown_vae_draws_what_the_small_one_drew(config: VAEConfig) -> None:
    model = made(config)
    fit_prior(model, [noise(9, 3, 32, 32)])
    z, picture = model.from_normal(noise(2, *config.shape)), noise(2, 3, 64, 64, seed=1)
    deeper = grow(model, replace(config, extra_blocks=2))
    assert len(deeper.decoder) > len(model.decoder)
    torch.testing.assert_close(deeper.decode(z), model.decode(z))
    larger = grow(deeper, replace(config, extra_blocks=2, resolution=64, detail=8))
    enlarged = F.interpolate(model.decode(z).atanh(), scale_factor=2, mode="bilinear")
    torch.testing.assert_close(larger.decode(z), unweave(soften(enlarged)).tanh(), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(larger.encode(picture)[0], model.encode(F.avg_pool2d(picture, 2))[0])
    torch.testing.assert_close(larger.from_normal(z), model.from_normal(z))


def test_a_vae_grows_into_nothing_else() -> None:
    with pytest.raises(ValueError, match="extra blocks and detail, not into"):
        grow(made(MAP), replace(MAP, width=16))
    with pytest.raises(ValueError, match="at least the model's 1; got 0"):
        grow(made(replace(MAP, extra_blocks=1)), MAP)


def test_smoothing_keeps_flat_parts_and_removes_what_alternates() -> None:
    flat, stripes = torch.full((1, 2, 6, 6), 0.7), torch.tensor([1.0, -1.0]).repeat(3).expand(1, 2, 6, 6)
    torch.testing.assert_close(smooth(flat), flat)
    torch.testing.assert_close(soften(flat), flat)
    torch.testing.assert_close(soften(stripes), stripes / 2)
    assert smooth(stripes)[..., 1:-1].abs().max() < 1e-6 and smooth(stripes.mT)[..., 1:-1, :].abs().max() < 1e-6


def test_what_a_detailed_decoder_adds_learns() -> None:
    model = grow(made(MAP), DETAILED)
    optimizer = torch.optim.Adam(model.decoder.parameters(), 1e-2)
    wanted, z = noise(2, 3, 64, 64).tanh(), noise(2, *MAP.shape, seed=1)
    start = {name: parameter.detach().clone() for name, parameter in model.decoder.named_parameters()}
    for _ in range(3):
        loss = (model.decode(z) - wanted).square().mean()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    for name, parameter in model.decoder.named_parameters():
        assert not torch.equal(parameter, start[name]), name


@pytest.mark.parametrize("config", [TINY, MAP], ids=["vector", "map"])
def test_every_parameter_learns(config: VAEConfig) -> None:
    model = made(config)
    mean, log_variance = model.encode(noise(2, 3, 32, 32))
    out = model.decode(sample(mean, log_variance, runtime.generator(0)))
    torch.autograd.backward(out.square().mean() + kl(mean, log_variance).mean())
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_the_fitted_prior_has_the_latents_moments() -> None:
    model = made(TINY)
    pictures = noise(256, 3, 32, 32)
    fit_prior(model, pictures.split(64))
    with torch.no_grad():
        mean, log_variance = (t.flatten(1) for t in model.encode(pictures))
        z = model.from_normal(noise(50_000, 6, 1, 1, seed=3)).flatten(1)
    expected = torch.cov(mean.T, correction=0) + torch.diag(log_variance.exp().mean(0))
    torch.testing.assert_close(z.mean(0), mean.mean(0), rtol=0.1, atol=0.02)
    torch.testing.assert_close(torch.cov(z.T), expected, rtol=0.05, atol=0.03)


def test_unfitted_noise_passes_unchanged() -> None:
    z = noise(2, 3, 8, 8)
    torch.testing.assert_close(made(MAP).from_normal(z), z)


def test_perception_knows_equal_from_blurred_from_other(perceptual: Perceptual) -> None:
    a = noise(2, 3, 16, 16).repeat_interleave(4, 2).repeat_interleave(4, 3).clamp(-1, 1)
    near = a + 0.02 * noise(2, 3, 64, 64, seed=1)
    equal, close, far = (perceptual(a, b).detach() for b in (a, near, a.flip(0)))
    assert equal.max() < 1e-6 and (equal < close).all() and (close < far).all()
    other = near.clone().requires_grad_()
    torch.autograd.backward(perceptual(a, other).sum())
    assert other.grad is not None and other.grad.abs().sum() > 0
    assert all(p.grad is None for p in perceptual.parameters())


def test_balance_evens_out_the_gradients() -> None:
    wanted, asked = noise(2, 3, 4, 4), 8 * noise(2, 3, 4, 4, seed=1)
    assert (balance(wanted, asked) * asked).norm().item() == pytest.approx(wanted.norm().item())
    assert balance(wanted, 0 * asked).item() == 1e4


def test_a_batch_can_be_fitted() -> None:
    model = made(TINY)
    pictures = noise(2, 3, 4, 4).sign().mul(0.5).repeat_interleave(8, 2).repeat_interleave(8, 3)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    errors = []
    for step in range(30):
        mean, log_variance = model.encode(pictures)
        out = model.decode(sample(mean, log_variance, runtime.generator(step)))
        error = (out - pictures).abs().mean()
        optimizer.zero_grad()
        torch.autograd.backward(error + 1e-4 * kl(mean, log_variance).mean())
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < 0.6 * errors[0]


def test_impossible_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="halve"):
        VAEConfig(resolution=48)
    with pytest.raises(ValueError, match="multiples"):
        VAEConfig(width=20)


def test_levels_double_up_to_the_widest() -> None:
    assert VAEConfig(resolution=128).widths == (48, 96, 192, 256, 256, 256)
    assert VAEConfig(resolution=64, latent_side=8, latent=4).widths == (48, 96, 192, 256)


def test_patches_halve_the_work_and_keep_the_shapes() -> None:
    model = VAE(VAEConfig(resolution=32, latent=4, latent_side=8, width=8, max_width=16, patch=2))
    assert model.config.widths == (8, 16)
    mean, _ = model.encode(torch.zeros(2, 3, 32, 32))
    assert mean.shape == (2, 4, 8, 8)
    assert model.decode(mean).shape == (2, 3, 32, 32)
    with pytest.raises(ValueError, match="resolution 32 in patches of 3"):
        VAEConfig(resolution=32, patch=3)


def test_a_weave_of_four_pixels_is_taken_off_and_nothing_else() -> None:
    at = torch.arange(32.0)
    weave = (torch.pi / 2 * (at[:, None] + at)).cos().expand(1, 3, 32, 32)
    flat = torch.full((1, 3, 32, 32), 0.3)
    edge = (at > 15).float().expand(1, 3, 32, 32)
    checks = ((-1) ** (at[:, None] + at)).expand(1, 3, 32, 32)
    inner = (..., slice(6, -6), slice(6, -6))
    torch.testing.assert_close(unweave(flat + weave)[inner], flat[inner], atol=1e-5, rtol=0)
    for kept in (flat, edge, edge.mT, checks):
        torch.testing.assert_close(unweave(kept)[inner], kept[inner], atol=1e-5, rtol=0)
