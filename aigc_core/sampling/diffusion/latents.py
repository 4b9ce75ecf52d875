"""Moving about in a Gaussian latent space: truncation and spherical walks.

Samples of N(0, I) in Z dimensions lie close to a sphere of radius √Z. A straight line between two of them cuts through
the inside, where a generator has seen next to nothing in training; the arc stays on the sphere (White 2016,
arXiv 1609.04468; the formula is Shoemake's, SIGGRAPH 1985).
"""

from __future__ import annotations

import torch
from torch import Tensor

_PARALLEL_RAD = 1e-4  # below this angle sin Ω loses its digits and the chord is the arc


def truncate(z: Tensor, psi: float) -> Tensor:
    """ψ·z: towards the mean of the latents, where pictures are more typical and less varied (any shape)."""
    return psi * z


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """The point a share ``t`` of the way along the arc from ``a`` to ``b``.

    slerp(a, b; t) = sin((1-t)Ω)/sin Ω · a + sin(tΩ)/sin Ω · b,  cos Ω = a·b / |a||b|

    Args:
        a: Any shape; the angle is that of the flattened vectors.
        b: Same shape.
        t: 0 gives exactly ``a``, 1 exactly ``b``.
    """
    if t in (0.0, 1.0):
        return a if t == 0.0 else b
    cosine = torch.dot(a.flatten(), b.flatten()) / (a.norm() * b.norm())
    omega = torch.arccos(cosine.clamp(-1, 1))
    if min(float(omega), torch.pi - float(omega)) < _PARALLEL_RAD:
        return torch.lerp(a, b, t)
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)
