"""Quick jobs pass long ones, none starves, and one that waits is told who is ahead."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from aigc_core.errors import BusyError
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.faces import FacesRequest
from aigc_core.types import Progress, Result
from demos.ui import player
from demos.ui.lanes import QUICK_S, Lanes


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lanes(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Lanes:
    monkeypatch.setattr("demos.ui.lanes.LOOK_S", 0.0)
    return Lanes(most=4, clock=clock)


def face(**values: Any) -> FacesRequest:
    return FacesRequest(model="small", prompt="", **{"count": 1, **values})


def story(tokens: int = 100) -> ContinueTextRequest:
    return ContinueTextRequest(model="big", prompt="It", max_new_tokens=tokens)


def working(clock: Clock, steps: int, step_s: float) -> Generator[Any, None, None]:
    for step in range(steps):
        clock.now += step_s
        yield Progress(step=step + 1, total=steps)
    yield Result(output=None)


def run(lanes: Lanes, clock: Clock, request: Any, steps: int = 1, step_s: float = 0.2) -> Any:
    return lanes.run(request, lambda: working(clock, steps, step_s))


def timed(lanes: Lanes, clock: Clock) -> None:
    """The lanes have seen one job of each kind."""
    list(run(lanes, clock, face(), 1, 0.2))
    list(run(lanes, clock, story(), 100, 0.4))


def test_a_face_does_not_wait_behind_a_hundred_tokens(lanes: Lanes, clock: Clock) -> None:
    timed(lanes, clock)
    long = run(lanes, clock, story(), 100, 0.4)
    next(long)
    behind = run(lanes, clock, story(), 100, 0.4)
    assert next(behind).stage == "wait"
    for _ in range(3):
        assert [event.stage for event in run(lanes, clock, face()) if isinstance(event, Progress)] == ["run"]
    assert next(long).stage == "run" and next(behind).stage == "wait"


def test_a_crowd_of_quick_jobs_does_not_keep_a_long_one_from_beginning(lanes: Lanes, clock: Clock) -> None:
    timed(lanes, clock)
    quick = run(lanes, clock, face())
    next(quick)
    waiting = [run(lanes, clock, face()) for _ in range(3)]
    assert all(next(one).stage == "wait" for one in waiting)
    assert next(run(lanes, clock, story())).stage == "run"


def test_first_come_first_served_within_a_lane(lanes: Lanes, clock: Clock) -> None:
    timed(lanes, clock)
    jobs = [run(lanes, clock, face(), 2) for _ in range(3)]
    assert [next(job).stage for job in jobs] == ["run", "wait", "wait"]
    list(jobs[0])
    assert [next(job).stage for job in (jobs[2], jobs[1])] == ["wait", "run"]


def test_a_job_nobody_has_timed_gives_the_quick_lane_back_when_it_takes_long(lanes: Lanes, clock: Clock) -> None:
    unknown = run(lanes, clock, story(), 100, 0.4)
    next(unknown)
    quick = run(lanes, clock, face())
    assert next(quick).stage == "wait"
    while clock.now < 100 + 2 * QUICK_S:
        next(unknown)
    assert next(quick).stage == "run"
    assert next(run(lanes, clock, story())).stage == "wait", "the long lane starts nothing beside it"


def test_a_job_that_waits_is_told_how_many_are_ahead_and_how_long_if_known(lanes: Lanes, clock: Clock) -> None:
    timed(lanes, clock)
    first, second, third = (run(lanes, clock, story(50), 50, 0.4) for _ in range(3))
    next(first)
    assert next(second) == Progress(step=1, total=20, stage="wait")
    told = next(third)
    assert told == Progress(step=2, total=40, stage="wait")
    line = player.running(told)
    assert "2 jobs ahead, about 40 s" in line and "前面还有 2 个任务，约 40 秒" in line
    assert "1 job ahead<" in player.running(Progress(step=1, stage="wait"))


@pytest.mark.parametrize("ended", ["done", "closed"])
def test_the_place_is_free_as_soon_as_a_job_ends_or_is_stopped(lanes: Lanes, clock: Clock, ended: str) -> None:
    timed(lanes, clock)
    first, second, gone, last = (run(lanes, clock, face()) for _ in range(4))
    next(first)
    assert {next(job).stage for job in (second, gone, last)} == {"wait"}
    gone.close()
    list(first) if ended == "done" else first.close()
    assert next(second).stage == "run"
    assert next(last) == Progress(step=1, total=0, stage="wait")


def test_no_more_wait_than_the_queue_holds(lanes: Lanes, clock: Clock) -> None:
    jobs = [run(lanes, clock, face()) for _ in range(5)]
    for job in jobs:
        next(job)
    with pytest.raises(BusyError, match="The queue is full: 4 jobs wait already"):
        next(run(lanes, clock, face()))


def test_a_queue_bounded_in_seconds_takes_light_jobs_and_refuses_heavy_ones(clock: Clock) -> None:
    lanes = Lanes(most_s=60, clock=clock)
    timed(lanes, clock)
    jobs = [run(lanes, clock, story(), 100, 0.4) for _ in range(2)]
    for job in jobs:
        next(job)
    with pytest.raises(BusyError, match=r"about 80 s of work wait already\. Try again in 25 s") as caught:
        next(run(lanes, clock, story()))
    assert caught.value.retry_s == pytest.approx(25, abs=1) and "约 80 秒" in caught.value.zh
    assert next(run(lanes, clock, face())).stage == "run"


def test_closed_lanes_let_their_jobs_end_and_take_no_more(lanes: Lanes, clock: Clock) -> None:
    job = run(lanes, clock, face(), 2)
    next(job)
    lanes.close()
    with pytest.raises(BusyError, match="about to restart"):
        next(run(lanes, clock, face()))
    assert not lanes.idle(0)
    list(job)
    assert lanes.idle(0)


def test_a_job_that_waits_speaks_as_soon_as_it_is_woken(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demos.ui.lanes.LOOK_S", 600.0)
    lanes = Lanes(clock=clock)
    held, waiting = (run(lanes, clock, face(), 2) for _ in range(2))
    next(held)
    assert next(waiting).stage == "wait"
    with ThreadPoolExecutor(1) as pool:
        said = pool.submit(next, waiting)
        for _ in range(3000):
            lanes.wake()
            if wait([said], 0.01).done:
                break
        held.close()  # it would speak now at the latest
    assert said.result().stage == "wait"
