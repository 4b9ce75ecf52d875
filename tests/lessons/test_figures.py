"""Every live figure through the engine, as the page runs it: at its defaults and at the ends of its controls."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aigc_core import export, recipe
from aigc_core.engine import Engine, drain
from aigc_core.errors import InvalidRequestError
from aigc_core.lessons.catalog import figures
from aigc_core.lessons.figure import Choice, FigureRow, Frame, Sentence, Slider
from aigc_core.tasks.learn import LearnRequest, settled
from aigc_core.types import Progress, Result

MAX_BYTES = 300_000
ROWS = list(figures().values())
TEXT = "{http://www.w3.org/2000/svg}text"
WORD = re.compile(r"[a-z]{5,}|[\u4e00-\u9fff]{2,}")
"""What may stand in a picture of symbols: at most short names such as ``nats``, ``loss`` or ``sin``."""


def settings(row: FigureRow) -> Iterator[dict[str, Any]]:
    """The defaults, then each control at its ends or at each of its options, the others at their defaults."""
    yield {}
    for name, control in row.controls.items():
        match control:
            case Slider():
                yield from ({name: end} for end in (control.minimum, control.maximum) if end != control.default)
            case Choice():
                yield from ({name: option} for option in control.options if option != control.default)
            case Sentence():
                yield {name: "a"}
                yield {name: ("春眠不觉晓 it is <b>&amp; done" * control.maximum)[: control.maximum]}


CASES = [(row.name, values) for row in ROWS for values in settings(row)]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def frames(engine: Engine, name: str, values: dict[str, Any], seed: int = 0) -> tuple[list[Frame], Result]:
    events = list(engine.run(LearnRequest(figure=name, values=values, seed=seed)))
    previews = [event.preview for event in events if isinstance(event, Progress) and event.preview is not None]
    result = events[-1]
    assert isinstance(result, Result)
    return previews, result


def takes_words(row: FigureRow) -> bool:
    """Whether a figure is about words: tokens may stand in its picture."""
    return any(isinstance(control, Sentence) for control in row.controls.values()) or row.shows_words


@pytest.mark.parametrize(
    ("name", "values"), CASES, ids=lambda part: part if isinstance(part, str) else json.dumps(part)
)
def test_a_figure_is_drawn_wherever_its_controls_stand(engine: Engine, name: str, values: dict[str, Any]) -> None:
    row = figures()[name]
    previews, result = frames(engine, name, values)
    assert previews and all(isinstance(frame, Frame) for frame in previews)
    for frame in (previews[0], result.output):
        check_frame(row, frame)
    assert previews[-1] == result.output
    assert result.recipe["parameters"]["values"] == settled(row, values)
    assert result.recipe["info"]["facts"] == dict(result.output.facts)


def check_frame(row: FigureRow, frame: Frame) -> None:
    root = ET.fromstring(frame.svg)
    assert root.tag.endswith("svg") and root.get("viewBox")
    assert len(frame.svg.encode()) <= MAX_BYTES
    assert "http://" not in frame.svg.replace("http://www.w3.org/", "") and "<script" not in frame.svg
    assert frame.caption.en.strip() and re.search(r"[\u4e00-\u9fff]", frame.caption.zh)
    assert all(mark.words.en and mark.words.zh for mark in frame.legend)
    assert all(isinstance(number, (int, float)) for number in frame.facts.values())
    if not takes_words(row):
        said = [WORD.search("".join(text.itertext())) for text in root.iter(TEXT)]
        assert not [found[0] for found in said if found], "words belong into the caption and the legend"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_same_request_gives_the_same_bytes(engine: Engine, row: FigureRow) -> None:
    first, second = (frames(engine, row.name, {})[1].output for _ in range(2))
    assert first.svg == second.svg and first.caption == second.caption


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_seed_matters_where_the_row_says_so(engine: Engine, row: FigureRow) -> None:
    first, other = (frames(engine, row.name, {}, seed)[1].output for seed in (0, 12345))
    assert (first.svg != other.svg or first.facts != other.facts) == row.seeded


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_closing_early_stops_the_work(engine: Engine, row: FigureRow) -> None:
    events = engine.run(LearnRequest(figure=row.name))
    for event in events:
        if isinstance(event, Progress) and event.preview is not None:
            break
    events.close()
    assert list(events) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_says_what_the_page_shows(row: FigureRow) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.name)
    assert row.title.en and re.search(r"[\u4e00-\u9fffA-Z]", row.title.zh)
    assert len(row.controls) <= 3
    assert settled(row, {}) == settled(row, settled(row, {})), "the defaults are within the limits"


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
