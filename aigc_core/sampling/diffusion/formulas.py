"""The update of one sampling step as formulas in TeX, in symbols and with that step's numbers.

The functions of :mod:`aigc_core.sampling.diffusion.samplers` in the same symbols: x the noisy picture, D the clean one expected, σ the
noise level, primes for the next level. Pages, recipes and lessons show these formulas and state none of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple


class Equation(NamedTuple):
    left: str
    symbols: str
    """The right side."""
    filled: str
    """The right side with numbers for the coefficients."""


class Formula(NamedTuple):
    equations: tuple[Equation, ...]
    """In the order of computing; the last one gives x'."""
    numbers: dict[str, float]
    """The coefficients by symbol."""

    @property
    def tex(self) -> str:
        """All equations below one another, each with its numbers on the line after it."""
        lines = [rf"{one.left} &= {one.symbols}\\ &= {one.filled}" for one in self.equations]
        return r"\begin{aligned}" + r"\\[6pt] ".join(lines) + r"\end{aligned}"


def explain(sampler: str, sigma: float, sigma_next: float, sigma_before: float | None = None) -> Formula:
    """The formula of the step from ``sigma`` to ``sigma_next``.

    Args:
        sampler: Name of the function that takes the step: ``ddim`` (η = 0), ``ddpm``, ``heun`` (without churn), ``dpmpp_2m``
            or ``teleport`` (its coefficient for a direction of variance 1).
        sigma_before: Where the step before began, whose answer ``dpmpp_2m`` remembers; None for the first step.
    """
    if sampler == "dpmpp_2m" and sigma_before is not None and sigma_next > 0:
        formula = _two_answers(sigma, sigma_next, sigma_before)
    else:
        formula = _FORMULAS[sampler](sigma, sigma_next)
    return formula._replace(numbers={"σ": sigma, "σ'": sigma_next} | formula.numbers)


def _ddim(sigma: float, after: float) -> Formula:
    ratio = after / sigma
    update = Equation("x'", r"D + \frac{\sigma'}{\sigma}\,(x - D)", rf"D + {tex(ratio)}\,(x - D)")
    return Formula((update,), {"σ'/σ": ratio})


def _ddpm(sigma: float, after: float) -> Formula:
    share = (after / sigma) ** 2
    up = after * math.sqrt(1 - share)
    fresh = Equation(
        r"\sigma_{up}",
        r"\frac{\sigma'}{\sigma}\sqrt{\sigma^2 - \sigma'^2}",
        rf"\frac{{{tex(after)}}}{{{tex(sigma)}}}\sqrt{{{tex(sigma**2)} - {tex(after**2)}}} = {tex(up)}",
    )
    update = Equation(
        "x'",
        r"D + \frac{\sigma'^2}{\sigma^2}\,(x - D) + \sigma_{up}\,z",
        rf"D + {tex(share)}\,(x - D) + {tex(up)}\,z",
    )
    return Formula((fresh, update), {"(σ'/σ)²": share, "σ_up": up})


def _heun(sigma: float, after: float) -> Formula:
    stride = after - sigma
    numbers = {"σ' − σ": stride, "1/σ": 1 / sigma}
    slope = Equation("d", r"\frac{x - D(x,\sigma)}{\sigma}", rf"\frac{{x - D}}{{{tex(sigma)}}}")
    euler = r"x + (\sigma' - \sigma)\,d", rf"x {signed(stride)}\,d"
    if after == 0:
        return Formula((slope, Equation("x'", *euler)), numbers)
    second = Equation(
        "d'",
        r"\frac{\tilde x - D(\tilde x,\sigma')}{\sigma'}",
        rf"\frac{{\tilde x - D(\tilde x,\,{tex(after)})}}{{{tex(after)}}}",
    )
    update = Equation("x'", r"x + (\sigma' - \sigma)\,\frac{d + d'}{2}", rf"x {signed(stride / 2)}\,(d + d')")
    return Formula((slope, Equation(r"\tilde x", *euler), second, update), numbers | {"1/σ'": 1 / after})


def _one_answer(sigma: float, after: float) -> Formula:
    """DPM-Solver++(2M) in its first and last step."""
    return _towards("D", after / sigma)


def _two_answers(sigma: float, after: float, before: float) -> Formula:
    """DPM-Solver++(2M) in any other step."""
    length, length_before = math.log(sigma / after), math.log(before / sigma)
    half = length / (2 * length_before)
    ratio = Equation(
        "r",
        r"\frac{\ln\sigma_{before} - \ln\sigma}{\ln\sigma - \ln\sigma'}",
        rf"\frac{{{tex(length_before)}}}{{{tex(length)}}} = {tex(length_before / length)}",
    )
    middle = Equation(
        r"\bar D",
        r"\big(1 + \tfrac1{2r}\big)D - \tfrac1{2r}D_{before}",
        rf"{tex(1 + half)}\,D - {tex(half)}\,D_{{before}}",
    )
    (update,), numbers = _towards(r"\bar D", after / sigma)
    return Formula((ratio, middle, update), numbers | {"1/2r": half})


def _towards(target: str, ratio: float) -> Formula:
    update = Equation(
        "x'",
        rf"\frac{{\sigma'}}{{\sigma}}\,x + \big(1 - \frac{{\sigma'}}{{\sigma}}\big){target}",
        rf"{tex(ratio)}\,x + {tex(1 - ratio)}\,{target}",
    )
    return Formula((update,), {"σ'/σ": ratio, "1 − σ'/σ": 1 - ratio})


def _teleport(sigma: float, after: float) -> Formula:
    update = Equation(
        "x'",
        r"m + U\,\mathrm{diag}\!\Big(\sqrt{\frac{\lambda_k + \sigma'^2}{\lambda_k + \sigma^2}}\Big)\,U^{\top}(x - m)",
        rf"m + U\,\mathrm{{diag}}\!\Big(\sqrt{{\frac{{\lambda_k + {tex(after**2)}}}{{\lambda_k + {tex(sigma**2)}}}}}\Big)\,U^{{\top}}(x - m)",
    )
    return Formula((update,), {"√((1+σ'²)/(1+σ²))": math.sqrt((1 + after**2) / (1 + sigma**2))})


_FORMULAS: dict[str, Callable[[float, float], Formula]] = {
    "ddim": _ddim,
    "ddpm": _ddpm,
    "heun": _heun,
    "dpmpp_2m": _one_answer,
    "teleport": _teleport,
}


def tex(value: float) -> str:
    r"""Three digits: ``0.502``, ``12.3``, ``4.1\cdot10^{-3}``."""
    if value == 0:
        return "0"
    power = math.floor(math.log10(abs(value)))
    if -3 <= power < 4:
        return f"{value:.{max(0, 2 - power)}f}"
    return rf"{value / 10**power:.2f}\cdot10^{{{power}}}"


def signed(value: float) -> str:
    """The same with a sign in front."""
    return ("+" if value >= 0 else "-") + tex(abs(value))
