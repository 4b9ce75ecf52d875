"""Lanes beside a backend with workers: as many jobs run as there are workers of their task, and the others wait."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from aigc_core.backends.protocol import Pool
from aigc_core.errors import BusyError
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.faces import FacesRequest
from aigc_core.types import Progress, Result
from demos.ui.lanes import UNKNOWN_S, Lanes

POOLS = {"faces": Pool("faces", 2), "continue_text": Pool("continue_text", 1)}


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch) -> Lanes:
    monkeypatch.setattr("demos.ui.lanes.LOOK_S", 0.0)
    return Lanes(pool=POOLS.__getitem__, clock=lambda: 0.0)


def working() -> Generator[Any, None, None]:
    yield Progress(step=1, total=1)
    yield Result(output=None)


def face(lanes: Lanes) -> Any:
    return lanes.run(FacesRequest(model="small"), working)


def story(lanes: Lanes) -> Any:
    return lanes.run(ContinueTextRequest(model="big", prompt="It"), working)


def test_each_task_runs_as_many_jobs_as_it_has_workers(lanes: Lanes) -> None:
    jobs = [face(lanes), face(lanes), face(lanes), story(lanes), story(lanes)]
    assert [next(job).stage for job in jobs] == ["run", "run", "wait", "run", "wait"]
    jobs[0].close()
    assert [next(jobs[2]).stage, next(jobs[4]).stage] == ["run", "wait"]


def test_who_comes_first_gets_the_worker_that_becomes_free(lanes: Lanes) -> None:
    jobs = [face(lanes) for _ in range(4)]
    for job in jobs:
        next(job)
    jobs[0].close()
    assert [next(jobs[3]).stage, next(jobs[2]).stage] == ["wait", "run"]


def test_two_workers_get_through_a_queue_in_half_the_time() -> None:
    lanes = Lanes(pool=POOLS.__getitem__, most_s=2 * UNKNOWN_S, clock=lambda: 0.0)
    faces = [face(lanes) for _ in range(5)]
    for job in faces:
        next(job)
    assert lanes.load().seconds == 5 * UNKNOWN_S / 2
    with pytest.raises(BusyError):
        next(face(lanes))
    assert next(story(lanes)).stage == "run", "the other task's worker is free"
