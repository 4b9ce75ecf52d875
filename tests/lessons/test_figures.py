"""Every live figure through the engine, as the page runs it: at its defaults and at the ends of its controls."""

import hashlib
import json
import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from aigc_core import export, recipe
from aigc_core.engine import Engine, drain
from aigc_core.errors import InvalidRequestError
from aigc_core.lessons.catalog import figures
from aigc_core.lessons.figure import Choice, Control, FigureRow, Frame, Sentence, Slider
from aigc_core.tasks.learn import LearnRequest, with_defaults
from aigc_core.types import Progress, Result

MAX_BYTES = 300_000
ROWS = list(figures().values())
TEXT = "{http://www.w3.org/2000/svg}text"
WORD = re.compile(r"[a-z]{5,}|[\u4e00-\u9fff]{2,}")
"""What may stand in a picture of symbols: at most short names such as ``nats``, ``loss`` or ``sin``."""


LONGEST = "春眠不觉晓 it is <b>&amp; done 🙂"
"""What a sentence is made of that is as long as its control lets it be."""
OTHER_SEED = 12345


def extremes(row: FigureRow) -> list[dict[str, Any]]:
    """All sliders at their minimum, then all at their maximum; other options and sentences with each, until all were had."""
    others = [len(control.options) - 1 for control in row.controls.values() if isinstance(control, Choice)]
    runs = max([2, *others]) if row.controls else 0
    return [{name: _end(control, turn) for name, control in row.controls.items()} for turn in range(runs)]


def _end(control: Control, turn: int) -> Any:
    match control:
        case Slider():
            return control.maximum if turn == 1 else control.minimum
        case Choice():
            others = [option for option in control.options if option != control.default]
            return others[turn % len(others)]
        case Sentence():
            return (LONGEST * control.maximum)[: control.maximum] if turn == 1 else "a"


def frames(engine: Engine, name: str, values: dict[str, Any], seed: int = 0) -> tuple[list[Frame], Result]:
    events = list(engine.run(LearnRequest(figure=name, values=values, seed=seed)))
    previews = [event.preview for event in events if isinstance(event, Progress) and event.preview is not None]
    result = events[-1]
    assert isinstance(result, Result)
    return previews, result


def check_run(row: FigureRow, values: dict[str, Any], previews: list[Frame], result: Result) -> None:
    assert previews and all(isinstance(frame, Frame) for frame in previews)
    for frame in (previews[0], result.output):
        check_frame(row, frame)
    assert previews[-1] == result.output
    assert result.recipe["parameters"]["values"] == with_defaults(row, values)
    assert result.recipe["info"]["facts"] == dict(result.output.facts)


def check_frame(row: FigureRow, frame: Frame) -> None:
    root = ET.fromstring(frame.svg)
    assert root.tag.endswith("svg") and root.get("viewBox")
    assert root.get("fill") == "currentColor", "black text can be read on a dark page"
    assert len(frame.svg.encode()) <= MAX_BYTES
    assert "http://" not in frame.svg.replace("http://www.w3.org/", "") and "<script" not in frame.svg
    assert frame.caption.en.strip() and re.search(r"[\u4e00-\u9fff]", frame.caption.zh)
    assert all(mark.words.en and mark.words.zh for mark in frame.legend)
    assert all(math.isfinite(number) for number in frame.facts.values())
    if not takes_words(row):
        said = [WORD.search("".join(text.itertext())) for text in root.iter(TEXT)]
        assert not [found[0] for found in said if found], "words belong into the caption and the legend"


def takes_words(row: FigureRow) -> bool:
    """Whether a figure is about words: tokens may stand in its picture."""
    return any(isinstance(control, Sentence) for control in row.controls.values()) or row.shows_words


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_figure_is_drawn_the_same_way_twice_and_another_seed_changes_it(engine: Engine, row: FigureRow) -> None:
    previews, result = frames(engine, row.name, {})
    check_run(row, {}, previews, result)
    if row.timed:
        return  # it measures this machine
    if row.seeded:
        assert [_seen(frame) for frame in frames(engine, row.name, {})[0]] == [_seen(frame) for frame in previews]
        assert any(seed_matters(engine, row, values) for values in ({}, *extremes(row))), "the seed changes nothing"
    else:
        assert [_seen(frame) for frame in frames(engine, row.name, {}, OTHER_SEED)[0]] == [_seen(f) for f in previews]


