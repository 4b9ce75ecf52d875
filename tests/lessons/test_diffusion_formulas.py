"""Both sides of the formulas in the lessons on diffusion, by the suite's own code."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.lessons import course
from aigc_core.lessons.blocks import FormulaBlock
from aigc_core.models import gaussian_mixture, unet
from aigc_core.models.gaussian_mixture import GaussianMixture
from aigc_core.models.point_net import PointDenoiser
from aigc_core.sampling.diffusion.bound import negative_elbo
from aigc_core.sampling.diffusion.formulas import explain
from aigc_core.sampling.diffusion.posterior import posterior, step_kl
from aigc_core.sampling.diffusion.predictions import from_denoised
from aigc_core.sampling.diffusion.samplers import ddim, dpmpp_2m, guided, last
from aigc_core.sampling.diffusion.schedules import linear_alphas_cumprod, sigma_of

LINE = GaussianMixture(means=torch.tensor([[-1.5], [0.3], [1.3]]).double(), deviation=0.12, weights=(2, 1, 3))


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=runtime.generator(seed), dtype=torch.float64)


STATED = {
    ("diffusion-objective", "ode"): ("ddim", ["x'"]),
    ("diffusion-objective", "heun"): ("heun", ["d", r"\tilde x", "d'", "x'"]),
    ("diffusion-code", "teleport"): ("teleport", ["x'"]),
    ("diffusion-code", "multistep"): ("dpmpp_2m", [r"\bar D", "x'"]),
}


@pytest.mark.parametrize(("slug", "name"), STATED)
def test_the_lessons_state_a_samplers_formula_as_the_samplers_do(slug: str, name: str) -> None:
    sampler, shown = STATED[slug, name]
    block = next(b for b in course.load(slug, "en").blocks if isinstance(b, FormulaBlock) and b.name == name)
    told = {one.left: f"{one.left} = {one.symbols}" for one in explain(sampler, 2.0, 1.0, 4.0).equations}
    assert all(told[left] in block.tex for left in shown)


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

    assert error(best) < min(
        error(best + 0.05), error(best - 0.05), error(1.1 * best), error(0.9 * best), error(nearest)
    )


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
    assert float(step_kl(x_0, denoised, float(sigma), float(after))) == pytest.approx(
        float((density * ratio).sum()), rel=1e-6
    )


@pytest.mark.parametrize("x_0", [-1.4, 0.3, 0.8])
def test_bound_lies_above_and_closes(x_0: float) -> None:
    """Twice the steps halve the gap to −log p(x_0), which the mixture knows exactly."""
    exact = -float(LINE.log_density(torch.tensor([[x_0]]).double(), 0.0))
    gaps = []
    for count in (100, 200, 400):
        sigmas = torch.logspace(math.log10(20), math.log10(0.01), count + 1, dtype=torch.float64)
        bound = negative_elbo(LINE, x_0, sigmas, variance=LINE.variance, deviation=LINE.deviation)
        gaps.append(bound.total - exact)
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


# --- diffusion-idea ---------------------------------------------------------------------------------------------------


def test_small_steps_add_up_to_the_closed_form() -> None:
    """Share of the picture and variance of the noise carried through 1,000 steps, against √ᾱ and 1 − ᾱ."""
    steps = 1000
    kept, variance = 1.0, 0.0
    for beta, alpha_bar in zip(torch.linspace(1e-4, 0.02, steps).tolist(), linear_alphas_cumprod(steps), strict=True):
        kept, variance = math.sqrt(1 - beta) * kept, (1 - beta) * variance + beta
        assert kept == pytest.approx(float(alpha_bar.sqrt()), rel=1e-4)
        assert variance == pytest.approx(float(1 - alpha_bar), rel=1e-4)


# --- diffusion-training -----------------------------------------------------------------------------------------------


def test_one_ratio_in_two_notations() -> None:
    """DDPM's x_t divided by √ᾱ is x_0 + σ·ε; powers by samples."""
    for alpha_bar in torch.tensor([0.9, 0.5, 0.01]).double():
        x_0, eps = noise(50_000), noise(50_000, seed=1)
        x_t = alpha_bar.sqrt() * x_0 + (1 - alpha_bar).sqrt() * eps
        sigma = sigma_of(alpha_bar)
        torch.testing.assert_close(x_t / alpha_bar.sqrt(), x_0 + sigma * eps)
        measured = (alpha_bar.sqrt() * x_0).var() / ((1 - alpha_bar).sqrt() * eps).var()
        assert float(measured * sigma**2) == pytest.approx(1, rel=0.03)


