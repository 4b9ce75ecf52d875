"""Strips of figures: the ground becomes transparent, labels are the words of the sheet's layers, the splits share nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aigc_core.datasets import sprites
from aigc_core.errors import InvalidRequestError

ROW = {
    "action": "thrust", "direction": "left", "sex": "female", "body": "body/female/red_orc", "hair": "hair/female/shoulderl/pink2",
    "torso": "torso/shirts/sleeveless/female/maroon_pirate", "legs": "legs/armor/female/metal_pants_female",
    "feet": "feet/slippers_female/gray",
}  # fmt: skip


def words(row: dict[str, str]) -> dict[str, str]:
    """The classes that the labels of a row stand for."""
    named = zip(sprites.ATTRIBUTES.items(), sprites.labels(row), strict=True)
    return {name: classes[label - 1] if label else "" for (name, classes), label in named}


def test_labels_are_the_words_of_the_layers() -> None:
    assert words(ROW) == {
        "action": "thrust", "direction": "left", "sex": "female", "body": "red_orc", "hair": "shoulderl", "hair_color": "pink",
        "torso": "pirate/maroon", "legs": "armor/metal", "feet": "slippers/gray",
    }  # fmt: skip
    others = words(
        ROW | {"torso": "torso/dress_female/blue_vest", "legs": "legs/skirt/male/robe_skirt_male", "hair": ""}
    )
    assert (others["torso"], others["legs"], others["hair"], others["hair_color"]) == (
        "blue_vest", "skirt", "none", "none",
    )  # fmt: skip
    unknown = words({"action": "fly", "hair": "hair/male/swoop/shadows-darkbody"})
    assert unknown["action"] == "" and unknown["hair"] == "swoop" and unknown["hair_color"] == ""


def folder(tmp_path: Path, count: int) -> Path:
    """``count`` clips: in each frame a square of the clip's own colour, one pixel further to the right, on a green ground."""
    lines = [",".join(["file", *ROW])]
    for i in range(count):
        strip = np.full((sprites.SIDE, sprites.FRAMES, sprites.SIDE, 3), (70, 90, 70), np.uint8)
        for t in range(sprites.FRAMES):
            strip[20:30, t, 10 + t : 20 + t] = (i, 200, 100)
        Image.fromarray(strip.reshape(sprites.SIDE, -1, 3)).save(tmp_path / f"{i}.png")
        lines.append(",".join([f"{i}.png", *ROW.values()]))
    (tmp_path / "metadata.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_the_ground_is_transparent_and_frames_lie_in_order(tmp_path: Path) -> None:
    clips = sprites.load(folder(tmp_path, 3), "train")
    assert clips.frames.shape == (3, sprites.FRAMES, sprites.SIDE, sprites.SIDE, 4)
    for t in range(sprites.FRAMES):
        frame = clips.frames[2, t]
        assert (frame[20:30, 10 + t : 20 + t] == (2, 200, 100, 255)).all()
        assert int((frame[..., 3] > 0).sum()) == 100 and not frame[frame[..., 3] == 0].any()


def test_every_twentieth_clip_is_held_out(tmp_path: Path) -> None:
    data = folder(tmp_path, 41)
    colors = {split: set(sprites.load(data, split).frames[:, 0, 25, 15, 0].tolist()) for split in ("train", "val")}
    assert colors["val"] == {19, 39} and colors["train"] == set(range(41)) - {19, 39}


def test_a_strip_of_another_size_is_named(tmp_path: Path) -> None:
    data = folder(tmp_path, 2)
    Image.new("RGB", (100, 64)).save(data / "1.png")
    with pytest.raises(InvalidRequestError, match=r"1\.png: a strip must be 512×64 pixels; got 100×64"):
        sprites.load(data, "train")
    with pytest.raises(InvalidRequestError, match="no clips of split 'val'"):
        sprites.load(data, "val")
