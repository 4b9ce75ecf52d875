"""Faces on photos: alignment by points, blending of answers, and the real detector."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from aigc_core import weights
from aigc_core.media import face_detector
from aigc_core.media.face_detector import TEMPLATE, align, blend, centre, similarity

GALLERY = Path(__file__).resolve().parents[2] / "docs" / "gallery"


def test_the_turn_is_found_and_nothing_is_mirrored() -> None:
    source = np.array([[1.0, 2.0], [5.0, 2.5], [3.0, 7.0]])
    angle, scale = 0.4, 1.7
    turn = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    found = similarity(source, source @ turn.T + [3.0, -4.0])
    assert np.allclose(found, np.column_stack([turn, [3.0, -4.0]]))
    mirrored = similarity(source, source * [-1.0, 1.0])
    assert np.linalg.det(mirrored[:, :2]) > 0


@pytest.mark.parametrize("size", [300, 3000])
def test_eyes_and_mouth_come_to_where_the_training_faces_have_them(size: int) -> None:
    photo = Image.new("RGB", (size, size), "black")
    marks = np.array([[0.42, 0.35], [0.62, 0.45], [0.5, 0.5], [0.46, 0.62], [0.3, 0.4], [0.7, 0.5]]) * size
    draw, r = ImageDraw.Draw(photo), size / 60
    for (x, y), colour in zip(marks[[0, 1, 3]], ("red", "lime", "blue"), strict=True):
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    cut = np.asarray(align(photo, marks, 64), float)
    for channel in range(3):
        weight = cut[:, :, channel]
        y, x = (np.average(np.arange(64) + 0.5, weights=weight.sum(axis)) / 64 for axis in (1, 0))
        assert (x, y) == pytest.approx(TEMPLATE[channel], abs=0.06), "a similarity keeps the triangle's own shape"


def test_answers_about_one_face_are_averaged() -> None:
    def answer(x: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.array([[x, 0.5], [0.2, 0.2], *[[x, 0.5]] * 6])

    found = blend(np.array([0.6, 0.9, 0.9]), np.stack([answer(0.20), answer(0.23), answer(0.8)]))
    assert [score for score, _ in found] == [0.9, 0.9]
    assert sorted(value[0, 0] for _, value in found) == pytest.approx([(0.6 * 0.20 + 0.9 * 0.23) / 1.5, 0.8])
    assert blend(np.zeros(0), np.zeros((0, 8, 2))) == []


def test_the_middle_square() -> None:
    photo = Image.new("RGB", (300, 100), "red")
    photo.paste("lime", (100, 0, 200, 100))
    assert centre(photo, 10).getcolors() == [(100, (0, 255, 0))]


@pytest.mark.weights
def test_generated_faces_are_found_and_a_plain_wall_is_not() -> None:
    fetching = face_detector.fetch()
    while True:
        try:
            next(fetching)
        except StopIteration as done:
            detector = face_detector.Detector(done.value)
            break
    assert weights.state(face_detector.SOURCE).kind == "ready"
    assert detector.find(Image.new("RGB", (300, 200), "grey")) == []
    photo = Image.new("RGB", (900, 600), "grey")
    face = Image.open(GALLERY / "faces.png").convert("RGB").crop((0, 0, 192, 192)).resize((260, 260))
    photo.paste(face, (500, 200))
    found = detector.find(photo)
    assert len(found) == 1 and found[0].score > 0.5
    left, right, _, mouth = found[0].points[:4]
    assert 500 < left[0] < right[0] < 760 and mouth[1] > max(left[1], right[1])
