"""The formula shown for a step is the one that the sampler computed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from aigc_core.sampling.diffusion import samplers as diffusion
from aigc_core.sampling.diffusion.formulas import explain
from aigc_core.sampling.diffusion.samplers import Step
from aigc_core.sampling.diffusion.schedules import karras_sigmas

SIGMAS = karras_sigmas(6, 0.01, 10.0)
X = 10 * torch.randn(1, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def denoise(x: Tensor, sigma: Tensor) -> Tensor:
    """Of data N(0, 0.25), bent so that no step is exact."""
    return 0.25 / (0.25 + sigma[:, None] ** 2) * x + 0.1 * torch.sin(x)


def steps(name: str) -> list[Step]:
    rngs = [torch.Generator().manual_seed(1)]
    made = {
        "ddim": lambda: diffusion.ddim(denoise, X, SIGMAS), "heun": lambda: diffusion.heun(denoise, X, SIGMAS),
        "dpmpp_2m": lambda: diffusion.dpmpp_2m(denoise, X, SIGMAS),
        "ddpm": lambda: diffusion.ddpm(denoise, X, SIGMAS, rngs),
    }  # fmt: skip
    return list(made[name]())


def test_ddim_and_the_second_order_multistep() -> None:
    for step in steps("ddim"):
        ratio = explain("ddim", step).numbers["σ'/σ"]
        assert torch.allclose(step.denoised + ratio * (step.x - step.denoised), step.x_next, rtol=1e-9)
    before: Step | None = None
    for step in steps("dpmpp_2m"):
        told = explain("dpmpp_2m", step, before)
        half = told.numbers.get("1/2r", 0.0)
        target = step.denoised if before is None else (1 + half) * step.denoised - half * before.denoised
        found = told.numbers["σ'/σ"] * step.x + told.numbers["1 − σ'/σ"] * target
        assert torch.allclose(found, step.x_next, rtol=1e-9)
        assert ("D_before" in told.symbols) == (0 < step.i < 5), "neither the first step nor the last looks back"
        before = step


def test_heun_takes_the_mean_of_two_slopes_but_at_the_end() -> None:
    for step in steps("heun"):
        n = explain("heun", step).numbers
        slope = n["1/σ"] * (step.x - step.denoised)
        if step.sigma_next:
            euler = step.x + n["σ' − σ"] * slope
            after = n["1/σ'"] * (euler - denoise(euler, euler.new_full((1,), step.sigma_next)))
            slope = (slope + after) / 2
        assert torch.allclose(step.x + n["σ' − σ"] * slope, step.x_next, rtol=1e-9)


def test_the_closed_form_shrinks_each_direction_by_its_variance() -> None:
    step = Step(i=0, sigma=80.0, sigma_next=2.0, x=torch.zeros(1), denoised=torch.zeros(1), x_next=torch.zeros(1))
    symbols, filled, numbers = explain("teleport", step)
    assert "√((λ+σ'²)/(λ+σ²))" in symbols and "√((λ + 4)/(λ + 6400))" in filled
    assert numbers["√((1+σ'²)/(1+σ²))"] == pytest.approx((5 / 6401) ** 0.5) and numbers["σ'"] == 2


def test_ddpm_draws_what_is_missing() -> None:
    rng = torch.Generator().manual_seed(1)
    for step in steps("ddpm"):
        n = explain("ddpm", step).numbers
        found = step.denoised + n["(σ'/σ)²"] * (step.x - step.denoised)
        if n["σ_up"] > 0:
            found = found + n["σ_up"] * torch.randn(3, generator=rng, dtype=torch.float64)
        assert torch.allclose(found, step.x_next, rtol=1e-9)


@pytest.mark.parametrize("name", ["ddim", "ddpm", "heun", "dpmpp_2m"])
def test_the_numbers_stand_in_the_formula(name: str) -> None:
    before: Step | None = None
    for step in steps(name):
        told = explain(name, step, before)
        assert told.symbols.startswith("x' =") and told.filled.startswith("x' =")
        assert told.numbers["σ"] == step.sigma and told.numbers["σ'"] == step.sigma_next
        assert "σ" not in told.filled.replace("σ_up", "") and "(1 +" not in told.filled
        before = step
