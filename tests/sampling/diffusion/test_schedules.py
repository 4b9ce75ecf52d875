"""Noise levels: endpoints, order, and that every translation comes back."""

from __future__ import annotations

import pytest
import torch

from aigc_core.sampling.diffusion import schedules
from aigc_core.sampling.diffusion.schedules import (
    alpha_bar_of,
    cosine_alphas_cumprod,
    ddpm_sigmas,
    ddpm_times,
    flow_times,
    karras_sigmas,
    linear_alphas_cumprod,
    sigma_of,
    sigma_of_time,
    time_of,
)


def test_linear_schedule_has_the_papers_ends() -> None:
    curve = linear_alphas_cumprod()
    assert curve[0].item() == pytest.approx(1 - 1e-4)
    assert curve[-1].item() == pytest.approx(4.04e-5, rel=0.01), "DDPM: nearly nothing is left after 1,000 steps"
    assert (curve[1:] / curve[:-1])[-1].item() == pytest.approx(1 - 0.02)


def test_cosine_schedule_is_half_gone_half_way() -> None:
    curve = cosine_alphas_cumprod()
    assert curve[499].item() == pytest.approx(0.5, abs=0.02)
    assert (curve.diff() < 0).all() and 0 < curve[-1] < 1e-4
    assert (1 - curve[1:] / curve[:-1]).max().item() <= 0.999 + 1e-12


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_equal_to_diffusers_schedules(name: str) -> None:
    from aigc_core import runtime

    runtime.torchaudio()
    from diffusers import DDPMScheduler

    kind = {"linear": "linear", "cosine": "squaredcos_cap_v2"}[name]
    theirs = DDPMScheduler(num_train_timesteps=1000, beta_schedule=kind).alphas_cumprod.double()
    ours = getattr(schedules, f"{name}_alphas_cumprod")()
    torch.testing.assert_close(ours, theirs, rtol=2e-3, atol=1e-6)  # theirs multiplies 1,000 float32 numbers


def test_translations_come_back() -> None:
    sigmas = karras_sigmas(12)[:-1]
    torch.testing.assert_close(sigma_of(alpha_bar_of(sigmas)), sigmas)
    torch.testing.assert_close(sigma_of_time(time_of(sigmas)), sigmas)
    assert sigma_of(torch.tensor(0.5)).item() == pytest.approx(1) and time_of(torch.tensor(1.0)).item() == 0.5


def test_karras_levels_fall_from_end_to_end_and_crowd_at_low_noise() -> None:
    sigmas = karras_sigmas(18)
    assert len(sigmas) == 19 and sigmas[-1] == 0
    assert sigmas[0].item() == pytest.approx(80) and sigmas[-2].item() == pytest.approx(0.002)
    assert (sigmas.diff() < 0).all()
    assert (sigmas[:-1] < 1).sum() >= 7, "of 18; even spacing would put none there"
    assert (karras_sigmas(18, rho=1)[:-1] < 1).sum() == 1
    assert karras_sigmas(1).tolist() == pytest.approx([80, 0])
    even = karras_sigmas(9, rho=1)[:-1].diff()
    torch.testing.assert_close(even, even[:1].expand(8))


def test_ddpm_levels_start_at_the_noisiest_time() -> None:
    curve = linear_alphas_cumprod(100)
    assert ddpm_times(100, 4).tolist() == [99, 74, 49, 24]
    sigmas = ddpm_sigmas(curve, 4)
    assert sigmas[0] == sigma_of(curve[-1]) and sigmas[-1] == 0
    assert ddpm_times(100, 100).tolist() == list(range(99, -1, -1))


def test_flow_times_shift_towards_noise_and_keep_their_ends() -> None:
    plain, shifted = flow_times(8), flow_times(8, shift=3)
    assert plain.tolist() == pytest.approx([1 - i / 8 for i in range(9)])
    assert shifted[0] == 1 and shifted[-1] == 0 and (shifted[1:-1] > plain[1:-1]).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: karras_sigmas(0),
        lambda: karras_sigmas(5, 1.0, 0.5),
        lambda: ddpm_sigmas(linear_alphas_cumprod(10), 11),
        lambda: flow_times(4, shift=0),
    ],
)
def test_impossible_levels_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match="got"):
        call()  # type: ignore[operator]
