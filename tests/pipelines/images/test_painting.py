"""Blends, stroke size, colours: what all style networks share, with a network that is a formula."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from aigc_core.engine import drain
from aigc_core.errors import InvalidRequestError
from aigc_core.media import scenes
from aigc_core.pipelines.images import painting
from aigc_core.pipelines.images.painting import Array
from aigc_core.tasks.stylize import StylizeRequest

LAKE = scenes.lake(96, 64)


def request(**values: Any) -> StylizeRequest:
    return StylizeRequest(**{"image": LAKE, "model": "tried", **values})


def test_the_shares_of_a_blend_are_its_weights_and_add_up_to_1() -> None:
    shares = painting.shares(request(style="a", blend=("b", "c:2")), ("a", "b", "c"))
    assert shares == {"a": 0.25, "b": 0.25, "c": 0.5}
    assert painting.shares(request(), ("a", "b")) == {"a": 1.0}
    assert painting.shares(request(blend=("a:3", "b:4")), ("a", "b")) == {"a": 0.5, "b": 0.5}
    assert painting.described({"a": 1.0}) == {"style": "a"}
    assert painting.described({"a": 2 / 3, "b": 1 / 3}) == {"style": "a", "shares": {"a": 0.6667, "b": 0.3333}}


def test_a_style_that_the_model_lacks_is_named_in_both_languages() -> None:
    with pytest.raises(
        InvalidRequestError, match=r"blend names the style 'z', which tried does not have.*a, b"
    ) as caught:
        painting.shares(request(blend=("z",)), ("a", "b"))
    assert "不是 tried 的风格" in caught.value.zh


@pytest.mark.parametrize("entry", ["a:0", "a:-1", "a:11", "a:nan", "a:x", "a:", ":1"])
def test_a_weight_beyond_the_limits_is_refused_with_its_value(entry: str) -> None:
    with pytest.raises(InvalidRequestError, match="above 0 and at most 10; got") as caught:
        request(blend=(entry,))
    assert entry in str(caught.value) and entry in caught.value.zh
    with pytest.raises(InvalidRequestError, match="at most 3 texts"):
        request(blend=("a", "b", "c", "d"))


class Painter:
    """Paints the negative, and remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, x: Array) -> Generator[None, None, Array]:
        self.seen.append(x.shape[:2])
        yield
        return 1 - x


@pytest.mark.parametrize(("scale", "seen"), [(1.0, (64, 96)), (2.0, (32, 48)), (0.5, (128, 192)), (3.0, (32, 32))])
def test_the_network_sees_the_picture_at_another_size_and_its_answer_comes_back_at_the_picture_s(
    scale: float, seen: tuple[int, int]
) -> None:
    painter = Painter()
    made = drain(painting.paint(request(style_scale=scale), painter, {})).output
    assert painter.seen == [seen] and made.size == LAKE.size
    if scale == 1:
        assert np.abs(255 - np.asarray(LAKE, int) - np.asarray(made, int)).max() <= 1
    else:
        assert np.abs(255 - np.asarray(LAKE, int) - np.asarray(made, int)).mean() < 12


def test_a_scale_that_makes_the_picture_too_large_is_refused_with_what_is_possible() -> None:
    image = LAKE.resize((2048, 1400))
    with pytest.raises(InvalidRequestError, match=r"4096×2800 pixels; at most 4\.2 megapixels") as caught:
        drain(painting.paint(request(image=image, style_scale=0.5, max_side=2048), Painter(), {}))
    assert "4.2 百万像素" in caught.value.zh
    possible = float(str(caught.value).split("style_scale ")[2].split()[0])
    painting._check_scale(image.size, possible)
    side = int(str(caught.value).split("max_side ")[1].split()[0])
    painting._check_scale((side, round(side * 1400 / 2048)), 0.5)


def test_colours_are_kept_in_the_way_asked_for() -> None:
    kept = {
        by: np.asarray(drain(painting.paint(request(keep_colors=True, keep_colors_by=by), Painter(), {})).output, float)
        for by in ("luminance", "histogram")
    }
    lake = np.asarray(LAKE, float)
    assert np.abs(kept["luminance"] - kept["histogram"]).mean() > 5
    assert np.abs(kept["histogram"].mean((0, 1)) - lake.mean((0, 1))).max() < 12
