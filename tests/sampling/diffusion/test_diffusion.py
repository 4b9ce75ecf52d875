"""Samplers against denoisers that are known exactly, and against diffusers on the same network outputs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.sampling.diffusion import samplers as diffusion
from aigc_core.sampling.diffusion.latents import slerp
from aigc_core.sampling.diffusion.samplers import (
    Churn,
    Denoiser,
    Steps,
    ddim,
    ddpm,
    dpmpp_2m,
    guided,
    heun,
    last,
    sdedit,
    start,
    teleport,
)
from aigc_core.sampling.diffusion.schedules import ddpm_sigmas, ddpm_times, karras_sigmas, linear_alphas_cumprod

SIGMA_DATA = 0.5
MEANS = torch.tensor([[-1.0, 0.3], [0.8, -0.6]], dtype=torch.float64)


def gaussian(x: Tensor, sigma: Tensor) -> Tensor:
    """Exact for data N(0, σd²): D = x·σd²/(σ² + σd²)."""
    return x * SIGMA_DATA**2 / (sigma[:, None] ** 2 + SIGMA_DATA**2)


def mixture(x: Tensor, sigma: Tensor) -> Tensor:
    """Exact for two Gaussians of deviation 0.2 around ``MEANS`` (2, 2): each one's answer by how likely it is."""
    variance = 0.2**2 + sigma[:, None] ** 2  # (B, 1)
    means = MEANS.to(x.dtype)
    weight = torch.softmax(-((x[:, None] - means) ** 2).sum(-1) / (2 * variance), 1)  # (B, 2)
    each = means + (x[:, None] - means) * (0.2**2 / variance)[:, :, None]  # (B, 2, 2)
    return (weight[:, :, None] * each).sum(1)


def rngs(*seeds: int) -> list[torch.Generator]:
    return [runtime.generator(seed) for seed in seeds]


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=runtime.generator(0), dtype=torch.float64)


def levels(steps: int) -> Tensor:
    """From 5 to 0.05, without the jump to 0 at which every method is of first order."""
    return karras_sigmas(steps + 1, 0.05, 5.0)[:-1]


ODE: dict[str, Callable[[Denoiser, Tensor, Tensor], Steps]] = {"ddim": ddim, "heun": heun, "dpmpp_2m": dpmpp_2m}
STOCHASTIC: dict[str, Callable[[Denoiser, Tensor, Tensor, list[torch.Generator]], Steps]] = {
    "ddpm": ddpm,
    "ddim, eta 0.7": lambda d, x, s, r: ddim(d, x, s, r, eta=0.7),
    "heun, churned": lambda d, x, s, r: heun(d, x, s, r, churn=Churn(amount=10)),
}


@pytest.mark.parametrize(("name", "order"), [("ddim", 1), ("heun", 2), ("dpmpp_2m", 2)])
def test_order_of_convergence_on_a_gaussian(name: str, order: int) -> None:
    """The ODE's solution is known: x shrinks with √(σ² + σd²). Halving the steps' size divides the error by 2^order."""
    x = 5 * noise(4, 3)
    exact = x * math.sqrt((0.05**2 + SIGMA_DATA**2) / (5**2 + SIGMA_DATA**2))
    error = [float((last(ODE[name](gaussian, x, levels(n))) - exact).abs().max()) for n in (40, 80, 160)]
    for coarse, fine in itertools.pairwise(error):
        assert math.log2(coarse / fine) == pytest.approx(order, abs=0.2)


@pytest.mark.parametrize(("name", "order"), [("ddim", 1), ("heun", 2), ("dpmpp_2m", 2)])
def test_order_of_convergence_on_a_mixture(name: str, order: int) -> None:
    x = 5 * noise(8, 2)
    exact = last(heun(mixture, x, levels(5000)))
    error = [float((last(ODE[name](mixture, x, levels(n))) - exact).abs().mean()) for n in (160, 320, 640)]
    for coarse, fine in itertools.pairwise(error):
        assert math.log2(coarse / fine) == pytest.approx(order, abs=0.3)


