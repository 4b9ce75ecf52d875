"""The cost of training a transformer, counted (Kaplan et al. 2020, arXiv 2001.08361, section 2.1; Hoffmann et al. 2022)."""

from __future__ import annotations


def training_flops(parameters: float, tokens: float) -> float:
    """C ≈ 6·N·D floating-point operations.

    A weight takes part in one multiplication and one addition a token on the way forward, and in twice as many on the way
    back (gradients of activations and of weights). Attention itself and normalisation are left out.
    """
    return 6 * parameters * tokens
