"""Masks and classical inpainting."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from streams import check_stream

from aigc_core.engine import Engine, drain
from aigc_core.errors import InvalidRequestError
from aigc_core.media import mask as masks
from aigc_core.media import scenes
from aigc_core.pipelines.images import classical_inpaint
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Progress

ROWS = ("inpaint-telea", "inpaint-ns")
each_row = pytest.mark.parametrize("model", ROWS)
holes = hnp.arrays(bool, st.tuples(st.integers(2, 40), st.integers(2, 40)))


def _picture(hole: Any, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*hole.shape, 3), np.uint8))


def _mask(hole: Any) -> Image.Image:
    return Image.fromarray(hole.astype(np.uint8) * 255)


def _drained(steps: Any) -> Any:
    try:
        while True:
            next(steps)
    except StopIteration as done:
        return done.value


@settings(deadline=None, max_examples=60)
@given(holes, st.sampled_from(ROWS), st.booleans(), st.integers(-3, 6), st.integers(0, 8), st.integers(1, 12))
def test_what_is_not_masked_keeps_its_bytes(
    hole: Any, model: str, invert: bool, grow: int, feather: int, radius: int
) -> None:
    picture = _picture(hole)
    request = InpaintRequest(
        image=picture, mask=_mask(hole), model=model, invert=invert, grow=grow, feather=feather, radius=radius
    )
    final = masks.edited(hole, invert=invert, grow=grow)
    assume(final.any() and not final.all())
    made = drain(Engine().run(request)).output
    assert made.size == picture.size and made.mode == "RGB"
    assert (np.asarray(made)[~final] == np.asarray(picture)[~final]).all()


@each_row
@pytest.mark.parametrize("radius", [1, 5, 13])
def test_groups_of_holes_give_what_one_call_gives(model: str, radius: int) -> None:
    picture, mask = scenes.scratched(scenes.lake(360, 240), seed=4)
    flag = cv2.INPAINT_TELEA if model == "inpaint-telea" else cv2.INPAINT_NS
    whole = cv2.inpaint(np.asarray(picture), (np.asarray(mask) > 0).astype(np.uint8), radius, flag)
    made = drain(Engine().run(InpaintRequest(image=picture, mask=mask, model=model, radius=radius))).output
    assert (np.asarray(made) == whole).all()


@settings(deadline=None, max_examples=40)
@given(holes, st.sampled_from([cv2.INPAINT_TELEA, cv2.INPAINT_NS]), st.integers(1, 9))
def test_groups_of_holes_give_what_one_call_gives_for_any_mask(hole: Any, flag: int, radius: int) -> None:
    assume(hole.any() and not hole.all())
    picture = np.asarray(_picture(hole))
    whole = cv2.inpaint(picture, hole.astype(np.uint8), radius, flag)
    assert (_drained(classical_inpaint.fill(picture, hole, radius, flag)) == whole).all()


@each_row
def test_scratches_are_mended(model: str, engine: Engine) -> None:
    clean = scenes.lake(480, 320)
    damaged, mask = scenes.scratched(clean)
    made = check_stream(engine, InpaintRequest(image=damaged, mask=mask, model=model)).output
    hole = np.asarray(mask) > 0

    def error(image: Image.Image) -> float:
        return float(np.abs(np.asarray(image, int) - np.asarray(clean, int))[hole].mean())

    assert error(made) < error(damaged) / 8


@each_row
def test_a_large_hole_forgets_what_it_held_and_drifts_less_than_one_call(model: str) -> None:
    """OpenCV's Telea rounds upwards at every pixel: across a flat hole of 560 it is 33 levels off. Halving shortens the way."""
    flat = np.full((640, 700, 3), (70, 140, 210), np.uint8)
    hole = np.zeros((640, 700), bool)
    hole[40:600, 30:660] = True
    flag = cv2.INPAINT_TELEA if model == "inpaint-telea" else cv2.INPAINT_NS
    made = []
    for junk in ("red", "black"):
        damaged = Image.composite(Image.new("RGB", (700, 640), junk), Image.fromarray(flat), _mask(hole))
        made.append(
            np.asarray(drain(Engine().run(InpaintRequest(image=damaged, mask=_mask(hole), model=model))).output)
        )
    assert (made[0] == made[1]).all()
    whole = cv2.inpaint(flat, hole.astype(np.uint8), 5, flag)
    drift, drift_of_one_call = (int(np.abs(p.astype(int) - flat).max()) for p in (made[0], whole))
    assert drift <= 10 and drift <= drift_of_one_call


