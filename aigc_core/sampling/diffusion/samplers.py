"""Diffusion samplers as generators: from noise x = σ_max·ε to a picture, one :class:`Step` at a time.

A denoiser D(x, σ) answers "which clean picture is most likely behind x?" (the mean of x_0 given x = x_0 + σ·ε, shape
(B, …)); everything a sampler knows of a network is this function. The score follows from it, ∇log p(x; σ) = (D − x)/σ², and
with it the ODE that moves x from one noise level to the next such that, at each level, the moved samples have the distribution of
noisy pictures of that level, p(x; σ): it keeps the marginals, not the likelihood of any one picture (EDM eq. 1 and 3):

    dx/dσ = (x − D(x, σ)) / σ

| sampler | order | calls of D a step | random |
|---|---|---|---|
| :func:`ddpm`: Ho et al. 2020, arXiv 2006.11239, Algorithm 2 | – | 1 | yes |
| :func:`ddim`: Song et al. 2020, arXiv 2010.02502, eq. 12; η = 0 is Euler's method on the ODE | 1 | 1 | if η > 0 |
| :func:`heun`: Karras et al. 2022, arXiv 2206.00364, Algorithm 2 | 2 | 2 | if churned |
| :func:`dpmpp_2m`: Lu et al. 2022, arXiv 2211.01095, Algorithm 2 | 2 | 1 | no |
| :func:`teleport`: Wang & Vastola 2024, arXiv 2412.09726; the noisy end of the way only | exact for a Gaussian | 0 | no |

The papers of the first, second and fourth write x_t = √ᾱ·x; the formulas here are theirs divided by √ᾱ (see
:mod:`aigc_core.sampling.diffusion.schedules`). Every random number of sample i comes from ``rngs[i]``, drawn on the CPU, so a sample
depends neither on its batch nor on the device.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from aigc_core.sampling.diffusion.posterior import posterior

Denoiser = Callable[[Tensor, Tensor], Tensor]
"""(x (B, …), σ (B,)) -> the clean picture expected, (B, …)."""
LabelledDenoiser = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(x (B, …), σ (B,), labels (B, A)) -> the clean picture expected, (B, …)."""
Rngs = Sequence[torch.Generator]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a sampler: at noise level ``sigma`` the network saw ``x`` and answered ``denoised``."""

    i: int
    """From 0."""
    sigma: float
    sigma_next: float
    """0 in the last step."""
    x: Tensor
    denoised: Tensor
    """D(x, σ), the preview of the end."""
    x_next: Tensor
    """What the step made of it; in the last step the sample."""


Steps = Generator[Step, None, None]


def ddpm(denoise: Denoiser, x: Tensor, sigmas: Tensor, rngs: Rngs) -> Steps:
    """Ancestral sampling: each step draws from the posterior q(x'|x, x_0) at x_0 = D (DDPM eq. 6 and 7).

    x' = D + (σ'²/σ²)·(x − D) + σ_up·z,   σ_up² = σ'²·(σ² − σ'²)/σ²

    It wants many steps: 1,000 in the paper.

    Args:
        denoise: The network.
        x: Noise of the first level, (B, …).
        sigmas: Levels, falling, the last one 0; (n + 1,).
        rngs: One generator per sample.
    """
    for i, (sigma, after) in enumerate(_pairs(sigmas)):
        denoised = _call(denoise, x, sigma)
        x_next, up = posterior(x, denoised, sigma, after)
        x_next = x_next + up * draw(rngs, x) if up > 0 else x_next
        yield Step(i=i, sigma=sigma, sigma_next=after, x=x, denoised=denoised, x_next=x_next)
        x = x_next


def ddim(denoise: Denoiser, x: Tensor, sigmas: Tensor, rngs: Rngs | None = None, *, eta: float = 0.0) -> Steps:
    """x' = D + √(σ'² − σ_up²)·ε̂ + σ_up·z,   ε̂ = (x − D)/σ,   σ_up = η·σ'·√(1 − σ'²/σ²)   (DDIM eq. 12 and 16).

    η = 0 follows the ODE, and the noise at the start alone decides the picture; η = 1 is :func:`ddpm`.

    Raises:
        ValueError: η > 0 without ``rngs``.
    """
    if eta > 0 and rngs is None:
        raise ValueError("eta > 0 draws noise and needs rngs, one generator per sample")
    for i, (sigma, after) in enumerate(_pairs(sigmas)):
        denoised = _call(denoise, x, sigma)
        up = eta * after * math.sqrt(1 - (after / sigma) ** 2)
        x_next = denoised + math.sqrt(after**2 - up**2) / sigma * (x - denoised)
        if rngs is not None and up > 0:
            x_next = x_next + up * draw(rngs, x)
        yield Step(i=i, sigma=sigma, sigma_next=after, x=x, denoised=denoised, x_next=x_next)
        x = x_next


@dataclass(frozen=True, kw_only=True)
class Churn:
    """How much fresh noise :func:`heun` mixes in, which washes out the errors of earlier steps (EDM section 4)."""

    amount: float = 0.0
    """S_churn; 0 is the deterministic sampler."""
    low: float = 0.05
    """S_min: below this level nothing is added."""
    high: float = 50.0
    """S_max: nor above this one."""
    noise: float = 1.003
    """S_noise: the added noise's deviation; a little above 1 makes up for the detail that denoisers take away."""


