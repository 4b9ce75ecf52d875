"""A painting in its photo's colours."""

from __future__ import annotations

import numpy as np
import pytest

from aigc_core.media import recolour

RNG = np.random.default_rng(0)
PHOTO = (0.5 + RNG.normal(0, 1, (40, 50, 3)) @ np.array([[0.05, 0.02, 0], [0, 0.03, 0.01], [0, 0, 0.06]])).astype(
    np.float32
)
PAINTED = (0.4 + RNG.normal(0, 1, (40, 50, 3)) @ np.array([[0.08, 0, 0.03], [0.02, 0.05, 0], [0, 0, 0.02]])).astype(
    np.float32
)


def test_the_palette_takes_mean_and_covariance_of_the_photo_and_keeps_the_strokes() -> None:
    made = recolour.histogram(PHOTO, PAINTED)
    np.testing.assert_allclose(made.mean((0, 1)), PHOTO.mean((0, 1)), atol=2e-3)
    np.testing.assert_allclose(np.cov(made.reshape(-1, 3).T), np.cov(PHOTO.reshape(-1, 3).T), atol=2e-4)
    strokes = [np.corrcoef(made[..., i].ravel(), PAINTED[..., i].ravel())[0, 1] for i in range(3)]
    assert min(strokes) > 0.7


def test_a_picture_in_its_own_colours_is_itself() -> None:
    for keep in recolour.KEEPING.values():
        np.testing.assert_allclose(keep(PHOTO, PHOTO), PHOTO, atol=2e-3)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_grey_and_flat_pictures_stay_within_the_range(level: float) -> None:
    flat = np.full((40, 50, 3), level, np.float32)
    for keep in recolour.KEEPING.values():
        for photo, painted in ((flat, PAINTED), (PHOTO, flat)):
            made = keep(photo, painted)
            assert made.shape == flat.shape and np.isfinite(made).all() and made.min() >= 0 and made.max() <= 1
    np.testing.assert_allclose(recolour.histogram(flat, PAINTED).mean(), level, atol=0.01)
    assert np.ptp(recolour.luminance(flat, PAINTED), axis=-1).max() < 0.02, "a grey photo makes a grey painting"
