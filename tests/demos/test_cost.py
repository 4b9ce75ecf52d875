"""The line under the button: what it says, and that every tab has one for the controls as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from aigc_core.budget import Estimate
from aigc_core.tasks.chat import ChatRequest
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.inpaint import InpaintRequest
from demos.ui import cost


@pytest.mark.parametrize(
    ("estimate", "en", "zh"),
    [
        (Estimate(seconds=4.2, memory_mb=900), "about 4 s, 0.9 GB", "约 4 秒，0.9 GB"),
        (Estimate(seconds=0.3, memory_mb=20), "less than a second, 0.1 GB", "不到 1 秒，0.1 GB"),
        (Estimate(seconds=600.0), "about 10 min", "约 10 分钟"),
        (Estimate(seconds=2.0, most_s=7.6), "about 2 s, up to 8 s", "约 2 秒，最长 8 秒"),
        (Estimate(seconds=40.0, most_s=130.0), "about 40 s, up to 2 min", "约 40 秒，最长 2 分钟"),
        (Estimate(seconds=6.0, most_s=7.0), "about 6 s", "约 6 秒"),
        (Estimate(seconds=0.2, most_s=0.9), "less than a second", "不到 1 秒"),
        (Estimate(seconds=None, memory_mb=7000, fetch_mb=4266), "7.0 GB; fetches 4,266 MB first", "7.0 GB；需先下载 4,266 MB"),
        (Estimate(seconds=None), "", ""),
    ],
)  # fmt: skip
def test_the_line_tells_what_is_known(estimate: Estimate, en: str, zh: str) -> None:
    assert cost.words(estimate) == (en, zh)
    shown = cost.line(estimate)
    assert (en in shown and zh in shown) if en else shown == ""


def test_pictures_count_by_their_size_alone_and_a_mask_not_painted_yet_has_the_usual_hole(tmp_path: Path) -> None:
    Image.new("RGB", (640, 480)).save(tmp_path / "a.png")
    asked = cost.draft(InpaintRequest, {"image": str(tmp_path / "a.png"), "mask": None, "grow": 2})
    assert isinstance(asked, InpaintRequest) and asked.image.size == asked.mask.size == (640, 480)
    assert cost.draft(InpaintRequest, {"image": str(tmp_path / "none.png"), "mask": None}) is None


def test_an_empty_text_is_no_reason_to_say_nothing_but_a_wrong_value_is() -> None:
    assert isinstance(cost.draft(ChatRequest, {"message": " "}), ChatRequest)
    assert cost.draft(FacesRequest, {"count": 99}) is None