def heun(
    denoise: Denoiser, x: Tensor, sigmas: Tensor, rngs: Rngs | None = None, *, churn: Churn | None = None
) -> Steps:
    """EDM's Algorithm 2: raise the noise from σ to σ̂ (churn), take Euler's step, repeat it with the mean of both slopes.

    The last step, to σ' = 0, is Euler's alone, so n steps call the network 2n − 1 times.

    Raises:
        ValueError: churn without ``rngs``.
    """
    churn = Churn() if churn is None else churn
    if churn.amount > 0 and rngs is None:
        raise ValueError("churn draws noise and needs rngs, one generator per sample")
    steps = len(sigmas) - 1
    for i, (sigma, after) in enumerate(_pairs(sigmas)):
        gamma = min(churn.amount / steps, math.sqrt(2) - 1) if churn.low <= sigma <= churn.high else 0.0
        raised = sigma * (1 + gamma)
        if rngs is not None and gamma > 0:
            x = x + math.sqrt(raised**2 - sigma**2) * churn.noise * draw(rngs, x)
        denoised = _call(denoise, x, raised)
        slope = (x - denoised) / raised
        x_next = x + (after - raised) * slope
        if after > 0:
            slope_next = (x_next - _call(denoise, x_next, after)) / after
            x_next = x + (after - raised) * (slope + slope_next) / 2
        yield Step(i=i, sigma=raised, sigma_next=after, x=x, denoised=denoised, x_next=x_next)
        x = x_next


def dpmpp_2m(denoise: Denoiser, x: Tensor, sigmas: Tensor) -> Steps:
    """DPM-Solver++(2M): D̄ is D in the middle of the step over λ = −ln σ, on the line through the last two answers.

    x' = (σ'/σ)·x + (1 − e^(−h))·D̄,   D̄ = (1 + 1/2r)·D − 1/2r·D_before,   h = λ' − λ,   r = h_before/h

    The first step has no history and the last has h = ∞; both use D̄ = D, which is DDIM.
    """
    before: tuple[Tensor, float] | None = None  # D and h of the step before
    for i, (sigma, after) in enumerate(_pairs(sigmas)):
        denoised = _call(denoise, x, sigma)
        h = math.log(sigma / after) if after > 0 else math.inf
        target = denoised
        if before is not None and after > 0:
            half = h / (2 * before[1])  # 1/2r
            target = (1 + half) * denoised - half * before[0]
        x_next = after / sigma * x + (1 - after / sigma) * target  # e^(−h) = σ'/σ
        yield Step(i=i, sigma=sigma, sigma_next=after, x=x, denoised=denoised, x_next=x_next)
        x, before = x_next, (denoised, h)


def teleport(
    x: Tensor, sigma: float, after: float, mean: Tensor, basis: Tensor, variance: Tensor, rest: Tensor
) -> Tensor:
    """The ODE solved from σ to σ' in closed form, where pictures are N(m, U·diag(λ)·Uᵀ + r·(I − U·Uᵀ)).

    x' = m + U·diag(√((λ+σ'²)/(λ+σ²)))·Uᵀ(x − m) + √((r+σ'²)/(r+σ²))·(I − U·Uᵀ)(x − m)

    While the noise is much larger than what sets pictures apart, all that a denoiser can know of them is this Gaussian, so
    the noisy part of the way costs no call of it ("analytical teleportation", Wang & Vastola 2024, arXiv 2412.09726).

    Args:
        x: (B, …) at level ``sigma``.
        mean: m (D,), D numbers a picture.
        basis: U (D, K), orthonormal columns.
        variance: λ (K,).
        rest: r, of the directions left over.
    """
    centred = x.flatten(1) - mean  # (B, D)
    along = centred @ basis  # (B, K)
    kept = ((rest + after**2) / (rest + sigma**2)).sqrt()
    ratio = ((variance + after**2) / (variance + sigma**2)).sqrt()
    x_next = mean + kept * centred + (along * (ratio - kept)) @ basis.T
    return x_next.view_as(x)


