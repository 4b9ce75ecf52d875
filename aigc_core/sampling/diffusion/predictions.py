"""ε, x_0, v and velocity: four things a network may be asked for, each known from any other once x and σ are.

In x = x_0 + σ·ε, with √ᾱ = 1/√(1+σ²) and t = σ/(1+σ) (:mod:`aigc_core.sampling.diffusion.schedules`):

    x0        x_0                                D
    eps       ε            (Ho et al. 2020)      (x − D)/σ
    v         √ᾱ·ε − √(1−ᾱ)·x_0                  (x − (1+σ²)·D) / (σ·√(1+σ²))
              (Salimans & Ho 2022, arXiv 2202.00512)
    velocity  ε − x_0      (flow matching)       (x − (1+σ)·D)/σ

Each is a·x + b·D with b depending on σ alone, so an error of D becomes b times itself: a squared loss on one of them is the
loss on x_0 with the weight b².
"""

from __future__ import annotations

import math

from torch import Tensor

TARGETS = ("x0", "eps", "v", "velocity")


def coefficients(target: str, sigma: float) -> tuple[float, float]:
    """a and b of a·x + b·D.

    Raises:
        ValueError: no such target, or σ ≤ 0.
    """
    if target not in TARGETS or sigma <= 0:
        raise ValueError(f"target must be one of {', '.join(TARGETS)} and sigma > 0; got {target!r}, {sigma}")
    both = math.sqrt(1 + sigma**2)
    return {
        "x0": (0.0, 1.0),
        "eps": (1 / sigma, -1 / sigma),
        "v": (1 / (sigma * both), -both / sigma),
        "velocity": (1 / sigma, -(1 + sigma) / sigma),
    }[target]


def from_denoised(target: str, x: Tensor, denoised: Tensor, sigma: float) -> Tensor:
    """The target that a clean picture stands for, like ``x`` (B, …)."""
    a, b = coefficients(target, sigma)
    return a * x + b * denoised


def to_denoised(target: str, x: Tensor, answer: Tensor, sigma: float) -> Tensor:
    """The clean picture that a network's answer stands for, like ``x`` (B, …)."""
    a, b = coefficients(target, sigma)
    return (answer - a * x) / b


def weight(target: str, sigma: float) -> float:
    """b²: the squared error of ``target`` in units of the squared error of x_0."""
    return coefficients(target, sigma)[1] ** 2