@pytest.mark.parametrize("sigma", [0.1, 1.0, 8.0])
def test_targets_are_one_answer_in_three_units(sigma: float) -> None:
    x_0, eps, off = noise(3, 200)
    alpha_bar = 1 / (1 + sigma**2)
    x, denoised = x_0 + sigma * eps, x_0 + 0.1 * off
    v = alpha_bar**0.5 * eps - (1 - alpha_bar) ** 0.5 * x_0
    told = from_denoised("v", x, denoised, sigma)
    ratio = (told - v).square().mean() / (denoised - x_0).square().mean()
    assert float(ratio) == pytest.approx((1 + sigma**2) / sigma**2)
    torch.testing.assert_close(from_denoised("eps", x, denoised, sigma), (x - denoised) / sigma)


@pytest.mark.parametrize("sigma", [0.05, 1.0, 30.0])
@torch.no_grad()
def test_preconditioned_target_has_unit_variance(sigma: float) -> None:
    """What F must answer for D to be x_0, (x_0 − c_skip·x)/c_out with both coefficients read off the module."""
    model = PointDenoiser(sigma_data=0.7)
    x_0 = 0.7 * noise(40_000, 2)
    x, level = x_0 + sigma * noise(40_000, 2, seed=1), torch.full((40_000,), sigma).double()
    for parameter in model.net.layers[-1].parameters():
        torch.nn.init.zeros_(parameter)
    skipped = model(x, level).double()
    torch.nn.init.ones_(model.net.layers[-1].bias)
    scale = (model(x, level).double() - skipped).mean()
    assert float(((x_0 - skipped) / scale).var()) == pytest.approx(1, abs=0.03)


def test_guidance_adds_the_classifiers_slope() -> None:
    """Scores of D_w against autograd on log p(x; σ) + w·log p(c|x; σ)."""
    wanted, scale, sigma = GaussianMixture(means=LINE.means[:1], deviation=0.12), 3.0, 0.8

    def labelled(x: Tensor, level: Tensor, labels: Tensor) -> Tensor:
        return torch.where(labels == 1, wanted(x, level), LINE(x, level))

    x = noise(20, 1).requires_grad_(True)
    log_class = wanted.log_density(x, sigma) - LINE.log_density(x, sigma)  # log p(c|x) but for log p(c)
    (slope,) = torch.autograd.grad((LINE.log_density(x, sigma) + scale * log_class).sum(), x)
    at = x.detach()
    told = guided(labelled, torch.tensor([1]), torch.tensor([0]), scale)(at, torch.full((20,), sigma).double())
    torch.testing.assert_close((told - at) / sigma**2, slope)


# --- diffusion-code ---------------------------------------------------------------------------------------------------


def test_gaussian_denoiser_is_a_conditional_mean() -> None:
    """Correlated Gaussian data in the plane, by the textbook formula m + Σ(Σ + σ²I)⁻¹(x − m)."""
    config = unet.UNetConfig(
        resolution=1, channels=2, width=8, multipliers=(1,), attention=(), head=8, groups=8, gaussian=2
    )
    covariance, mean, sigma = torch.tensor([[1.0, 0.6], [0.6, 0.5]]), torch.tensor([0.3, -0.2]), 0.7
    model = unet.GaussianDenoiser(config)
    values, vectors = torch.linalg.eigh(covariance)
    model.load_state_dict({"mean": mean, "basis": vectors, "variance": values, "rest": torch.tensor(1.0)})
    x = noise(6, 2).float()
    told = model(x.view(6, 2, 1, 1), torch.full((6,), sigma)).flatten(1)
    gain = covariance @ torch.linalg.inv(covariance + sigma**2 * torch.eye(2))
    torch.testing.assert_close(told, mean + (x - mean) @ gain.T, rtol=1e-4, atol=1e-5)


def test_multistep_looks_at_the_middle_of_the_step() -> None:
    """D̄ is the line through the last two answers over λ = −ln σ, read at λ + h/2."""
    sigmas = torch.tensor([5.0, 3.0, 1.2]).double()
    first, second = dpmpp_2m(LINE, 5 * noise(9, 1), sigmas)
    before, now, after = (-math.log(sigma) for sigma in sigmas.tolist())
    slope = (second.denoised - first.denoised) / (now - before)
    middle = second.denoised + slope * (after - now) / 2
    ratio = 1.2 / 3.0
    torch.testing.assert_close(second.x_next, ratio * second.x + (1 - ratio) * middle)
