"""The same small VAE in PyTorch and in Keras, for the lesson that compares them.

Both learn a spiral in the plane with one latent number. Given the same first weights, batches and noise (:func:`weights`,
:func:`batches`), they take the same steps, which the tests check.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
HIDDEN = 32
SHAPES = ((2, HIDDEN), (HIDDEN, 2), (1, HIDDEN), (HIDDEN, 2))
"""Shapes of the four weight matrices (inputs, outputs): encoder 2 → 32 → (μ, ln σ²), decoder 1 → 32 → 2."""
NOISE = 0.1
"""Standard deviation of p(x|z)."""
LEARNING_RATE = 0.01


def weights(seed: int) -> list[Array]:
    """First values of the four matrices, each followed by its bias."""
    rng = np.random.default_rng(seed)
    made: list[Array] = []
    for shape in SHAPES:
        made += [(rng.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32), np.zeros(shape[1], np.float32)]
    return made


def batches(seed: int, count: int, size: int = 64) -> Iterator[tuple[Array, Array]]:
    """Points of a spiral (size, 2) and the noise ε (size, 1) of each step."""
    rng = np.random.default_rng([seed, 1])
    for _ in range(count):
        t = rng.uniform(0.5, 3.0, (size, 1))
        points = t / 2 * np.concatenate([np.cos(2 * t), np.sin(2 * t)], axis=1)
        yield points.astype(np.float32), rng.standard_normal((size, 1)).astype(np.float32)
