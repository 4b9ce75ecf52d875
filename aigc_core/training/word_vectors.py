"""Word vectors from counting, where training may begin (Levy and Goldberg 2014)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def factorised_pmi(
    row: NDArray[np.integer], size: int, width: int, *, neighbours: int, ignored: int | None = None
) -> Tensor:
    """Positive pointwise mutual information of neighbouring symbols, factorised: U √S of max(0, log p(a, b) / p(a) p(b)^¾).

    Args:
        row: Symbols in the order of the texts, 0 ≤ symbol < ``size``; −1 stands for a border.
        neighbours: Symbols on either side that count, a symbol at distance d for 1/d.
        ignored: A symbol that is nobody's neighbour.

    Returns:
        (size, width); zero for a symbol that never occurs.
    """
    counts = torch.zeros(size, size)
    for distance in range(1, neighbours + 1):
        a, b = row[:-distance].astype(np.int64), row[distance:].astype(np.int64)
        pairs, found = np.unique((a * size + b)[(a >= 0) & (b >= 0)], return_counts=True)
        flat = torch.zeros(size * size)
        flat[torch.from_numpy(pairs)] = torch.from_numpy(found.astype(np.float32))
        square = flat.view(size, size)
        counts += (square + square.T) / distance
    if ignored is not None:
        counts[ignored] = counts[:, ignored] = 0.0
    total = counts.sum(1)
    context = total.pow(0.75)
    expected = total[:, None] * (context / context.sum())[None]
    pmi = (counts / expected.clamp(min=1e-9)).clamp(min=1e-9).log_().clamp_(min=0)
    u, s, _ = torch.svd_lowrank(pmi, q=width, niter=3)
    return u * s.sqrt()