@pytest.mark.parametrize("name", STOCHASTIC)
def test_random_samplers_give_the_datas_deviation(name: str) -> None:
    """4,000 coordinates of N(0, 0.5²): the sample deviation's own error is 0.5/√8000, 0.006."""
    sigmas = karras_sigmas(150, 0.01, 10.0)
    r = rngs(*range(40))
    out = last(STOCHASTIC[name](gaussian, start(r, (100,), sigmas), sigmas, r))
    assert out.std().item() == pytest.approx(SIGMA_DATA, abs=0.025)
    assert abs(out.mean().item()) < 0.03


def test_a_mixture_comes_back_with_both_its_halves() -> None:
    sigmas = karras_sigmas(40, 0.01, 20.0)
    out = last(dpmpp_2m(mixture, start(rngs(*range(400)), (2,), sigmas), sigmas))
    near = torch.cdist(out.double(), MEANS)
    assert (near.amin(1) < 0.8).all(), "four deviations"
    assert (near.argmin(1) == 0).float().mean().item() == pytest.approx(0.5, abs=0.1)


def test_ddim_with_eta_1_is_ddpm() -> None:
    sigmas, x = karras_sigmas(9, 0.05, 5.0), 5 * noise(2, 3)
    torch.testing.assert_close(
        last(ddim(gaussian, x, sigmas, rngs(1, 2), eta=1.0)), last(ddpm(gaussian, x, sigmas, rngs(1, 2)))
    )


@pytest.mark.parametrize("name", STOCHASTIC)
def test_a_sample_does_not_know_its_batch(name: str) -> None:
    """Sample 2 alone and between others, with the noise of every step."""
    sigmas, sample = karras_sigmas(7, 0.05, 5.0), STOCHASTIC[name]

    def made(*seeds: int) -> Tensor:
        r = rngs(*seeds)
        return last(sample(mixture, start(r, (2,), sigmas), sigmas, r))

    torch.testing.assert_close(made(5, 6, 7)[1:2], made(6), rtol=1e-6, atol=1e-6)
    assert torch.equal(made(5, 6), made(5, 6)), "and the seed decides"
    assert not torch.allclose(made(5), made(6))


def test_steps_tell_what_the_network_saw_and_said() -> None:
    sigmas, x = karras_sigmas(5, 0.05, 5.0), 5 * noise(2, 3)
    for sampler in ODE.values():
        steps = list(sampler(gaussian, x, sigmas))
        assert [s.i for s in steps] == list(range(5))
        assert [s.sigma for s in steps] == sigmas[:-1].tolist() and steps[-1].sigma_next == 0
        assert torch.equal(steps[0].x, x)
        for step, after in itertools.pairwise(steps):
            assert torch.equal(step.x_next, after.x)
            assert torch.equal(step.denoised, gaussian(step.x, step.x.new_full((2,), step.sigma)))
        torch.testing.assert_close(steps[-1].x_next, steps[-1].denoised, msg="the last step goes all the way")


def test_the_network_is_called_as_often_as_the_table_says() -> None:
    calls: list[float] = []

    def counting(x: Tensor, sigma: Tensor) -> Tensor:
        calls.append(float(sigma[0]))
        return gaussian(x, sigma)

    for name, expected in (("ddim", 6), ("heun", 11), ("dpmpp_2m", 6)):
        calls.clear()
        last(ODE[name](counting, 5 * noise(1, 3), karras_sigmas(6, 0.05, 5.0)))
        assert len(calls) == expected, name


def test_churn_only_between_its_levels() -> None:
    sigmas, x = karras_sigmas(8, 0.05, 5.0), 5 * noise(1, 3)
    steps = list(heun(gaussian, x, sigmas, rngs(0), churn=Churn(amount=100, low=0.5, high=2.0)))
    for step, sigma in zip(steps, sigmas.tolist(), strict=False):
        assert step.sigma == pytest.approx(sigma * (math.sqrt(2) if 0.5 <= sigma <= 2.0 else 1.0))


