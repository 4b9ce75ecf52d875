"""The formula of one sampler step as LaTeX, with that step's numbers in it.

The samplers are functions of aigc_core/sampling/diffusion/samplers.py; the coefficients follow from the noise levels alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Levels = Sequence[tuple[float, float]]
"""σ and the next σ of each step, from the noisiest on; the last next one is 0."""

CONDITIONS: dict[str, Callable[[int, float], bool]] = {
    "after > 0": lambda i, after: after > 0,
    "before is not None and after > 0": lambda i, after: i > 0 and after > 0,
    "rngs is not None and gamma > 0": lambda i, after: False,
    "rngs is not None and up > 0": lambda i, after: False,
    "eta > 0 and rngs is None": lambda i, after: False,
    "churn.amount > 0 and rngs is None": lambda i, after: False,
}
"""Whether an ``if`` of a sampler's source holds in step ``i`` to level ``after``; the pipelines neither churn nor use η."""


def held(i: int, after: float) -> list[str]:
    """The conditions of the samplers' sources that hold in one step."""
    return [test for test, holds in CONDITIONS.items() if holds(i, after)]


def formulas(sampler: str, levels: Levels, teleported: bool = False) -> list[str]:
    """One display formula a step; the first is the closed form's where the run began with it."""
    step, rest = STEPS[sampler], levels[teleported:]
    return [_teleport(*levels[0])] * teleported + [step(rest, i) for i in range(len(rest))]


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


def _aligned(*lines: str) -> str:
    return r"\begin{aligned}" + r"\\[4pt] ".join(lines) + r"\end{aligned}"


def _teleport(sigma: float, after: float) -> str:
    def shrink(variance: float) -> str:
        return tex(math.sqrt((variance + after**2) / (variance + sigma**2)))

    return _aligned(
        r"x' &= m + U\,\mathrm{diag}\!\left(\sqrt{\frac{\lambda+\sigma'^2}{\lambda+\sigma^2}}\right) U^{\top}(x - m)",
        rf"&= m + U\,\mathrm{{diag}}\!\left(\sqrt{{\frac{{\lambda+{tex(after**2)}}}{{\lambda+{tex(sigma**2)}}}}}\right) U^{{\top}}(x - m)",
        rf"&\qquad \lambda = 0:\ \times\,{shrink(0)},\qquad \lambda = 1:\ \times\,{shrink(1)}",
    )


def _ddim(levels: Levels, i: int) -> str:
    sigma, after = levels[i]
    ratio = after / sigma
    return _aligned(
        r"x' &= D + \frac{\sigma'}{\sigma}\,(x - D)",
        rf"&= D + \frac{{{tex(after)}}}{{{tex(sigma)}}}\,(x - D)",
        rf"&= {tex(ratio)}\,x + {tex(1 - ratio)}\,D",
    )


def _ddpm(levels: Levels, i: int) -> str:
    sigma, after = levels[i]
    share = (after / sigma) ** 2
    up = after * math.sqrt(sigma**2 - after**2) / sigma
    return _aligned(
        r"x' &= D + \frac{\sigma'^2}{\sigma^2}\,(x - D) + \sigma_{\mathrm{up}}\,z,"
        r"\qquad \sigma_{\mathrm{up}} = \frac{\sigma'}{\sigma}\sqrt{\sigma^2 - \sigma'^2}",
        rf"&= D + \frac{{{tex(after)}^2}}{{{tex(sigma)}^2}}\,(x - D) + {tex(up)}\,z,\qquad z \sim \mathcal N(0, I)",
        rf"&= {tex(share)}\,x + {tex(1 - share)}\,D + {tex(up)}\,z",
    )


def _heun(levels: Levels, i: int) -> str:
    sigma, after = levels[i]
    slope = rf"d &= \frac{{x - D(x;\sigma)}}{{\sigma}} = \frac{{x - D}}{{{tex(sigma)}}}"
    euler = r"\tilde x &= x + (\sigma' - \sigma)\,d = x " + signed(after - sigma) + r"\,d"
    if after == 0:
        return _aligned(slope, rf"x' &= x + (\sigma' - \sigma)\,d = x {signed(-sigma)}\,d = D")
    return _aligned(
        slope,
        euler,
        rf"d' &= \frac{{\tilde x - D(\tilde x;\sigma')}}{{\sigma'}} = \frac{{\tilde x - D(\tilde x;\,{tex(after)})}}{{{tex(after)}}}",
        rf"x' &= x + (\sigma' - \sigma)\,\frac{{d + d'}}{{2}} = x {signed((after - sigma) / 2)}\,(d + d')",
    )


def _dpmpp_2m(levels: Levels, i: int) -> str:
    sigma, after = levels[i]
    ratio = after / sigma
    last = (
        rf"x' &= \frac{{\sigma'}}{{\sigma}}\,x + \Big(1 - \frac{{\sigma'}}{{\sigma}}\Big)\,\bar D"
        rf" = {tex(ratio)}\,x + {tex(1 - ratio)}\,\bar D"
    )
    if i == 0 or after == 0:
        why = r"h = \infty" if after == 0 else r"\text{no step before}"
        return _aligned(rf"\bar D &= D(x;\sigma)\qquad ({why})", last)
    h, before = math.log(sigma / after), math.log(levels[i - 1][0] / sigma)
    half = h / (2 * before)
    return _aligned(
        rf"h &= \ln\frac{{\sigma}}{{\sigma'}} = \ln\frac{{{tex(sigma)}}}{{{tex(after)}}} = {tex(h)},"
        rf"\qquad r = \frac{{h_{{\mathrm{{before}}}}}}{{h}} = {tex(before / h)}",
        rf"\bar D &= \Big(1 + \frac{{1}}{{2r}}\Big) D - \frac{{1}}{{2r}}\,D_{{\mathrm{{before}}}}"
        rf" = {tex(1 + half)}\,D - {tex(half)}\,D_{{\mathrm{{before}}}}",
        last,
    )


STEPS: dict[str, Callable[[Levels, int], str]] = {
    "dpmpp_2m": _dpmpp_2m,
    "heun": _heun,
    "ddim": _ddim,
    "ddpm": _ddpm,
}
