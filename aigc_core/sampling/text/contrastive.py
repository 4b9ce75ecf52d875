"""Contrastive search (Su et al. 2022, arXiv 2202.06417, equation 5): likely, but not like what was said already.

Of the k likeliest tokens v the one with the best

    (1 − α) · p(v | x_<t)  −  α · max_j cos(h_v, h_j)

is taken, h the last hidden states: a token whose state repeats an earlier one is penalised. Deterministic.

Shapes: k candidates, T earlier tokens, D width.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def choose(probability: Tensor, candidates: Tensor, earlier: Tensor, alpha: float) -> int:
    """Place of the best candidate.

    Args:
        probability: (k,) of the candidates, likeliest first.
        candidates: (k, D), the hidden state of each, had it been read.
        earlier: (T, D), those of the tokens so far.
        alpha: 0 is greedy, 1 looks at the difference alone.

    Raises:
        ValueError: alpha outside [0, 1].
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be between 0 and 1; got {alpha}")
    likeness = F.normalize(candidates, dim=-1) @ F.normalize(earlier, dim=-1).T  # (k, T)
    return int(((1 - alpha) * probability - alpha * likeness.max(-1).values).argmax())
