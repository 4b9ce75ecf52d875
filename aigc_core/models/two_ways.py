"""Two ways to tell two classes apart: model the border alone, or model the classes and deduce the border.

- Discriminative: logistic regression, p(y=1 | x) = σ(w·x + b), fitted by Newton's method on the cross-entropy.
- Generative: p(x | y) = N(μ_y, Σ) with one covariance for both classes, fitted by averages. Bayes' rule gives

      p(y=1 | x) = p(x | 1) p(1) / (p(x | 0) p(0) + p(x | 1) p(1)) = σ(w·x + b),    w = Σ⁻¹(μ₁ − μ₀)

so both draw a straight border, but only the second can make new points (Ng & Jordan 2002, "On Discriminative vs. Generative
Classifiers").

Shapes: N points, D dimensions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

RIDGE = 0.05
"""Added to what is inverted: few points say little about a border or a covariance."""


class Border(NamedTuple):
    """w·x + b = 0."""

    w: Tensor
    """(D,)"""
    b: float

    def posterior(self, x: Tensor) -> Tensor:
        """p(y=1 | x), (N, D) to (N,)."""
        return torch.sigmoid(x @ self.w + self.b)


class Gaussians(NamedTuple):
    """Two Gaussians of one covariance, and how often each class occurs."""

    means: Tensor
    """(2, D)"""
    covariance: Tensor
    """(D, D)"""
    share: float
    """p(y=1)."""

    def log_density(self, x: Tensor, y: int) -> Tensor:
        """log p(x | y), (N, D) to (N,)."""
        normal = torch.distributions.MultivariateNormal(self.means[y], self.covariance)
        found: Tensor = normal.log_prob(x)  # type: ignore[no-untyped-call]
        return found

    def border(self) -> Border:
        """The decision boundary of Bayes' rule."""
        inverse = torch.linalg.inv(self.covariance)
        w = inverse @ (self.means[1] - self.means[0])
        middle = float((self.means[0] @ inverse @ self.means[0] - self.means[1] @ inverse @ self.means[1]) / 2)
        return Border(w, middle + math.log(self.share / (1 - self.share)))

    def sample(self, y: int, count: int, generator: torch.Generator) -> Tensor:
        """New points of a class, (count, D)."""
        noise = torch.randn(count, len(self.covariance), generator=generator, dtype=self.covariance.dtype)
        made: Tensor = self.means[y] + noise @ torch.linalg.cholesky(self.covariance).T
        return made


def fit_gaussians(x: Tensor, y: Tensor) -> Gaussians:
    """Averages of each class, (N, D) and (N,) of 0 and 1; both classes must occur."""
    means = torch.stack([x[y == k].mean(0) for k in (0, 1)])
    rest = x - means[y]
    covariance = rest.T @ rest / len(x) + RIDGE * torch.eye(x.shape[1], dtype=x.dtype)
    return Gaussians(means, covariance, float(y.double().mean()))


def fit_border(x: Tensor, y: Tensor, steps: int = 20) -> Border:
    """Logistic regression with a small ridge, which keeps the border finite where a line separates the points."""
    design = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)  # (N, D + 1)
    weights = torch.zeros(design.shape[1], dtype=x.dtype)
    for _ in range(steps):
        p = torch.sigmoid(design @ weights)
        slope = design.T @ (p - y) + RIDGE * weights
        curvature = design.T @ (design * (p * (1 - p))[:, None]) + RIDGE * torch.eye(len(weights), dtype=x.dtype)
        weights = weights - torch.linalg.solve(curvature, slope)
    return Border(weights[:-1], float(weights[-1]))
