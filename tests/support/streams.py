"""The protocol of a stream of events, as an assertion."""

from __future__ import annotations

from typing import Any

from aigc_core.engine import Engine
from aigc_core.tasks.request import Request
from aigc_core.types import Progress, Result


def check_stream(engine: Engine, request: Request) -> Result:
    """Drain a stream and hold it to the protocol: progress…, then exactly one result with a recipe."""
    events: list[Any] = list(engine.run(request))
    assert all(isinstance(event, Progress) for event in events[:-1])
    assert isinstance(events[-1], Result)
    assert events[-1].recipe["task"] == request.task
    assert any(event.stage == "run" for event in events[:-1]), "no step was reported"
    return events[-1]
