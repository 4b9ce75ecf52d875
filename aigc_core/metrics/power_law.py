"""Fitting the law that learning curves follow roughly: y = floor + scale · x^(−exponent)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
EXPONENTS = np.linspace(0.05, 2, 196)


class PowerLaw(NamedTuple):
    """y = floor + scale · x^(−exponent)."""

    floor: float
    scale: float
    exponent: float

    def __call__(self, x: Numbers) -> Numbers:
        return np.asarray(self.floor + self.scale * x**-self.exponent, np.float64)


def fit(x: Numbers, y: Numbers) -> PowerLaw:
    """The law with the least squared error, of at least three points: for a given exponent it is a straight line."""
    tried = []
    for exponent in EXPONENTS:
        slope, floor = np.polyfit(x**-exponent, y, 1)
        law = PowerLaw(float(floor), float(slope), float(exponent))
        tried.append((float(np.square(law(x) - y).sum()), law))
    return min(tried)[1]
