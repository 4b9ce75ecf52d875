"""The identities of chapter 7 and of the lessons on challenges and outlook, both sides computed."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
import torch

from aigc_core import weights
from aigc_core.lessons import frameworks
from aigc_core.lessons.figures.challenges import memorisation, scaling_law
from aigc_core.lessons.figures.tools import leaderboard
from aigc_core.lessons.frameworks import torch_vae

SHIPPED = ("faces-vae-64", "faces-gan-128", "text-gpt-en", "text-poet-zh", "chat-gpt-en", "summarize-pointer-en")


def test_two_frameworks_take_the_same_steps() -> None:
    from aigc_core.lessons.frameworks import keras_vae

    first, steps = frameworks.weights(3), 60
    ours = list(torch_vae.train(first, frameworks.batches(3, steps)))
    theirs = list(keras_vae.train(first, frameworks.batches(3, steps)))
    assert np.allclose(ours, theirs, rtol=1e-4)
    others = list(torch_vae.train(frameworks.weights(4), frameworks.batches(3, steps)))
    assert not np.allclose(ours, others, rtol=1e-2)


def test_the_loss_is_the_elbo_of_a_gaussian_decoder() -> None:
    """−ELBO + constant = E_q[−ln p(x|z)] + KL, with KL by integration on a grid in the place of its closed form."""
    model = torch_vae.VAE(frameworks.weights(0))
    x, eps = (torch.from_numpy(array) for array in next(frameworks.batches(0, 1, size=1)))
    mean, log_variance = model.stats(torch.tanh(model.enter(x))).detach().flatten().tolist()
    z = torch.linspace(-12, 12, 200_001, dtype=torch.float64)
    deviation = np.exp(log_variance / 2)
    q, p = torch.distributions.Normal(mean, deviation), torch.distributions.Normal(0.0, 1.0)
    kl = torch.trapezoid(q.log_prob(z).exp() * (q.log_prob(z) - p.log_prob(z)), z)
    drawn = torch.tensor([[mean + deviation * eps.item()]], dtype=torch.float32)
    out = torch.distributions.Normal(model.point(torch.tanh(model.leave(drawn))), frameworks.NOISE)
    constant = 2 * 0.5 * np.log(2 * np.pi * frameworks.NOISE**2)
    expected = -out.log_prob(x).sum() + kl - constant
    assert model(x, eps).item() == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_file_of_weights_is_as_long_as_its_tensors_and_its_header(name: str) -> None:
    data = (weights.CHECKPOINTS / name / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    bits = {"F16": 16, "F32": 32, "BF16": 16, "I64": 64, "U8": 8}
    tensors = [entry for key, entry in header.items() if key != "__metadata__"]
    stored = sum(int(np.prod(entry["shape"])) * bits[entry["dtype"]] // 8 for entry in tensors)
    assert len(data) == 8 + length + stored


@pytest.mark.parametrize(("count", "gap"), [(200, 0.02), (1000, 0.02), (100, 0.08)])
def test_the_worse_model_wins_as_often_as_the_formula_says(count: int, gap: float) -> None:
    scores = leaderboard.exams(np.random.default_rng(0), leaderboard.ACCURACY, gap, count, 40_000)
    worse, better = scores.T
    counted = (worse > better).mean() + (worse == better).mean() / 2
    assert counted == pytest.approx(leaderboard.wrong_order(leaderboard.ACCURACY, gap, count), abs=0.01)


def test_the_exact_denoiser_is_the_posterior_mean() -> None:
    """E[x₀ | x] by Bayes' rule on the training points, and, with blur, by brute force on a grid of x₀."""
    rng = np.random.default_rng(1)
    data, x, sigma = memorisation.spiral(20, rng), torch.tensor([[0.4, -0.3]]), torch.tensor([0.5])
    weight = torch.exp(-((x - data) ** 2).sum(1) / (2 * 0.25))
    by_bayes = (weight[:, None] * data).sum(0) / weight.sum()
    assert torch.allclose(memorisation.denoiser(data, 0.0)(x, sigma)[0], by_bayes, atol=1e-5)

    axis = torch.linspace(-3, 3, 301)
    grid = torch.cartesian_prod(axis, axis)  # x₀ (G, 2)
    prior = torch.exp(-(torch.cdist(grid, data) ** 2) / (2 * 0.2**2)).sum(1)
    posterior = prior * torch.exp(-((x - grid) ** 2).sum(1) / (2 * 0.25))
    by_force = (posterior[:, None] * grid).sum(0) / posterior.sum()
    assert torch.allclose(memorisation.denoiser(data, 0.2)(x, sigma)[0], by_force, atol=1e-3)


def test_the_sampler_of_the_exact_denoiser_returns_training_points() -> None:
    last = list(memorisation.frames({"count": 16, "width": 0.0}, 5))[-1]
    blurred = list(memorisation.frames({"count": 16, "width": 0.2}, 5))[-1]
    assert last.facts["copied"] > 0.99 and blurred.facts["copied"] < 0.05


def test_a_power_law_is_found_again() -> None:
    tokens = np.geomspace(1e5, 1e7, 12)
    floor, scale, alpha = scaling_law.fit(tokens, 1.2 + (3e5 / tokens) ** 0.4)
    assert (floor, alpha) == pytest.approx((1.2, 0.4), abs=0.02) and scale == pytest.approx(3e5, rel=0.1)


def test_half_of_our_own_curve_predicts_its_end() -> None:
    (frame,) = scaling_law.frames({"kind": "novels", "shown": 0.5}, 0)
    assert frame.facts["miss"] < 0.03
