"""Objects selected by a point or a box, and pictures extended on a side."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from aigc_core.engine import Engine, drain
from aigc_core.errors import InvalidRequestError
from aigc_core.media import mask as masks
from aigc_core.media import selection
from aigc_core.media.scenes import lake
from aigc_core.tasks.fields import MAX_PIXELS
from aigc_core.tasks.inpaint import Box, InpaintRequest

ROUND, SQUARE = (150, 120, 210, 180), (40, 40, 90, 100)
"""Two objects on :func:`scene`, as boxes."""


def scene(scale: int = 1) -> Image.Image:
    """A textured ground with a red disc and a blue square."""
    ground = np.random.default_rng(0).normal(150, 12, (240, 320, 1)) + np.array([-10, 15, -40])
    picture = Image.fromarray(ground.clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    draw.ellipse(ROUND, fill=(190, 40, 30))
    draw.rectangle(SQUARE, fill=(30, 50, 160))
    return picture.resize((320 * scale, 240 * scale), Image.Resampling.NEAREST)


def overlap(found: masks.Hole, box: tuple[int, int, int, int], *, disc: bool, scale: int = 1) -> float:
    """Intersection over union with the object."""
    drawn = Image.new("1", (320, 240))
    (ImageDraw.Draw(drawn).ellipse if disc else ImageDraw.Draw(drawn).rectangle)(box, fill=1)
    wanted = np.asarray(drawn.resize((320 * scale, 240 * scale)))
    return float((found & wanted).sum() / (found | wanted).sum())


@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize(
    ("mark", "box", "disc"),
    [
        ((180, 150, 180, 150), ROUND, True),
        ((140, 110, 222, 190), ROUND, True),
        ((60, 70, 60, 70), SQUARE, False),
        ((30, 30, 104, 112), SQUARE, False),
    ],
)
def test_a_point_on_an_object_or_a_box_around_it_selects_it(
    mark: tuple[int, int, int, int], box: tuple[int, int, int, int], disc: bool, scale: int
) -> None:
    picture = np.asarray(scene(scale))
    found = selection.selected(picture, [Box(*(value * scale for value in mark))])
    assert overlap(found, box, disc=disc, scale=scale) > 0.85
    assert (found == selection.selected(picture, [Box(*(value * scale for value in mark))])).all(), "chance decides"


@pytest.mark.parametrize(("x", "y"), [(0, 0), (319, 239), (0, 239)])
def test_a_point_in_a_corner_selects_something_around_it(x: int, y: int) -> None:
    found = selection.selected(np.asarray(scene()), [Box(x, y, x, y)])
    assert found[y, x] and not found.all()


def test_a_picture_of_one_colour_and_one_pixel_are_no_failure() -> None:
    for size in ((40, 30), (1, 1), (1, 50)):
        picture = np.full((size[1], size[0], 3), 90, np.uint8)
        assert selection.selected(picture, [Box(0, 0, 0, 0)])[0, 0]
        assert selection.selected(picture, [Box(0, 0, *size)]).any()


def test_objects_join_the_mask_and_grow_with_it() -> None:
    picture, mask = scene(), Image.new("L", (320, 240))
    mask.paste(255, (250, 20, 290, 60))
    alone = masks.prepare(InpaintRequest(image=picture, objects=("180,150",))).hole
    both = masks.prepare(InpaintRequest(image=picture, mask=mask, objects=("180,150", "60,70"))).hole
    grown = masks.prepare(InpaintRequest(image=picture, objects=("180,150",), grow=5)).hole
    assert both[alone].all() and both[40, 270] and both[70, 60] and not alone[40, 270]
    assert grown[alone].all() and grown.sum() > alone.sum()


@pytest.mark.parametrize(
    ("given", "message", "zh"),
    [
        ("here", "write a point as x,y or a box as left,top,right,bottom", "点写作 x,y"),
        ("1,2,3", "got '1,2,3'", "收到 '1,2,3'"),
        ("1,-2", "got '1,-2'", "像素"),
        ("320,10", "within the picture, which is 320×240", "（320×240）"),
        ("10,10,321,20", "10,10,321,20 must lie within", "须在图片范围内"),
        ("10,10,10,30", "a box must have an area", "面积不能为零"),
    ],
)
def test_marks_that_cannot_be_read_are_refused(given: str, message: str, zh: str) -> None:
    with pytest.raises(InvalidRequestError, match=message) as caught:
        InpaintRequest(image=scene(), objects=(given,))
    assert zh in caught.value.zh


# --- extending --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["inpaint-telea", "inpaint-ns", "inpaint-patchmatch"])
def test_an_extended_picture_keeps_the_given_part(model: str) -> None:
    picture = lake(90, 60)
    request = InpaintRequest(model=model, image=picture, extend_left=10, extend_bottom=25)
    made = drain(Engine().run(request)).output
    assert made.size == (99, 75)
    pixels = np.asarray(made)
    assert (pixels[:60, 9:] == np.asarray(picture)).all()
    assert pixels[60:, 9:].std() > 0


def test_what_is_added_is_wholly_new_whatever_the_mask_does_within() -> None:
    mask = Image.new("L", (90, 60))
    mask.paste(255, (0, 0, 20, 20))
    given = masks.prepare(
        InpaintRequest(image=lake(90, 60), mask=mask, feather=8, grow=2, extend_top=50, extend_right=1)
    )
    assert given.picture.shape == (90, 91, 3) and given.hole.shape == given.weight.shape == (90, 91)
    assert (given.weight[:30] == 1).all() and (given.weight[:, 90] == 1).all()
    within = masks.prepare(InpaintRequest(image=lake(90, 60), mask=mask, feather=8, grow=2))
    assert (given.hole[30:, :90] == within.hole).all() and (given.weight[30:, :90] == within.weight).all()


def test_limits_of_extending_are_named() -> None:
    with pytest.raises(InvalidRequestError, match="extend_top must be between 0 and 100; got 101"):
        InpaintRequest(image=lake(90, 60), extend_top=101)
    side = int(MAX_PIXELS**0.5)
    with pytest.raises(InvalidRequestError, match=f"at most 16 megapixels; it would have {2 * side}×{side}") as caught:
        InpaintRequest(image=Image.new("RGB", (side, side)), extend_left=100)
    assert f"{2 * side}×{side}" in caught.value.zh
    with pytest.raises(InvalidRequestError, match="mask is missing") as caught:
        InpaintRequest(image=lake(90, 60))
    assert "缺少遮罩" in caught.value.zh
