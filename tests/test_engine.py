"""The engine: protocol, memory, deadline, early stop."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from toys import Squares, row

from aigc_core import registry
from aigc_core.engine import Engine, drain
from aigc_core.errors import DeadlineError, InvalidRequestError, UnknownModelError
from aigc_core.tasks.chat import ChatRequest
from aigc_core.tasks.faces import FacesRequest
from aigc_core.types import ModelSpec, Pipeline, Progress, Result


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(f"faces-{name}", target="toys:Squares") for name in "abcd"]
    rows.append(row("faces-styled", target="toys:Squares", accepts=("prompt",), options={"prompt": ("red", "blue")}))
    monkeypatch.setattr(registry, "_table", lambda: {r.name: r for r in rows})
    Squares.closed.clear()


def test_a_stream_is_progress_then_one_result_with_recipe() -> None:
    events = list(Engine().run(FacesRequest(count=3, seed=5)))
    assert all(isinstance(e, Progress) for e in events[:-1])
    result = events[-1]
    assert isinstance(result, Result)
    assert result.recipe["model"] == "faces-a"
    assert result.recipe["seed"] == 5
    assert [e.step for e in events[:-1] if e.stage == "run"] == [1, 2, 3]


def test_equal_requests_give_equal_recipes_and_pixels() -> None:
    engine = Engine()
    one, two = (drain(engine.run(FacesRequest(count=2, seed=9))) for _ in range(2))
    assert one.recipe == two.recipe
    assert [i.tobytes() for i in one.output.images] == [i.tobytes() for i in two.output.images]


def test_closing_early_closes_the_pipeline() -> None:
    events = Engine().run(FacesRequest(count=16))
    while next(events).stage != "run":
        pass
    assert not Squares.closed
    events.close()
    assert len(Squares.closed) == 1


def test_the_least_recently_used_model_is_dropped() -> None:
    engine = Engine(max_loaded=2)
    for name in ("faces-a", "faces-b", "faces-a", "faces-c"):
        drain(engine.run(FacesRequest(model=name, count=1)))
    assert engine.loaded() == ["faces-a", "faces-c"]


def test_as_many_models_stay_as_fit_into_half_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = {"faces-a": 100, "faces-b": 300, "faces-c": 100, "faces-large": 5000}
    rows = {name: row(name, memory_mb=memory) for name, memory in needed.items()}
    monkeypatch.setattr(registry, "_table", lambda: rows)
    monkeypatch.setattr("aigc_core.engine.memory_mb", lambda: 1000.0)
    engine = Engine()
    for name in ("faces-a", "faces-b", "faces-c"):
        drain(engine.run(FacesRequest(model=name, count=1)))
    assert engine.loaded() == ["faces-a", "faces-b", "faces-c"]
    rows["faces-d"] = row("faces-d", memory_mb=150)
    drain(engine.run(FacesRequest(model="faces-d", count=1)))
    assert engine.loaded() == ["faces-c", "faces-d"], "one after the other goes, the oldest first"
    drain(engine.run(FacesRequest(model="faces-large", count=1)))
    assert engine.loaded() == ["faces-large"], "one at least is kept, whatever it needs"


def test_a_loaded_model_is_not_loaded_again() -> None:
    engine = Engine()
    drain(engine.run(FacesRequest(count=1)))
    again = list(engine.run(FacesRequest(count=1)))
    assert not [e for e in again if isinstance(e, Progress) and e.stage == "load"]


def test_a_request_that_is_stopped_leaves_its_model_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    built, gate, whole = [], Event(), registry.build

    def slowly(spec: ModelSpec, folders: list[Path]) -> Pipeline:
        built.append(spec.name)
        gate.wait()
        return whole(spec, folders)

    monkeypatch.setattr(registry, "build", slowly)
    engine = Engine()
    stopped = engine.run(FacesRequest(count=1))
    while not built:
        next(stopped)
    stopped.close()  # at once: the gate is still closed
    again = engine.run(FacesRequest(count=1))
    assert [next(again).stage for _ in range(3)] == ["load"] * 3
    gate.set()
    drain(again)
    assert built == engine.loaded() == ["faces-a"]


def test_what_fails_while_a_model_is_built_is_told_and_the_next_request_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    engine = Engine()
    with monkeypatch.context() as broken:
        broken.setattr(registry, "build", lambda spec, folders: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            drain(engine.run(FacesRequest(count=1)))
    drain(engine.run(FacesRequest(count=1)))


def test_the_deadline_stops_the_job_and_names_the_limit() -> None:
    with pytest.raises(DeadlineError, match=r"allows 0 s"):
        drain(Engine(deadline_s=0.03).run(FacesRequest(count=16)))
    assert len(Squares.closed) == 1


def test_unknown_models_list_the_known_ones() -> None:
    with pytest.raises(UnknownModelError, match="faces-a, faces-b"):
        drain(Engine().run(FacesRequest(model="nope")))
    with pytest.raises(UnknownModelError):
        drain(Engine().run(ChatRequest(model="faces-a", message="hi")))


def test_choices_that_depend_on_the_model_are_checked() -> None:
    with pytest.raises(InvalidRequestError, match="red, blue"):
        drain(Engine().run(FacesRequest(model="faces-styled", prompt="green")))
    assert drain(Engine().run(FacesRequest(model="faces-styled", prompt="red", count=1))).output.images
