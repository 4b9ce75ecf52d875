"""The formula shown for a step is the one that the sampler computed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from aigc_core.sampling.diffusion import samplers as diffusion
from aigc_core.sampling.diffusion.formulas import Formula, explain, signed, tex
from aigc_core.sampling.diffusion.samplers import Step
from aigc_core.sampling.diffusion.schedules import karras_sigmas

SIGMAS = karras_sigmas(6, 0.01, 10.0)
X = 10 * torch.randn(1, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def denoise(x: Tensor, sigma: Tensor) -> Tensor:
    """Of data N(0, 0.25), bent so that no step is exact."""
    return 0.25 / (0.25 + sigma[:, None] ** 2) * x + 0.1 * torch.sin(x)


def steps(name: str) -> list[tuple[Step, Step | None, Formula]]:
    """Every step with the one before it and its formula."""
    rngs = [torch.Generator().manual_seed(1)]
    made = {
        "ddim": lambda: diffusion.ddim(denoise, X, SIGMAS), "heun": lambda: diffusion.heun(denoise, X, SIGMAS),
        "dpmpp_2m": lambda: diffusion.dpmpp_2m(denoise, X, SIGMAS),
        "ddpm": lambda: diffusion.ddpm(denoise, X, SIGMAS, rngs),
    }  # fmt: skip
    every = list(made[name]())
    return [
        (step, old, explain(name, step.sigma, step.sigma_next, old and old.sigma))
        for step, old in zip(every, [None, *every], strict=False)
    ]


def test_ddim_and_the_second_order_multistep() -> None:
    for step, _, told in steps("ddim"):
        ratio = told.numbers["σ'/σ"]
        assert torch.allclose(step.denoised + ratio * (step.x - step.denoised), step.x_next, rtol=1e-9)
    for step, before, told in steps("dpmpp_2m"):
        half = told.numbers.get("1/2r", 0.0)
        target = step.denoised if before is None else (1 + half) * step.denoised - half * before.denoised
        found = told.numbers["σ'/σ"] * step.x + told.numbers["1 − σ'/σ"] * target
        assert torch.allclose(found, step.x_next, rtol=1e-9)
        assert ("D_{before}" in told.tex) == (0 < step.i < 5), "neither the first step nor the last looks back"


def test_heun_takes_the_mean_of_two_slopes_but_at_the_end() -> None:
    for step, _, told in steps("heun"):
        n = told.numbers
        slope = n["1/σ"] * (step.x - step.denoised)
        if step.sigma_next:
            euler = step.x + n["σ' − σ"] * slope
            after = n["1/σ'"] * (euler - denoise(euler, euler.new_full((1,), step.sigma_next)))
            slope = (slope + after) / 2
        assert torch.allclose(step.x + n["σ' − σ"] * slope, step.x_next, rtol=1e-9)


def test_the_closed_form_shrinks_each_direction_by_its_variance() -> None:
    told = explain("teleport", 80.0, 2.0)
    (update,) = told.equations
    assert r"\lambda_k + \sigma'^2" in update.symbols
    assert r"\frac{\lambda_k + 4.00}{\lambda_k + 6400}" in update.filled
    assert told.numbers["√((1+σ'²)/(1+σ²))"] == pytest.approx((5 / 6401) ** 0.5) and told.numbers["σ'"] == 2
    x, zero, one = torch.tensor([[80.0]], dtype=torch.float64), torch.zeros(1).double(), torch.ones(1, 1).double()
    moved = diffusion.teleport(x, 80.0, 2.0, zero, one, one[0], zero[0])
    assert float(moved) == pytest.approx(80 * told.numbers["√((1+σ'²)/(1+σ²))"])


def test_ddpm_draws_what_is_missing() -> None:
    rng = torch.Generator().manual_seed(1)
    for step, _, told in steps("ddpm"):
        n = told.numbers
        found = step.denoised + n["(σ'/σ)²"] * (step.x - step.denoised)
        if n["σ_up"] > 0:
            found = found + n["σ_up"] * torch.randn(3, generator=rng, dtype=torch.float64)
        assert torch.allclose(found, step.x_next, rtol=1e-9)


SHOWN = {
    "ddim": ["σ'/σ"],
    "ddpm": ["(σ'/σ)²", "σ_up"],
    "heun": ["1/σ'"],
    "dpmpp_2m": ["σ'/σ", "1 − σ'/σ", "1/2r"],
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_numbers_stand_in_the_formula(name: str) -> None:
    for step, _, told in steps(name):
        filled = " ".join(one.filled for one in told.equations)
        for symbol in set(SHOWN[name]) & set(told.numbers):
            value = told.numbers[symbol]
            assert tex(1 / value if symbol == "1/σ'" else value) in filled, symbol
        assert told.numbers["σ"] == step.sigma and told.numbers["σ'"] == step.sigma_next
        assert r"\sigma" not in filled and told.tex.count("{") == told.tex.count("}")
        assert told.equations[-1].left == "x'"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.5023, "0.502"), (12.34, "12.3"), (123.4, "123"), (0.00041, r"4.10\cdot10^{-4}"), (0.002, "0.00200")],
)
def test_three_digits(value: float, text: str) -> None:
    assert tex(value) == text
    assert signed(-value) == ("-" if value else "+") + text
