"""The files of ``docs/gallery`` can be made again from what the repository holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import mido
import numpy as np
import pytest
from PIL import Image

from aigc_core import recipe, registry, tasks, weights
from aigc_core.cli import example_pictures
from aigc_core.media import audio
from aigc_core.recipe import compare
from aigc_core.types import NoWeights, Shipped
from scripts import gallery

FILES = list(gallery.files())
OTHERS = {
    "faces-inside.json",
    "faces-seeds.webp",
    "faces-sketch.webp",
    "faces-trajectory.webp",
    "inside.json",
    "learn.png",
}
"""Several runs or a figure each, made in their own way."""
QUICK = ("chorale-ngram", "style-multi-26")
"""Rows with weights to fetch that take a second; what the rest would show, ``test_replay.py`` shows of shorter texts."""
ROUNDING = 2
"""Levels of 255 by which a picture may differ where another machine adds up in another order."""


def test_every_file_carries_a_recipe_or_has_a_script() -> None:
    assert {file.name for file in gallery.GALLERY.iterdir() if file.is_file()} == OTHERS | {f.name for f in FILES}


def replayed() -> Iterator[Any]:
    """The files that are made again: those whose weights, if any, come with the repository, and the quick ones."""
    for file in FILES:
        row = registry.find(recipe.read(file)["model"])
        if isinstance(row.source, (NoWeights, Shipped)):
            yield pytest.param(file, id=file.name)
        elif row.name in QUICK:
            yield pytest.param(file, id=file.name, marks=pytest.mark.weights)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_recipe_is_one_of_today_and_its_inputs_are_in_the_repository(file: Path) -> None:
    made = recipe.read(file)
    cls = tasks.request_type(made["task"], made.get("request", ""))
    source = registry.find(made["model"], cls.task).source
    assert not compare.differences(made, cls, weights.sha256(source))
    request = recipe.to_request(made, example_pictures(made, cls))
    assert (request.kind, request.seed) == (cls.kind, made["seed"])


@pytest.mark.parametrize("file", [*replayed()])
def test_a_replay_makes_the_same_and_another_the_same_bytes(file: Path, tmp_path: Path) -> None:
    for folder in ("once", "again"):
        (tmp_path / folder).mkdir()
    made, twin = (gallery.replay(file, tmp_path / folder) for folder in ("once", "again"))
    assert made.read_bytes() == twin.read_bytes()
    match file.suffix:
        case ".json":
            kept, again = (recipe.read_document(one).record for one in (file, made))
            assert alike({**kept, "recipe": 0}, {**again, "recipe": 0})
        case ".md":
            assert recipe.read_document(made).before == recipe.read_document(file).before
        case ".mid":
            kept, again = (mido.MidiFile(one).tracks for one in (file, made))
            assert [notes(track) for track in kept] == [notes(track) for track in again]
        case ".mp4":
            kept, again = (film(one) for one in (file, made))
            assert kept.shape == again.shape and np.abs(kept - again).mean() <= ROUNDING
        case ".flac":
            kept, again = (audio.read(one, max_seconds=60).samples for one in (file, made))
            np.testing.assert_allclose(kept, again, atol=1e-3)
        case ".png":
            kept, again = (np.asarray(Image.open(one)).astype(int) for one in (file, made))
            assert kept.shape == again.shape and np.abs(kept - again).max() <= ROUNDING


def alike(kept: Any, again: Any) -> bool:
    """The same texts and the same numbers but for the last digits, which depend on threads and processor."""
    if isinstance(kept, dict) and isinstance(again, dict):
        return kept.keys() == again.keys() and all(alike(kept[name], again[name]) for name in kept)
    if isinstance(kept, list) and isinstance(again, list):
        return len(kept) == len(again) and all(map(alike, kept, again))
    if isinstance(kept, float) and isinstance(again, float):
        return abs(kept - again) <= 1e-3
    return bool(kept == again)


def notes(track: mido.MidiTrack) -> list[Any]:
    """All but the text that holds the recipe, which names today's versions."""
    return [message for message in track if message.type != "text"]


def film(file: Path) -> Any:
    """The frames of a film, a row of integers each."""
    frames = imageio_ffmpeg.read_frames(str(file))
    next(frames)  # what the container says
    return np.stack([np.frombuffer(frame, np.uint8) for frame in frames]).astype(int)
