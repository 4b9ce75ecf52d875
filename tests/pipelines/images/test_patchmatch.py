"""Hole filling by patches of the picture itself: exact outside, sharp inside, the same for the same seed, closable."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from streams import check_stream

from aigc_core.engine import Engine, drain
from aigc_core.media import mask as masks
from aigc_core.media import patchmatch, scenes
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Progress

ROW = "inpaint-patchmatch"
holes = hnp.arrays(bool, st.tuples(st.integers(2, 40), st.integers(2, 40)))


def _mask(hole: Any) -> Image.Image:
    return Image.fromarray(hole.astype(np.uint8) * 255)


def _drained(steps: Any) -> Any:
    try:
        while True:
            next(steps)
    except StopIteration as done:
        return done.value


@pytest.fixture(scope="module")
def tiles() -> Any:
    """A periodic texture of 12×9 pixels, each tile alike: (96, 120, 3)."""
    tile = np.random.default_rng(3).integers(0, 256, (12, 9, 3), np.uint8)
    return np.tile(tile, (8, 14, 1))[:, :120]


@settings(deadline=None, max_examples=60)
@given(holes, st.booleans(), st.integers(-3, 6), st.integers(0, 8))
def test_what_is_not_masked_keeps_its_bytes(hole: Any, invert: bool, grow: int, feather: int) -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (*hole.shape, 3), np.uint8))
    final = masks.edited(hole, invert=invert, grow=grow)
    assume(final.any() and not final.all())
    request = InpaintRequest(image=picture, mask=_mask(hole), model=ROW, invert=invert, grow=grow, feather=feather)
    made = drain(Engine().run(request)).output
    assert made.size == picture.size and made.mode == "RGB"
    assert (np.asarray(made)[~final] == np.asarray(picture)[~final]).all()


def test_a_periodic_texture_is_continued_where_telea_smears(tiles: Any) -> None:
    hole = np.zeros(tiles.shape[:2], bool)
    hole[30:60, 40:75] = True
    errors = {}
    for model in (ROW, "inpaint-telea"):
        request = InpaintRequest(image=Image.fromarray(tiles), mask=_mask(hole), model=model)
        made = np.asarray(drain(Engine().run(request)).output, int)
        errors[model] = float(np.abs(made - tiles)[hole].mean())
    assert errors[ROW] < errors["inpaint-telea"] / 4


def test_what_the_hole_held_does_not_matter(tiles: Any) -> None:
    hole = np.zeros(tiles.shape[:2], bool)
    hole[20:50, 30:60] = True
    made = []
    for junk in (0, 255):
        damaged = tiles.copy()
        damaged[hole] = junk
        made.append(_drained(patchmatch.fill(damaged, hole, seed=1)))
    assert (made[0] == made[1]).all()


def test_a_seed_decides_the_fill(engine: Engine) -> None:
    lake = scenes.lake(160, 120)
    mask = Image.new("L", lake.size, 0)
    mask.paste(255, (50, 40, 110, 90))

    def made(seed: int) -> bytes:
        request = InpaintRequest(image=lake, mask=mask, model=ROW, seed=seed)
        return bytes(check_stream(engine, request).output.tobytes())

    first = made(7)
    assert first == made(7) and first != made(8)


def test_only_colours_of_the_picture_are_used() -> None:
    """Votes are means of known pixels: nothing outside their range, and a flat picture stays flat."""
    flat = np.full((60, 80, 3), (70, 140, 210), np.uint8)
    hole = np.zeros((60, 80), bool)
    hole[5:50, 10:70] = True
    damaged = flat.copy()
    damaged[hole] = 0
    assert (_drained(patchmatch.fill(damaged, hole, seed=0)) == flat).all()


@pytest.mark.parametrize("known", [(0, 0), (31, 17), (47, 39)])
def test_one_known_pixel_is_enough(known: tuple[int, int]) -> None:
    picture = np.zeros((48, 40, 3), np.uint8)
    picture[known] = (9, 99, 199)
    hole = np.ones((48, 40), bool)
    hole[known] = False
    made = _drained(patchmatch.fill(picture, hole, seed=0))
    assert (made == (9, 99, 199)).all()


def test_steps_count_up_and_show_the_picture(engine: Engine) -> None:
    lake = scenes.lake(1500, 600)
    mask = Image.new("L", lake.size, 0)
    mask.paste(255, (700, 250, 780, 330))
    *steps, last = engine.run(InpaintRequest(image=lake, mask=mask, model=ROW))
    counted = [e for e in steps if isinstance(e, Progress) and e.stage == "run" and e.total]
    assert [e.step for e in counted] == sorted(e.step for e in counted) and counted[-1].step == counted[-1].total
    shown = [e.preview for e in counted if e.preview is not None]
    assert len(shown) >= 5 and all(p.size == (1024, 410) for p in shown)
    assert last.info["repainted_pixels"] == 80 * 80


def test_closing_early_stops_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    original = patchmatch._offer

    def counting(*args: Any) -> None:
        nonlocal looked
        looked += 1
        original(*args)

    monkeypatch.setattr(patchmatch, "_offer", counting)
    lake = scenes.lake(300, 200)
    mask = Image.new("L", lake.size, 0)
    mask.paste(255, (100, 50, 200, 150))
    events = Engine().run(InpaintRequest(image=lake, mask=mask, model=ROW))
    while looked < 3:
        next(events)
    events.close()
    assert looked == 3
