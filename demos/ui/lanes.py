"""The order of jobs: quick ones do not wait behind long ones, and neither kind keeps the other from running.

There are two lanes. A job that is expected to take a second at most, or that nobody has timed yet, takes the *quick* one; every
other job the *long* one. Each lane runs one job at a time, first come, first served; the two run side by side and the operating
system gives each its share of the cores. A job in the quick lane that turns out to take longer gives its place there to the
next and counts as a long one until it ends, so that the long lane starts nothing beside it.

What a job will take is its size times the seconds per unit of the last jobs of its kind. Size is what the work grows with: the
pictures times the steps, the tokens, the bars, the characters.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from threading import Condition
from typing import Any, NamedTuple

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.request import Request
from aigc_core.types import Events, Progress, Result

QUICK_S = 1.0
"""A job that is expected to take no longer is quick."""
LOOK_S = 1.0
"""A job that waits speaks this often, less often in a crowd, and so learns whether its page is still there."""
_KINDS = 500
_NEWEST = 0.5
"""Weight of the newest job in the seconds per unit."""


class Ahead(NamedTuple):
    """The jobs before one that waits, the running ones included, and what they will still take."""

    jobs: int
    seconds: float | None
    """None where one of them was never timed."""


@dataclass(eq=False)
class Job:
    """A request that waits or runs."""

    kind: tuple[str, str]
    size: float
    expected_s: float | None
    long: bool
    start: float | None = None
    """Time at which it began to run; None while it waits."""
    began: float = field(default=0.0)
    """Time at which its model began to work, after fetching and loading."""


class Lanes:
    """The lanes of one running app.

    Args:
        most: Jobs that may wait; one more is refused.
    """

    def __init__(self, *, most: int = 64, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._jobs: list[Job] = []
        self._changed = Condition()
        self._rates: OrderedDict[tuple[str, str], float] = OrderedDict()
        """Seconds per unit by kind of job, the least recently used first."""

    def run(self, request: Request, start: Callable[[], Events]) -> Events:
        """The events of ``start()`` once it is the request's turn; before that, who is ahead, about once a second.

        Raises:
            InvalidRequestError: too many jobs wait already.
        """
        job = self._enter(request)
        try:
            yield from self._wait(job)
            events = start()
            try:
                for event in events:
                    self._watch(job, event)
                    yield event
            finally:
                events.close()
        finally:
            with self._changed:
                self._jobs.remove(job)
                self._changed.notify_all()

    def expected(self, request: Request) -> float | None:
        """Seconds that the request will take; None where nothing of its kind was timed."""
        rate = self._rates.get(_kind(request))
        return None if rate is None else rate * size(request)

    def _enter(self, request: Request) -> Job:
        with self._changed:
            if sum(job.start is None for job in self._jobs) >= self._most:
                raise InvalidRequestError(
                    f"The queue is full: {self._most} jobs wait already. Try again in a moment.",
                    f"排队已满：已有 {self._most} 个任务在等待，请稍后再试。",
                )
            expected = self.expected(request)
            long = expected is not None and expected > QUICK_S
            job = Job(kind=_kind(request), size=size(request), expected_s=expected, long=long)
            self._jobs.append(job)
            return job

    def _wait(self, job: Job) -> Generator[Progress, None, None]:
        while not self._begin(job):
            ahead = self._waiting(job)
            yield Progress(step=ahead.jobs, stage="wait", total=None if ahead.seconds is None else round(ahead.seconds))
            with self._changed:  # woken by every change, it speaks only when it is its turn or the time has passed
                self._changed.wait_for(lambda: not self._ahead(job), LOOK_S * max(1.0, len(self._jobs) / 8))

    def _begin(self, job: Job) -> bool:
        with self._changed:
            if self._ahead(job):
                return False
            job.start = job.began = self._clock()
            return True

    def _waiting(self, job: Job) -> Ahead:
        with self._changed:
            jobs = self._ahead(job)
            return Ahead(len(jobs), self._left(jobs))

    def _ahead(self, job: Job) -> list[Job]:
        """Those of its lane that came before it or run already."""
        at = self._jobs.index(job)
        return [
            other
            for i, other in enumerate(self._jobs)
            if other.long == job.long and (i < at or other.start is not None) and other is not job
        ]

    def _left(self, jobs: list[Job]) -> float | None:
        now, total = self._clock(), 0.0
        for job in jobs:
            if job.expected_s is None:
                return None
            total += max(0.0, job.expected_s - (now - job.start if job.start is not None else 0.0))
        return total

    def _watch(self, job: Job, event: Any) -> None:
        """Time a job; one that takes longer than a quick one may leaves the quick lane."""
        now = self._clock()
        if isinstance(event, Progress) and event.stage != "run":
            job.began = now
        taken = now - job.began
        if isinstance(event, Result):
            self._learn(job, taken)
        elif not job.long and job.start is not None and now - job.start > QUICK_S:
            with self._changed:
                job.long = True
                self._changed.notify_all()
            if job.expected_s is None:
                self._learn(job, taken)  # at least so much: the next of its kind need not try the quick lane again

    def _learn(self, job: Job, seconds: float) -> None:
        with self._changed:
            rate, known = seconds / job.size, self._rates.pop(job.kind, None)
            if known is not None and job.expected_s is not None:
                rate = _NEWEST * rate + (1 - _NEWEST) * known
            self._rates[job.kind] = rate
            if len(self._rates) > _KINDS:
                self._rates.popitem(last=False)


def _kind(request: Request) -> tuple[str, str]:
    return request.model, request.kind


_FACTORS = ("num_inference_steps", "max_new_tokens", "bars")
_TEXTS = ("text", "prompt", "message")
_SHARE = 200
"""Characters of a text that weigh as much as one unit of the rest."""


def size(request: Request) -> float:
    """Factor by which the work grows; at least 1."""
    walk = getattr(request, "frames", 0) if getattr(request, "seed_to", None) is not None else 0
    product = float(getattr(request, "count", 1) + walk)
    for name in _FACTORS:
        value = getattr(request, name, None)
        product *= max(1.0, float(value)) if isinstance(value, (int, float)) else 1.0
    characters = sum(len(text) for name in _TEXTS if isinstance(text := getattr(request, name, None), str))
    return product * (1 + characters / _SHARE)
