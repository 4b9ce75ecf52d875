"""Small pictures with captions, drawn from nothing: a shape of a colour at a place, 48 combinations."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

SIDE = 12
SHAPES = ("square", "disc", "cross", "ring")
COLOURS = {"red": (0.9, 0.2, 0.2), "green": (0.2, 0.75, 0.3), "blue": (0.25, 0.4, 0.95), "yellow": (0.95, 0.85, 0.2)}
PLACES = {"left": 3.0, "middle": 5.5, "right": 8.0}
WORDS = (*SHAPES, *COLOURS, *PLACES)
COMBINATIONS = tuple(itertools.product(SHAPES, COLOURS, PLACES))
"""(shape, colour, place)."""


def draw(shape: str, colour: str, place: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """(SIDE, SIDE, 3) in [0, 1] on grey; centre, size and every pixel vary a little."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    dx = x - PLACES[place] - rng.uniform(-0.5, 0.5)
    dy = y - (SIDE - 1) / 2 - rng.uniform(-1.5, 1.5)
    size = rng.uniform(2.3, 3.2)
    far = np.hypot(dx, dy)
    inside = {
        "square": np.maximum(abs(dx), abs(dy)) < 0.85 * size,
        "disc": far < size,
        "cross": (np.minimum(abs(dx), abs(dy)) < 0.8) & (np.maximum(abs(dx), abs(dy)) < size),
        "ring": (far < size) & (far > size - 1.3),
    }[shape]
    picture = np.where(inside[..., None], COLOURS[colour], 0.5) + rng.normal(0, 0.08, (SIDE, SIDE, 3))
    return np.clip(picture, 0, 1).astype(np.float32)


def caption(shape: str, colour: str, place: str) -> tuple[int, int, int]:
    """Numbers of the words in :data:`WORDS`."""
    return WORDS.index(shape), WORDS.index(colour), WORDS.index(place)
