"""Labels of a face that a prompt does not tell."""

from __future__ import annotations

from collections import Counter

import numpy as np

from aigc_core.datasets import face_labels
from aigc_core.datasets.face_labels import COUNTS, draw


def test_what_is_told_stays_and_the_rest_is_drawn() -> None:
    for seed in range(20):
        drawn = draw((2, 0, 3), np.random.default_rng(seed))
        assert drawn[0] == 2 and drawn[2] == 3 and drawn[1] in (1, 2)
    assert draw((4, 1, 2), np.random.default_rng(0)) == (4, 1, 2)


def test_kinds_come_as_often_as_among_the_training_faces() -> None:
    drawn = Counter(draw(face_labels.NULL, np.random.default_rng(seed)) for seed in range(4000))
    counts = np.array(COUNTS)
    assert counts.shape == face_labels.CLASSES
    found = np.zeros(counts.shape)
    for place, count in drawn.items():
        found[tuple(np.array(place) - 1)] = count
    expected = counts / counts.sum()
    assert np.abs(found / 4000 - expected).max() < 4 * np.sqrt(expected.max() / 4000)


def test_what_is_avoided_is_not_drawn_unless_told() -> None:
    drawn = [draw(face_labels.NULL, np.random.default_rng(seed), (1, 2, 0)) for seed in range(50)]
    assert all(age != 1 and gender == 1 for age, gender, _ in drawn)
    assert draw((1, 2, 1), np.random.default_rng(0), (1, 2, 1)) == (1, 2, 1)
