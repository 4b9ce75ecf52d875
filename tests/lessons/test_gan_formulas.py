"""The formulas of the lessons on families of generative models and on GANs: both sides, by the suite's own code."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from aigc_core.datasets.plane import Mixture
from aigc_core.metrics.divergences import gaussian, jensen_shannon, kl, wasserstein_1
from aigc_core.models import gan, vae
from aigc_core.models.dirac_gan import play
from aigc_core.models.gan_losses import LOSSES, gradient_penalty, logistic_discriminator, r1
from aigc_core.sampling.diffusion.latents import slerp
from aigc_core.training.toy_families import FAMILIES, REACH, Autoregressive, Histogram

LINE = np.linspace(-12, 14, 5201)
DX = float(LINE[1] - LINE[0])


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbers(count: int = 400) -> Tensor:
    return Mixture(torch.tensor([[-2.0], [1.0]]), 0.4).sample(count, rng())[:, 0]


# --- generative-models ------------------------------------------------------------------------------------------------


def fitted(name: str) -> object:
    family = FAMILIES[name]()
    for _ in family.fit(numbers(), rng(1)):
        pass
    return family


@pytest.mark.parametrize("name", ["histogram", "autoregressive", "vae", "diffusion"])
def test_explicit_densities_integrate_to_one(name: str) -> None:
    line = torch.linspace(-REACH, REACH, 4001)
    density = fitted(name).log_density(line).exp()  # type: ignore[attr-defined]
    assert float(torch.trapezoid(density, line)) == pytest.approx(1, abs=0.01)


def test_a_product_over_digits_is_a_histogram_of_the_finest_intervals() -> None:
    """Without added counts the chain rule is an identity: conditional ratios multiply to the joint ratio."""
    data = numbers()
    chain = Autoregressive()
    chain.PRIOR = 0.0  # type: ignore[misc]
    for _ in chain.fit(data, rng()):
        pass
    cells = 2**Autoregressive.DIGITS
    counts = torch.histc(data, cells, -REACH, REACH)
    expected = counts / counts.sum() * cells / (2 * REACH)
    centres = (torch.arange(cells) + 0.5) * (2 * REACH / cells) - REACH
    seen = expected > 0
    torch.testing.assert_close(chain.log_density(centres[seen]).exp(), expected[seen])


def test_a_gan_gives_samples_and_no_density() -> None:
    family = fitted("gan")
    assert family.log_density(torch.zeros(3)) is None  # type: ignore[attr-defined]
    samples = family.sample(500, rng())  # type: ignore[attr-defined]
    assert (samples < 0).float().mean() == pytest.approx(0.5, abs=0.25)


def test_a_histogram_of_much_data_comes_close_to_its_entropy() -> None:
    truth = Mixture(torch.tensor([[-1.0], [1.5]]), 0.5)
    data, unseen = truth.sample(50_000, rng(1))[:, 0], truth.sample(20_000, rng(2))
    family = Histogram()
    for _ in family.fit(data, rng()):
        pass
    best = float(truth.log_density(unseen).mean())
    assert best - 0.03 < float(family.log_density(unseen[:, 0]).mean()) < best + 0.005


# --- gan-idea, gan-losses ---------------------------------------------------------------------------------------------


def test_the_logistic_loss_is_minus_v() -> None:
    real, fake = torch.randn(50, generator=rng(1)), torch.randn(50, generator=rng(2))
    v = torch.sigmoid(real).log().mean() + (1 - torch.sigmoid(fake)).log().mean()
    torch.testing.assert_close(logistic_discriminator(real, fake), -v)


def test_the_best_discriminator_is_p_over_p_plus_q() -> None:
    """At one place, of all D between 0 and 1, that one maximises p·ln D + q·ln(1 − D)."""
    d = np.linspace(0.001, 0.999, 999)
    for p, q in ((0.3, 0.1), (0.2, 0.2), (0.05, 0.6)):
        gained = p * np.log(d) + q * np.log(1 - d)
        assert d[gained.argmax()] == pytest.approx(p / (p + q), abs=0.001)


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (1.0, 0.5), (3.0, 1.5)])
def test_at_the_best_discriminator_v_is_the_jsd(mean: float, deviation: float) -> None:
    p, q = gaussian(LINE, 0.0, 1.0), gaussian(LINE, mean, deviation)
    best, rest = p / (p + q), q / (p + q)  # D and 1 − D
    seen = (best > 0) & (rest > 0)
    v = np.sum(p[seen] * np.log(best[seen]) + q[seen] * np.log(rest[seen])) * DX
    assert v == pytest.approx(2 * jensen_shannon(p, q, DX) - math.log(4), abs=1e-6)


def generator_gradient(loss: str, theta: float) -> float:
    """d/dθ of L_G for q = N(θ, 1), with D held at its best against p = N(0, 1), by quadrature over z."""
    z = torch.linspace(-8, 8, 4001, dtype=torch.float64)
    weight = torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    at = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    logits = -theta * (at + z) + theta**2 / 2  # ln p(x) − ln q(x), θ of the discriminator held
    losses = torch.stack([LOSSES[loss].generator(logit[None]) for logit in logits])
    (gradient,) = torch.autograd.grad((weight * losses).sum(), at)
    return float(gradient)


def slope(of: str, theta: float, step: float = 1e-3) -> float:
    """d/dθ of a divergence of p = N(0, 1) and q = N(θ, 1), by central differences."""
    p = gaussian(LINE, 0.0, 1.0)

    def value(at: float) -> float:
        q = gaussian(LINE, at, 1.0)
        return 2 * jensen_shannon(p, q, DX) if of == "2·JSD" else kl(q, p, DX)

    return (value(theta + step) - value(theta - step)) / (2 * step)


@pytest.mark.parametrize("theta", [0.5, 2.0, 4.0])
def test_the_saturating_gradient_is_that_of_twice_the_jsd(theta: float) -> None:
    assert generator_gradient("saturating", theta) == pytest.approx(slope("2·JSD", theta), abs=1e-4)


@pytest.mark.parametrize("theta", [0.5, 2.0, 4.0])
def test_the_non_saturating_gradient_is_that_of_kl_minus_twice_the_jsd(theta: float) -> None:
    expected = slope("KL", theta) - slope("2·JSD", theta)
    assert generator_gradient("non-saturating", theta) == pytest.approx(expected, abs=1e-4)


def test_no_lipschitz_function_gains_more_than_the_wasserstein_distance() -> None:
    """Kantorovich–Rubinstein: E_p f − E_q f ≤ W₁ for every f of slope ≤ 1, and sign(F_q − F_p) as its slope attains it."""
    p, q = gaussian(LINE, 0.0, 1.0), (gaussian(LINE, -2.0, 0.5) + gaussian(LINE, 3.0, 1.0)) / 2
    distance = wasserstein_1(p, q, DX)
    generator = np.random.default_rng(0)
    for _ in range(200):
        f = np.cumsum(generator.uniform(-1, 1, len(LINE) // 40 + 1).repeat(40)[: len(LINE)]) * DX
        assert np.sum((p - q) * f) * DX <= distance + 1e-9
    best = np.cumsum(np.sign(np.cumsum(q - p))) * DX
    assert np.sum((p - q) * best) * DX == pytest.approx(distance, abs=2 * DX)


def test_moving_a_density_by_delta_costs_delta() -> None:
    assert wasserstein_1(gaussian(LINE, 0.0, 0.7), gaussian(LINE, 2.5, 0.7), DX) == pytest.approx(2.5, abs=1e-6)


def test_the_gradient_penalty_asks_for_slope_one() -> None:
    real, fake = torch.randn(32, 2, generator=rng(1)), torch.randn(32, 2, generator=rng(2))
    direction = torch.tensor([0.6, 0.8])
    for scale in (0.0, 1.0, 3.0):
        found = gradient_penalty(lambda x, s=scale: s * (x @ direction), real, fake, rng())
        assert float(found) == pytest.approx((scale - 1) ** 2, abs=1e-5)


def test_r1_is_half_the_squared_slope_at_real_samples() -> None:
    real = torch.randn(64, 3, generator=rng())
    expected = 0.5 * (2 * real).square().sum(1).mean()  # ℓ = |x|² has the gradient 2x
    torch.testing.assert_close(r1(lambda x: x.square().sum(1), real), expected)


# --- gan-training, gan-code -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gamma", [0.0, 0.1, 0.5])
def test_the_dirac_gan_turns_outwards_unless_r1_outweighs_the_step(gamma: float) -> None:
    """Wasserstein: a step multiplies the distance by √(1 + h² − hγ) in the mean; the exact factor of areas is its square."""
    h = 0.1
    ends = [play("wasserstein", gamma=gamma, rate=h, steps=1, start=start)[1] for start in ((1.0, 0.0), (0.0, 1.0))]
    area = float(torch.det(torch.stack(ends)))
    assert area == pytest.approx(1 + h**2 - h * gamma, abs=1e-6)


def test_a_discriminator_that_says_zero_pays_two() -> None:
    zeros = [torch.zeros(4, 1, 4, 4), torch.zeros(4, 1, 4, 4)]
    assert float(gan.discriminator_loss(zeros, zeros)) == 2
    real, fake = torch.tensor([2.0, 0.5]), torch.tensor([-3.0, 0.25])
    assert float(gan.discriminator_loss([real], [fake])) == pytest.approx((0 + 0.5) / 2 + (0 + 1.25) / 2)


def test_the_arc_keeps_the_length_that_the_line_loses() -> None:
    a, b = (torch.nn.functional.normalize(torch.randn(512, generator=rng(seed)), dim=0) for seed in (1, 2))
    assert float(slerp(a, b, 0.5).norm()) == pytest.approx(1, abs=1e-5)
    assert float(torch.lerp(a, b, 0.5).norm()) == pytest.approx(math.cos(float(torch.acos(a @ b)) / 2), abs=1e-5)


def test_balanced_gradients_have_one_length() -> None:
    wanted, asked = torch.randn(5, 7, generator=rng(1)), 1e-3 * torch.randn(5, 7, generator=rng(2))
    torch.testing.assert_close((vae.balance(wanted, asked) * asked).norm(), wanted.norm())