# --- diffusers --------------------------------------------------------------------------------------------------------


def network(x: Tensor, t: Tensor) -> Tensor:
    """Stands in for ε_θ(x_t, t): smooth, neither linear in x nor constant in t."""
    return torch.tanh(x * 1.3 + t / 700) + 0.2 * x


def ours(alphas: Tensor, times: Tensor) -> Denoiser:
    """That network as a denoiser: x_t = √ᾱ·x, D = x − σ·ε_θ."""
    sigma_to_time = {
        round(float(s), 9): int(t) for s, t in zip(((1 - alphas) / alphas).sqrt()[times], times, strict=True)
    }

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        time = sigma_to_time[round(float(sigma[0]), 9)]
        return x - sigma[:, None] * network(x * alphas[time].sqrt(), torch.tensor(float(time)))

    return denoise


def theirs(scheduler: object, x: Tensor, **options: float) -> Tensor:
    for t in scheduler.timesteps:  # type: ignore[attr-defined]
        x = scheduler.step(network(x, t.double()), t, x, **options).prev_sample  # type: ignore[attr-defined]
    return x


@pytest.mark.parametrize("steps", [5, 20])
def test_ddim_equals_diffusers(steps: int) -> None:
    runtime.torchaudio()
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(clip_sample=False, timestep_spacing="trailing", set_alpha_to_one=True)
    scheduler.alphas_cumprod = linear_alphas_cumprod()  # the same in double precision
    scheduler.final_alpha_cumprod = torch.tensor(1.0, dtype=torch.float64)
    scheduler.set_timesteps(steps)
    alphas, times = linear_alphas_cumprod(), ddpm_times(1000, steps)
    assert scheduler.timesteps.tolist() == times.tolist()
    sigmas, x = ddpm_sigmas(alphas, steps), noise(3, 4)
    x = x / alphas[-1].sqrt()
    made = last(ddim(ours(alphas, times), x, sigmas))
    torch.testing.assert_close(made, theirs(scheduler, x * alphas[-1].sqrt(), eta=0.0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("steps", [6, 20])
def test_dpm_solver_equals_diffusers(steps: int) -> None:
    runtime.torchaudio()
    from diffusers import DPMSolverMultistepScheduler

    scheduler = DPMSolverMultistepScheduler(timestep_spacing="trailing", final_sigmas_type="zero")
    scheduler.set_timesteps(steps)
    alphas, times = linear_alphas_cumprod(), ddpm_times(1000, steps)
    assert scheduler.timesteps.tolist() == times.tolist()
    x = noise(3, 4)
    made = last(dpmpp_2m(ours(alphas, times), x / alphas[-1].sqrt(), ddpm_sigmas(alphas, steps)))
    torch.testing.assert_close(made, theirs(scheduler, x), rtol=1e-3, atol=1e-4)  # their levels are float32


# --- guidance, drawings, interpolation --------------------------------------------------------------------------------


def labelled(x: Tensor, sigma: Tensor, labels: Tensor) -> Tensor:
    return gaussian(x, sigma) + labels.sum(1, keepdim=True)


def test_guidance_extrapolates_from_null_to_labels() -> None:
    x, sigma = noise(2, 3), torch.ones(2, dtype=torch.float64)
    label, null = torch.tensor([2, 1]), torch.tensor([0, 0])
    base = gaussian(x, sigma)
    for scale in (0.0, 1.0, 2.5):
        torch.testing.assert_close(guided(labelled, label, null, scale)(x, sigma), base + 3 * scale)
    beyond = guided(labelled, label, null, 4.0, high=0.5)(x, sigma)
    torch.testing.assert_close(beyond, base + 3)
    per_sample = torch.tensor([[1, 0], [0, 0]])
    torch.testing.assert_close(guided(labelled, per_sample, null, 2.0)(x, sigma), base + torch.tensor([[2.0], [0.0]]))


def test_guidance_asks_no_more_than_it_needs() -> None:
    sizes: list[int] = []

    def counting(x: Tensor, sigma: Tensor, labels: Tensor) -> Tensor:
        sizes.append(len(x))
        return labelled(x, sigma, labels)

    x, sigma, label, null = noise(2, 3), torch.ones(2), torch.tensor([1]), torch.tensor([0])
    for wanted, scale in ((label, 2.0), (label, 1.0), (label, 0.0), (null, 3.0)):
        guided(counting, wanted, null, scale)(x, sigma)
    assert sizes == [4, 2, 2, 2]


def test_the_closed_form_is_where_many_small_steps_lead() -> None:
    """Three dimensions, one of them left over, turned out of the axes."""
    turn = torch.linalg.qr(torch.randn(3, 3, generator=runtime.generator(0), dtype=torch.float64)).Q
    mean, variance, rest = (
        torch.tensor([1.0, -2.0, 0.5]).double(),
        torch.tensor([4.0, 0.3]).double(),
        torch.tensor(0.05),
    )
    covariance = turn @ torch.diag(torch.tensor([4.0, 0.3, 0.05]).double()) @ turn.T

    def expected(x: Tensor, sigma: Tensor) -> Tensor:
        gain = covariance @ torch.linalg.inv(covariance + float(sigma[0]) ** 2 * torch.eye(3))
        return mean + (x - mean) @ gain.T

    x = 20 * torch.randn(5, 3, generator=runtime.generator(1), dtype=torch.float64)
    sigmas = torch.linspace(math.log(20), math.log(1.2), 400, dtype=torch.float64).exp()
    closed = teleport(x, 20.0, 1.2, mean, turn[:, :2], variance, rest)
    torch.testing.assert_close(closed, last(heun(expected, x, sigmas)), atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(teleport(x, 7.0, 7.0, mean, turn[:, :2], variance, rest), x)


def test_a_drawing_starts_part_of_the_way() -> None:
    image, sigmas = noise(2, 3), karras_sigmas(10, 0.05, 5.0)
    x, left = sdedit(image, sigmas, 0.4, rngs(1, 2))
    assert torch.equal(left, sigmas[6:]) and len(left) == 5
    residual = (x - image) / float(left[0])
    torch.testing.assert_close(residual, diffusion.draw(rngs(1, 2), image))
    untouched, none = sdedit(image, sigmas, 0.0, rngs(1, 2))
    assert torch.equal(untouched, image) and none.tolist() == [0.0]
    whole, everything = sdedit(image, sigmas, 1.0, rngs(1, 2))
    assert torch.equal(everything, sigmas) and not torch.allclose(whole, image)
    with pytest.raises(ValueError, match=r"got 1\.2"):
        sdedit(image, sigmas, 1.2, rngs(1, 2))


def test_interpolated_noise_keeps_its_deviation() -> None:
    """So the sampler meets the level it expects all along the way; a straight line would drop to 1/√2 of it."""
    sigmas = karras_sigmas(4)
    a, b = (start(rngs(seed), (3, 32, 32), sigmas) for seed in (1, 2))
    for t in (0.25, 0.5):
        assert slerp(a, b, t).std().item() == pytest.approx(80, rel=0.03)
    assert torch.lerp(a, b, 0.5).std().item() < 60


def test_randomness_without_generators_is_refused() -> None:
    x, sigmas = noise(1, 2), karras_sigmas(3)
    with pytest.raises(ValueError, match="rngs"):
        next(ddim(gaussian, x, sigmas, eta=0.5))
    with pytest.raises(ValueError, match="rngs"):
        next(heun(gaussian, x, sigmas, churn=Churn(amount=1)))
    with pytest.raises(ValueError, match="two noise levels"):
        last(ddim(gaussian, x, sigmas[:1]))
