"""Random holes: the share asked for, the same for the same numbers, refused where no hole can be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_core.media.free_form import BANDS, free_form


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10**6), st.sampled_from([*BANDS, (0.05, 0.6)]), st.integers(32, 200), st.integers(32, 200))
def test_a_hole_covers_the_share_asked_for(seed: int, band: tuple[float, float], height: int, width: int) -> None:
    hole = free_form(np.random.default_rng(seed), height, width, *band)
    assert hole.shape == (height, width) and hole.dtype == bool
    assert band[0] <= hole.mean() <= band[1]


def test_the_same_numbers_draw_the_same_hole() -> None:
    first, again, other = (free_form(np.random.default_rng(s), 64, 80, 0.1, 0.4) for s in (1, 1, 2))
    assert (first == again).all() and (first != other).any()


def test_shares_are_spread_over_the_band() -> None:
    shares = [free_form(np.random.default_rng(s), 64, 64, 0.1, 0.6).mean() for s in range(200)]
    counts, _ = np.histogram(shares, bins=5, range=(0.1, 0.6))
    assert counts.min() >= 10, counts


@pytest.mark.parametrize("band", [(0.0, 0.5), (0.5, 0.5), (0.6, 0.2), (0.5, 1.0)])
def test_an_impossible_band_is_refused(band: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="low < high"):
        free_form(np.random.default_rng(0), 32, 32, *band)
