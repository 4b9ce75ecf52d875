"""A painting in the colours of its photo.

Gatys et al., "Preserving Color in Neural Artistic Style Transfer", arXiv:1606.05897, names two ways. Both work on a finished
painting here, so that they serve every painter:

- ``luminance``: the lightness of the painting with the chroma of the photo, in CIELAB: every place keeps its own colour.
- ``histogram``: one affine map of colours brings mean and covariance of the painting to those of the photo: strokes keep
  their contrast of colours, within the photo's palette.

Pictures are (H, W, 3) sRGB in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
_FLOOR = 1e-6
"""Smallest variance of a colour direction, (1/1000)² of the range: a flat painting has none to stretch."""


def luminance(photo: Array, painted: Array) -> Array:
    """The painting's lightness L* with the photo's a*, b* (D65)."""
    lab = cv2.cvtColor(np.ascontiguousarray(photo), cv2.COLOR_RGB2Lab)
    lab[..., 0] = cv2.cvtColor(np.ascontiguousarray(painted), cv2.COLOR_RGB2Lab)[..., 0]
    return np.asarray(np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0, 1), np.float32)


def histogram(photo: Array, painted: Array) -> Array:
    """The painting after the affine map x ↦ A (x - μ_painted) + μ_photo with A = Σ_photo^½ Σ_painted^-½ (section 4, eq. 6)."""
    (mean, spread), (painted_mean, painted_spread) = _moments(photo), _moments(painted)
    a = _power(spread, 0.5) @ _power(painted_spread, -0.5)
    mapped = (painted.reshape(-1, 3) - painted_mean) @ a.T + mean
    return np.asarray(np.clip(mapped, 0, 1).reshape(painted.shape), np.float32)


KEEPING: Mapping[str, Callable[[Array, Array], Array]] = {"luminance": luminance, "histogram": histogram}
"""``(photo, painted) -> painted`` by name."""


def _moments(picture: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and covariance of the colours."""
    flat = picture.reshape(-1, 3).astype(np.float64)
    return flat.mean(0), np.cov(flat, rowvar=False, bias=True)


def _power(covariance: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """A power of a covariance matrix, its eigenvalues at least ``_FLOOR``."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.maximum(values, _FLOOR) ** exponent @ vectors.T)
