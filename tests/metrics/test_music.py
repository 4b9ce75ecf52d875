"""Measures of symbolic music on pieces whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest
import tunes

from aigc_core.metrics import music
from aigc_core.sampling.music import counterpoint


def test_a_scale_is_in_its_key_and_half_of_the_chromatic_one_is_not() -> None:
    assert music.in_key(tunes.chorale(60).notes, 0, "major") == 1.0
    chromatic = [(i, 0, 60 + i, 1) for i in range(12)]
    assert music.in_key(chromatic, 0, "major") == pytest.approx(7 / 12)
    assert music.in_key([(0, 0, 60, 3), (3, 0, 61, 1)], 0, "minor") == pytest.approx(3 / 4)


def test_repeating_a_bar_is_full_similarity_and_a_scale_none() -> None:
    bar = [(0, 0, 60, 4), (4, 0, 64, 4)]
    again = [*bar, *((s + 16, v, p + 12, n) for s, v, p, n in bar)]
    assert music.self_similarity(again, 16) == 1.0
    assert music.self_similarity([(16 * i, 0, 60 + i, 4) for i in range(6)], 16) == 0.0


def test_total_variation_is_a_distance() -> None:
    assert music.total_variation("aabb", "ab") == 0.0
    assert music.total_variation("aa", "bb") == 1.0
    assert music.total_variation("aaab", "aabb") == pytest.approx(0.25)


def test_a_copy_is_found_in_any_key() -> None:
    piece = list(tunes.song(bars=3).notes)
    stranger = [(7 * i * i, 4, 60 + i * i % 11, 3 + i % 2) for i in range(8)]
    moved = [(s + 1000, v, p + 5, n) for s, v, p, n in piece[4:20]]
    assert music.longest_copy([*stranger, *moved], [piece]) == 16
    assert music.longest_copy(piece, [piece]) == len(piece)


def test_faults_are_counted_where_they_are() -> None:
    sound = [(72, 67, 64, 48), (71, 67, 62, 43), (72, 67, 64, 48)]
    assert counterpoint.faults(np.array(sound, np.int16)) == {"parallels": 0, "range": 0, "crossing": 0}
    parallel = [(72, 67, 64, 48), (74, 69, 66, 50)]
    wrong = [(72, 67, 64, 48), (72, 67, 69, 48), (72, 67, 69, 30)]
    assert counterpoint.faults(np.array(parallel, np.int16))["parallels"] == 1
    assert counterpoint.faults(np.array(wrong, np.int16)) == {"parallels": 0, "range": 1, "crossing": 1}