def seed_matters(engine: Engine, row: FigureRow, values: dict[str, Any]) -> bool:
    """Run a figure with two seeds side by side until their frames differ, then close both: no event may come after that."""
    runs = [engine.run(LearnRequest(figure=row.name, values=values, seed=seed)) for seed in (0, OTHER_SEED)]
    shown = [(e.preview for e in run if isinstance(e, Progress) and e.preview is not None) for run in runs]
    differs = any(_seen(one) != _seen(other) for one, other in zip(*shown, strict=False))
    for run in runs:
        run.close()
        assert list(run) == []
    return differs


def _seen(frame: Frame) -> tuple[Any, ...]:
    """What a reader gets of a frame."""
    return frame.svg, frame.caption, frame.legend, frame.facts


@pytest.mark.parametrize("row", [row for row in ROWS if not row.seeded], ids=lambda row: row.name)
def test_closing_after_the_first_frame_stops_the_work(engine: Engine, row: FigureRow) -> None:
    events = engine.run(LearnRequest(figure=row.name))
    assert any(isinstance(event, Progress) and event.preview is not None for event in events)
    events.close()
    assert list(events) == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.controls], ids=lambda row: row.name)
def test_a_figure_is_drawn_with_its_controls_at_their_ends(engine: Engine, row: FigureRow) -> None:
    for values in extremes(row):
        check_run(row, values, *frames(engine, row.name, values))


SUMS = """
import hashlib, json, sys
from aigc_core.engine import Engine, drain
from aigc_core.tasks.learn import LearnRequest
engine = Engine()
print(json.dumps({name: hashlib.sha256(drain(engine.run(LearnRequest(figure=name))).output.svg.encode()).hexdigest() for name in sys.argv[1:]}))
"""


def test_another_process_draws_the_same_bytes(engine: Engine) -> None:
    names = [row.name for row in ROWS if not row.timed][::12]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    run = subprocess.run([sys.executable, "-c", SUMS, *names], env=environment, stdout=subprocess.PIPE, check=True)
    here = {name: hashlib.sha256(frames(engine, name, {})[1].output.svg.encode()).hexdigest() for name in names}
    assert json.loads(run.stdout) == here


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_says_what_the_page_shows(row: FigureRow) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.name)
    assert row.title.en and re.search(r"[\u4e00-\u9fffA-Z]", row.title.zh)
    assert len(row.controls) <= 3
    assert with_defaults(row, {}) == with_defaults(row, with_defaults(row, {})), "the defaults are within the limits"


def test_a_figure_is_saved_with_its_recipe(engine: Engine, tmp_path: Path) -> None:
    result = drain(engine.run(LearnRequest(figure="gaussian-kl", values={"mean": 2}, seed=7)))
    file = export.save(result.output, {**result.recipe, "note": "-->--"}, tmp_path / "figure")["figure"]
    ET.parse(file)
    kept = recipe.read(file)
    assert kept["seed"] == 7 and kept["note"] == "-->--"
    again = recipe.to_request(kept)
    assert again == LearnRequest(figure="gaussian-kl", values={"mean": 2}, seed=7, model="live-figures")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"mean": 99}, "mean must be between -3 and 3; got 99"),
        ({"variance": 1}, "has no control 'variance'. It has: mean, deviation"),
        ({"mean": "1"}, "mean must be a number; got '1'"),
        ({"mean": float("nan")}, "mean must be a number"),
        ('{"mean": 1', "values must be a table"),
        ([1], "values must be a table"),
        ({"mean": {"a": 1}}, "values must be a table"),
    ],
)
def test_a_value_that_a_control_cannot_have_is_refused_in_words(values: Any, said: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        LearnRequest(figure="gaussian-kl", values=values)
    assert said in str(caught.value) and caught.value.zh != str(caught.value)


def test_values_may_be_given_as_json() -> None:
    assert LearnRequest(figure="gaussian-kl", values='{"mean": 2}').values == {"mean": 2.0, "deviation": 0.5}
