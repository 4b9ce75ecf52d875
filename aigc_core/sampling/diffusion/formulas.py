"""The update of one sampling step as a formula, with and without its numbers.

The functions of :mod:`aigc_core.sampling.diffusion.samplers` in the same symbols: x the noisy picture, D the clean one expected, σ the
noise level, primes for the next level.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from aigc_core.sampling.diffusion.samplers import Step


class Formula(NamedTuple):
    symbols: str
    filled: str
    """The same with numbers for the coefficients."""
    numbers: dict[str, float]
    """The coefficients by symbol."""


def explain(sampler: str, step: Step, before: Step | None = None) -> Formula:
    """The formula of ``step``.

    Args:
        sampler: Name of the function that made it: ``ddim`` (η = 0), ``ddpm``, ``heun`` (without churn), ``dpmpp_2m`` or
            ``teleport`` (its coefficient for a direction of variance 1).
        before: The step before, which ``dpmpp_2m`` remembers.
    """
    levels = {"σ": step.sigma, "σ'": step.sigma_next}
    formula = _FORMULAS[sampler](step, before)
    return formula._replace(numbers=levels | formula.numbers)


def _ddim(step: Step, before: Step | None) -> Formula:
    ratio = step.sigma_next / step.sigma
    return Formula("x' = D + (σ'/σ)·(x − D)", f"x' = D + {_n(ratio)}·(x − D)", {"σ'/σ": ratio})


def _ddpm(step: Step, before: Step | None) -> Formula:
    share = (step.sigma_next / step.sigma) ** 2
    up = step.sigma_next * math.sqrt(1 - share)
    symbols = "x' = D + (σ'/σ)²·(x − D) + σ_up·z,  σ_up² = σ'²·(σ² − σ'²)/σ²"
    return Formula(symbols, f"x' = D + {_n(share)}·(x − D) + {_n(up)}·z", {"(σ'/σ)²": share, "σ_up": up})


def _heun(step: Step, before: Step | None) -> Formula:
    stride = step.sigma_next - step.sigma
    numbers = {"σ' − σ": stride, "1/σ": 1 / step.sigma}
    slope = f"d = {_n(1 / step.sigma)}·(x − D)"
    if step.sigma_next == 0:
        return Formula("x' = x + (σ' − σ)·d,  d = (x − D)/σ", f"x' = x {_signed(stride)}·d,  {slope}", numbers)
    return Formula(
        "x' = x + (σ' − σ)·(d + d')/2,  d = (x − D)/σ,  d' = (x_E − D(x_E, σ'))/σ',  x_E = x + (σ' − σ)·d",
        f"x' = x {_signed(stride)}·(d + d')/2,  {slope},  d' = {_n(1 / step.sigma_next)}·(x_E − D(x_E, {_n(step.sigma_next)}))",
        numbers | {"1/σ'": 1 / step.sigma_next},
    )


def _dpmpp_2m(step: Step, before: Step | None) -> Formula:
    ratio = step.sigma_next / step.sigma
    numbers = {"σ'/σ": ratio, "1 − σ'/σ": 1 - ratio}
    if before is None or step.sigma_next == 0:
        filled = f"x' = {_n(ratio)}·x + {_n(1 - ratio)}·D"
        return Formula("x' = (σ'/σ)·x + (1 − σ'/σ)·D", filled, numbers)
    half = math.log(step.sigma / step.sigma_next) / (2 * math.log(before.sigma / before.sigma_next))
    return Formula(
        "x' = (σ'/σ)·x + (1 − σ'/σ)·D̄,  D̄ = (1 + 1/2r)·D − 1/2r·D_before",
        f"x' = {_n(ratio)}·x + {_n(1 - ratio)}·D̄,  D̄ = {_n(1 + half)}·D − {_n(half)}·D_before",
        numbers | {"1/2r": half},
    )


def _teleport(step: Step, before: Step | None) -> Formula:
    after, sigma = step.sigma_next**2, step.sigma**2
    return Formula(
        "x' = m + U·diag(√((λ+σ'²)/(λ+σ²)))·Uᵀ(x − m)",
        f"x' = m + U·diag(√((λ + {_n(after)})/(λ + {_n(sigma)})))·Uᵀ(x − m)",
        {"√((1+σ'²)/(1+σ²))": math.sqrt((1 + after) / (1 + sigma))},
    )


_FORMULAS = {"ddim": _ddim, "ddpm": _ddpm, "heun": _heun, "dpmpp_2m": _dpmpp_2m, "teleport": _teleport}


def _n(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'} {abs(value):.4g}"
