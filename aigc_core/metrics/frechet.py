"""Fréchet distance of two sets of features, each taken as a Gaussian: the formula behind FID (Heusel et al. 2017, arXiv 1706.08500).

    d² = |μ − μ'|² + tr(C + C' − 2 (C C')^½)

The estimate from finite samples is biased upwards, more so the fewer samples and the more dimensions there are (Chong & Forsyth 2019,
arXiv 1911.07023); the project judges faces by KID (:func:`aigc_core.evaluation.faces.kid`), which is not.
"""

from __future__ import annotations

import torch
from torch import Tensor


def frechet(a: Tensor, b: Tensor) -> float:
    """Squared distance of features (N, D) and (M, D), N and M at least 2."""
    a, b = a.double(), b.double()
    shift = (a.mean(0) - b.mean(0)).square().sum()
    first, second = (torch.cov(x.T).reshape(x.shape[1], -1) for x in (a, b))
    # C C' has the eigenvalues of a product of positive semi-definite matrices: real, and not negative but for rounding
    roots = torch.linalg.eigvals(first @ second).real.clamp(min=0).sqrt().sum()
    return float(shift + first.trace() + second.trace() - 2 * roots)
