"""*Compare all methods*, and the warning before a hole that is too deep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from aigc_core import cli, registry, support
from aigc_core.engine import Engine
from aigc_core.evaluation import nearness
from aigc_core.media import mask as masks
from aigc_core.media.scenes import lake
from aigc_core.tasks.inpaint import InpaintRequest
from demos.inpaint import methods
from demos.ui.compare import Turn
from demos.ui.i18n import Text
from demos.ui.player import Moment

CLASSICAL = ("inpaint-telea", "inpaint-ns", "inpaint-patchmatch")


def hole(width: int = 96, height: int = 64, side: int = 16) -> Image.Image:
    made = Image.new("L", (width, height))
    made.paste(255, (30, 20, 30 + side, 20 + side))
    return made


def asked(**changes: Any) -> list[InpaintRequest]:
    values = {"image": lake(96, 64), "mask": hole(), "radius": 3, "prompt": "", "seed": 1, "model": "inpaint-telea"}
    return methods.requests({**values, **changes})


def test_every_method_that_is_here_gets_the_settings_it_honours(monkeypatch: Any) -> None:
    made = {one.model: one for one in asked(prompt="an old man")}
    assert set(CLASSICAL) <= set(made) and "sdxl-inpaint" not in made
    assert made["inpaint-telea"].radius == 3 and made["inpaint-telea"].prompt == ""
    for one in made.values():
        support.check_capabilities(one, registry.find(one.model))


@pytest.fixture
def board(monkeypatch: Any) -> methods.Board:
    """The classical methods, judged without VGG16, which a registry would have to bring."""
    monkeypatch.setattr(nearness, "_vgg16", lambda: None)
    return methods.Board([one for one in asked() if one.model in CLASSICAL])


def test_columns_tell_how_near_each_answer_comes(board: methods.Board) -> None:
    for at, one in enumerate(board.asked):
        result = list(Engine().run(one))[-1]
        board.put(Turn(at=at, moment=Moment(status="", result=result, files={"image": f"{at}.png"})))
    original, *answers = board.columns
    assert original.psnr is None and all(one.psnr is not None and 5 < one.psnr < 60 for one in answers)
    page = methods.html(board.columns)
    best = max(one.psnr for one in answers if one.psnr is not None)
    assert f"<b>{best:.1f} dB</b>" in page and page.count(" dB") == 3 and "VGG16 0" not in page
    assert board.files == ["0.png", "1.png", "2.png"] and set(board.recipes) == set(CLASSICAL)


def test_a_method_that_fails_says_so_in_its_column(board: methods.Board) -> None:
    board.put(Turn(at=1, failure=Text("No <face>", "没有人脸")))
    assert board.columns[2].message is not None and board.columns[1].message is None
    assert "No &lt;face&gt;" in methods.html(board.columns)


def test_an_extended_picture_is_shown_and_not_measured(monkeypatch: Any) -> None:
    monkeypatch.setattr(nearness, "_vgg16", lambda: pytest.fail("it is not needed"))
    board = methods.Board([one for one in asked(extend_left=20) if one.model in CLASSICAL])
    result = list(Engine().run(board.asked[0]))[-1]
    board.put(Turn(at=0, moment=Moment(status="", result=result)))
    assert board.columns[1].picture and board.columns[1].psnr is None


class Colours:
    """The picture itself in the place of VGG16's maps."""

    def pyramid(self, x: Any, depth: int) -> list[Any]:
        return [x + 2]


def test_the_original_itself_is_nearest_and_only_the_hole_counts(monkeypatch: Any) -> None:
    monkeypatch.setattr(nearness, "_vgg16", Colours)
    picture = np.asarray(lake(96, 64))
    inside = masks.read(hole())
    judge = nearness.Judge(picture, inside)
    noisy, grey, elsewhere = picture.copy(), picture.copy(), picture.copy()
    noisy[inside] = np.clip(picture[inside].astype(int) + 12, 0, 255)
    grey[inside] = 128
    elsewhere[:5] = 0
    exact, near, far, beside = (judge(Image.fromarray(one)) for one in (picture, noisy, grey, elsewhere))
    assert exact.psnr == 60 and exact.vgg16 == pytest.approx(0, abs=1e-6)
    assert exact.psnr > near.psnr > far.psnr
    assert exact.vgg16 is not None and near.vgg16 is not None and far.vgg16 is not None
    assert exact.vgg16 < near.vgg16 < far.vgg16
    assert beside == exact


@pytest.mark.parametrize("model", [row.name for row in registry.list_models("inpaint") if "reach" in row.settings])
def test_a_hole_deeper_than_a_row_reaches_is_warned_of_with_rows_that_reach_it(model: str) -> None:
    row = registry.find(model)
    reach = row.settings["reach"]
    assert support.too_deep(row, reach) is None
    found = support.too_deep(row, reach + 1)
    assert found is not None
    for said, title in zip(found, registry.find("inpaint-faces").titles, strict=True):
        assert str(reach) in said and str(reach + 1) in said and title in said
    farther = found[0].partition("Reaching farther:")[2]
    assert (registry.find("inpaint-patchmatch").title in farther) == (model != "inpaint-patchmatch")


def test_rows_that_invent_reach_everything() -> None:
    assert support.too_deep(registry.find("inpaint-faces"), 10_000) is None


def test_the_command_line_warns_too(tmp_path: Any, capsys: Any) -> None:
    lake(120, 90).save(tmp_path / "in.png")
    hole(120, 90, 50).save(tmp_path / "mask.png")
    args = ["inpaint", "--image", str(tmp_path / "in.png"), "--mask", str(tmp_path / "mask.png")]
    assert cli.main([*args, "--model", "inpaint-telea", "--out", str(tmp_path / "out.png")]) == 0
    assert "25 pixels deep, and Telea (fast marching) reaches 16" in capsys.readouterr().err


def test_depth_counts_from_the_known_pixels() -> None:
    wide = np.zeros((40, 60), bool)
    assert masks.depth(wide) == 0
    wide[:, 20:] = True
    assert masks.depth(wide) == 40, "what is added at a side has no border there"
