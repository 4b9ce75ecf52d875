"""The inpainting table: measures against known values, the same holes for everyone, a sheet, a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_core.datasets.photos import Photos
from aigc_core.evaluation import inpaint
from aigc_core.evaluation.inpaint import Case, cases, evaluate, maps_of, psnr, score, sheet, table
from aigc_core.media import scenes
from aigc_core.types import Events, Result

LOOKS = {"pixels": lambda x: [x + 2]}


class Fill:
    """Paints the hole in one colour, or with the photo itself."""

    def __init__(self, colour: str | None) -> None:
        self._colour = colour

    def stream(self, request: object) -> Events:
        image = request.image  # type: ignore[attr-defined]
        if self._colour is not None:
            image = Image.composite(Image.new("RGB", image.size, self._colour), image, request.mask)  # type: ignore[attr-defined]
        yield Result(output=image)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for i in range(3):
        scenes.lake(100 + i, 80).save(folder / f"{i}.png")
    rows = ["file,split", *(f"{i}.png,{'val' if i else 'train'}" for i in range(3))]
    (folder / "metadata.csv").write_text("\n".join(rows))
    return folder


def test_psnr_counts_the_hole_alone() -> None:
    photo = np.zeros((8, 8, 3), np.uint8)
    hole = np.zeros((8, 8), bool)
    hole[:2] = True
    filled = photo.copy()
    filled[:2] = 51  # a fifth of the range: 20 log₁₀ 5
    filled[2:] = 255
    assert psnr(photo, filled, hole) == pytest.approx(20 * np.log10(5))
    assert psnr(photo, photo, hole) == pytest.approx(60)


def test_every_photo_gets_a_hole_of_every_band_and_the_same_again(data: Path) -> None:
    photos = Photos((data,), "val")
    first, again = cases(photos, 10), cases(photos, 10)
    assert [c.band for c in first] == ["10–20%", "20–40%", "40–60%"] * 2
    assert all((a.hole == b.hole).all() for a, b in zip(first, again, strict=True))


def test_the_photo_itself_scores_best_and_a_wrong_colour_worse(data: Path) -> None:
    asked = cases(Photos((data,), "val"), 2)
    results = evaluate({"exact": Fill(None), "red": Fill("red")}, asked, LOOKS)
    exact, red = results.values()
    for band, scores in exact.items():
        assert scores["psnr"] == 60 and scores["pixels"] == pytest.approx(0, abs=1e-5)
        assert red[band]["psnr"] < 20 and red[band]["pixels"] > 0.01
    lines = table(results).splitlines()
    assert len(lines) == 4 and len({line.count("|") for line in lines}) == 1


def test_the_distance_is_that_of_the_hole() -> None:
    photo = Image.new("RGB", (16, 16), "white")
    hole = np.zeros((16, 16), bool)
    hole[:4] = True
    filled = np.array(photo)
    filled[8:] = 0  # outside the hole
    scores = score(Case(photo, hole, "x"), Image.fromarray(filled), maps_of(photo, LOOKS), LOOKS)
    assert scores["pixels"] == pytest.approx(0, abs=1e-5)


def test_the_sheet_shows_each_model_between_the_hole_and_the_photo(data: Path) -> None:
    asked = cases(Photos((data,), "val"), 2)
    drawn = np.asarray(sheet({"exact": Fill(None), "red": Fill("red")}, asked, side=64))
    assert drawn.shape == (64 * len(asked), 64 * 4, 3)
    assert (drawn[:, 64:128] == drawn[:, 192:]).all() and (drawn[:, 128:192] != drawn[:, 192:]).any()


def test_the_command_writes_what_it_measured(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inpaint, "looking", lambda: {"vgg16": lambda x: [torch.relu(x) + 0.1]})
    out = tmp_path / "eval.json"
    out.write_text('{"kept": 1}')
    command = [
        "inpaint-telea",
        "--data",
        str(data),
        "--count",
        "1",
        "--out",
        str(out),
        "--sheet",
        str(tmp_path / "s.png"),
    ]
    assert inpaint.main(command) == 0
    written = json.loads(out.read_text())
    assert written["kept"] == 1 and set(written["inpaint"]["inpaint-telea"]["10–20%"]) == {"psnr", "vgg16"}
    assert (tmp_path / "s.png").exists()
