"""The events that a worker sends: enough for a page, and not each of a hundred steps a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aigc_core.types import Progress, Result


@pytest.fixture(scope="module")
def thinned() -> Callable[..., Iterator[Any]]:
    pytest.importorskip("ray", reason="the extra is not installed: pip install -r requirements-ray.txt")
    from aigc_core.backends.ray_worker import thinned

    return thinned  # type: ignore[return-value]


def events(steps: int, made: list[int]) -> Iterator[Any]:
    yield Progress(step=0, stage="load")
    for step in range(1, steps + 1):
        yield Progress(step=step, total=steps, preview=lambda step=step: made.append(step) or step)
    yield Result(output="whole")


def test_quick_steps_are_told_now_and_then_and_the_result_always(thinned: Any) -> None:
    made: list[int] = []
    clock = iter(i / 50 for i in range(1000))  # a step every 20 ms
    sent = list(thinned(events(100, made), lambda: next(clock)))
    steps = [event.step for event in sent if isinstance(event, Progress) and event.stage == "run"]
    assert steps == list(range(1, 101, 3))
    assert sent[0].stage == "load" and sent[-1].output == "whole"
    assert made == list(range(1, 101, 15)), "a preview that is not sent is not made"


def test_slow_steps_are_all_told_with_their_previews(thinned: Any) -> None:
    made: list[int] = []
    clock = iter(range(1000))
    sent = list(thinned(events(5, made), lambda: next(clock)))
    assert [event.step for event in sent if isinstance(event, Progress)] == [0, 1, 2, 3, 4, 5]
    assert made == [1, 2, 3, 4, 5]