def test_a_large_hole_reports_steps_and_previews_the_whole_picture(engine: Engine) -> None:
    picture = scenes.lake(1500, 1000)
    mask = Image.new("L", picture.size, 0)
    mask.paste(255, (300, 200, 1200, 800))
    *steps, last = engine.run(InpaintRequest(image=picture, mask=mask))
    counted = [e for e in steps if isinstance(e, Progress) and e.stage == "run" and e.total]
    assert [e.step for e in counted] == sorted(e.step for e in counted) and counted[-1].step == counted[-1].total
    shown = [e.preview for e in counted if e.preview is not None]
    assert len(shown) >= 3 and all(p.size == (1024, 683) for p in shown)
    assert np.abs(np.asarray(shown[-1], int) - np.asarray(last.output.resize((1024, 683)), int)).mean() < 6


@pytest.mark.parametrize(
    ("mask", "change", "message"),
    [
        (Image.new("L", (30, 20), 0), {}, "selects nothing"),
        (Image.new("L", (30, 20), 255), {}, "selects the whole picture"),
        (Image.new("L", (30, 20), 255), {"invert": True}, "selects nothing"),
        (Image.new("L", (31, 20), 255), {}, "30×20, the mask 31×20"),
    ],
)
def test_masks_that_cannot_work_are_refused_in_words(mask: Image.Image, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message) as caught:
        drain(Engine().run(InpaintRequest(image=Image.new("RGB", (30, 20)), mask=mask, **change)))
    assert caught.value.zh != str(caught.value)


def test_shrinking_to_nothing_says_that_shrinking_did_it() -> None:
    mask = Image.new("L", (30, 20), 0)
    mask.paste(255, (5, 5, 9, 9))
    with pytest.raises(InvalidRequestError, match="shrinking by 6 pixels"):
        masks.prepare(InpaintRequest(image=Image.new("RGB", (30, 20)), mask=mask, grow=-6))


@given(holes, st.integers(0, 10))
def test_growing_is_the_distance_and_shrinking_its_mirror(hole: Any, pixels: int) -> None:
    assume(hole.any() and not hole.all())
    grown = masks.edited(hole, grow=pixels)
    y, x = np.nonzero(hole)
    for i, j in ((0, 0), (hole.shape[0] - 1, hole.shape[1] // 2)):
        assert grown[i, j] == (np.hypot(y - i, x - j).min() <= pixels + 1e-6)
    assert (masks.edited(hole, grow=-pixels) == ~masks.edited(~hole, grow=pixels)).all()
    assert (masks.edited(hole, invert=True) == ~hole).all()


@given(holes, st.integers(0, 12))
def test_feathering_stays_inside_the_mask(hole: Any, pixels: int) -> None:
    assume(hole.any() and not hole.all())
    weight = masks.feathered(hole, pixels)
    assert (weight[~hole] == 0).all() and (weight[hole] > 0).all() and weight.max() <= 1
    assert (weight[masks.distance(hole) > pixels + 1] == 1).all()


def test_a_mask_is_read_by_brightness_and_transparency_is_black() -> None:
    grey = Image.fromarray(np.array([[0, 127, 128, 255]], np.uint8))
    assert masks.read(grey).tolist() == [[False, False, True, True]]
    clear = Image.new("RGBA", (2, 1), (255, 255, 255, 0))
    clear.putpixel((1, 0), (255, 255, 255, 255))
    assert masks.read(clear).tolist() == [[False, True]]


def test_overlay_reddens_the_mask_only() -> None:
    picture = Image.new("RGB", (8, 4), (10, 20, 30))
    weight = np.zeros((4, 8), np.float32)
    weight[:, 4:] = 1
    shown = np.asarray(masks.overlay(picture, weight))
    assert (shown[:, :4] == (10, 20, 30)).all() and (shown[:, 4:, 0] > 100).all()


def test_a_stamp_covers_its_letters() -> None:
    clean = scenes.lake(240, 160)
    stamped, mask = scenes.stamped(clean)
    changed = (np.asarray(stamped) != np.asarray(clean)).any(-1)
    assert changed.sum() > 100 and not (changed & (np.asarray(mask) == 0)).any()