# --- what is denoised, and from where ---------------------------------------------------------------------------------


def guided(
    denoise: LabelledDenoiser,
    labels: Tensor,
    null: Tensor,
    scale: float,
    *,
    low: float = 0.0,
    high: float = math.inf,
) -> Denoiser:
    """Classifier-free guidance: D_w = D(null) + w·(D(labels) − D(null)) (Ho & Salimans 2022, arXiv 2207.12598).

    Here w = 1 is plain conditional sampling and w = 0 ignores the labels (the paper's own w counts from 0 where this one
    counts from 1). Guidance between the noise levels ``low`` and ``high`` alone costs less variety (Kynkäänniemi et al.
    2024, arXiv 2404.07724). Both answers come from one call of a doubled batch; where one suffices, one is asked for.

    Args:
        denoise: D(x, σ, labels).
        labels: (A,) for all samples or (B, A).
        null: What stands for "no condition", same shape; a negative prompt's labels push away from them.
        scale: w.
    """

    def denoiser(x: Tensor, sigma: Tensor) -> Tensor:
        wanted, unwanted = (t.to(x.device).expand(len(x), t.shape[-1]) for t in (labels, null))
        inside = low <= float(sigma[0]) <= high
        if not inside or scale == 1 or torch.equal(wanted, unwanted):
            return denoise(x, sigma, wanted)
        if scale == 0:
            return denoise(x, sigma, unwanted)
        both = denoise(torch.cat([x, x]), torch.cat([sigma, sigma]), torch.cat([wanted, unwanted]))
        conditional, unconditional = both.chunk(2)
        return torch.lerp(unconditional, conditional, scale)

    return denoiser


def start(rngs: Rngs, shape: Sequence[int], sigmas: Tensor) -> Tensor:
    """x = σ_max·ε, float32 (B, *shape), on the CPU."""
    return float(sigmas[0]) * torch.stack([torch.randn(*shape, generator=rng) for rng in rngs])


def sdedit(image: Tensor, sigmas: Tensor, strength: float, rngs: Rngs) -> tuple[Tensor, Tensor]:
    """Where to begin from a drawing instead of pure noise (Meng et al. 2021, arXiv 2108.01073).

    Args:
        image: (B, …) in [-1, 1].
        sigmas: Levels of the whole way, (n + 1,).
        strength: Share of the steps to take: 1 nearly forgets the drawing, 0 returns it as it is.
        rngs: One generator per sample.

    Returns:
        The drawing with that much noise, and the levels left.

    Raises:
        ValueError: ``strength`` outside 0…1.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must be 0 to 1; got {strength}")
    left = sigmas[round((len(sigmas) - 1) * (1 - strength)) :]
    return image + float(left[0]) * draw(rngs, image), left


def draw(rngs: Rngs, like: Tensor) -> Tensor:
    """Standard normal noise like ``like`` (B, …), row i from ``rngs[i]``."""
    assert len(rngs) == len(like), f"{len(rngs)} generators for a batch of {len(like)}"
    rows = [torch.randn(like.shape[1:], generator=rng, dtype=like.dtype) for rng in rngs]
    return torch.stack(rows).to(like.device)


def last(steps: Steps) -> Tensor:
    """Run a sampler to its end; the sample.

    Raises:
        ValueError: it had no steps.
    """
    x = None
    for step in steps:
        x = step.x_next
    if x is None:
        raise ValueError("a sampler needs at least two noise levels")
    return x


def _pairs(sigmas: Tensor) -> list[tuple[float, float]]:
    levels = [float(sigma) for sigma in sigmas]
    return list(itertools.pairwise(levels))


def _call(denoise: Denoiser, x: Tensor, sigma: float) -> Tensor:
    return denoise(x, x.new_full((len(x),), sigma))
