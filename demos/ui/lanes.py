"""The order of jobs: quick ones do not wait behind long ones, and neither kind keeps the other from running.

There are two lanes. A job that is expected to take a second at most, or that nobody has timed yet, takes the *quick* one; every
other job the *long* one. Each lane runs one job at a time, first come, first served; the two run side by side and the operating
system gives each its share of the cores. A job in the quick lane that turns out to take longer gives its place there to the
next and counts as a long one until it ends, so that the long lane starts nothing beside it.

Where jobs run in other processes (:mod:`aigc_core.backends`), the jobs of each pool of workers have two lanes of their own, and
each lane runs as many jobs at a time as the pool has workers.

What a job will take is told by :mod:`aigc_core.budget`, which learns from every job that ends. A queue may be bounded in jobs
and in seconds: one that would make the others wait for too long is refused, and told when to come back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from threading import Condition
from typing import Any, NamedTuple

from aigc_core.backends.protocol import ONE_FOR_ALL, Pool
from aigc_core.budget import Budget
from aigc_core.errors import BusyError
from aigc_core.tasks.request import Request
from aigc_core.types import Events, Progress, Result

QUICK_S = 1.0
"""A job that is expected to take no longer is quick."""
LOOK_S = 1.0
"""A job that waits speaks this often, less often in a crowd, and so learns whether its page is still there."""
UNKNOWN_S = 5.0
"""Seconds for which a job counts in the queue while nobody has timed its kind."""
AGAIN_S = 5.0
"""A caller who is refused is asked to wait so long at least."""


class Load(NamedTuple):
    """The jobs in the lanes at one moment."""

    waiting: int
    running: int
    seconds: float
    """Seconds that all of them will still take, about."""


class Ahead(NamedTuple):
    """The jobs before one that waits, the running ones included, and what they will still take."""

    jobs: int
    seconds: float | None
    """None where one of them was never timed."""


@dataclass(eq=False)
class Job:
    """A request that waits or runs."""

    request: Request
    expected_s: float | None
    long: bool
    pool: Pool
    """The workers that it may be given to."""
    start: float | None = None
    """Time at which it began to run; None while it waits."""
    began: float = field(default=0.0)
    """Time at which its model began to work, after fetching and loading."""


class Lanes:
    """The lanes of one running app.

    Args:
        most: Jobs that may wait; one more is refused.
        most_s: Seconds of work that may be ahead of a job; None for no bound.
        budget: Tells what a job will take, and is told what it took.
        pool: Tells the workers of a task.
    """

    def __init__(
        self,
        *,
        most: int = 64,
        most_s: float | None = None,
        budget: Budget | None = None,
        pool: Callable[[str], Pool] = lambda task: ONE_FOR_ALL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._most_s, self._pool, self._clock = most, most_s, pool, clock
        self.budget = budget if budget is not None else Budget()
        self._jobs: list[Job] = []
        self._changed = Condition()
        self._closed = False
        self._slow: set[tuple[str, str]] = set()
        """Kinds of jobs that nobody has timed yet, one of which runs too long for the quick lane."""
        self._woken = 0

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

    def load(self) -> Load:
        """The jobs in the lanes now."""
        with self._changed:
            waiting = sum(job.start is None for job in self._jobs)
            return Load(waiting, len(self._jobs) - waiting, self._shared(self._jobs))

    def close(self) -> None:
        """Take no more jobs; those that are in go on."""
        with self._changed:
            self._closed = True

    @property
    def closed(self) -> bool:
        """True once it takes no more jobs."""
        return self._closed

    def idle(self, timeout_s: float) -> bool:
        """Wait until no job waits or runs; False if one still does after so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs, timeout_s)

    def check(self) -> None:
        """Refuse a job that nobody has looked at yet, where none is taken at all.

        Raises:
            BusyError: the app is about to end, or its queue is full.
        """
        with self._changed:
            self._refuse(None)

    def wake(self) -> None:
        """Let every job that waits speak at once: one of them is to be stopped, and jobs end where they speak."""
        with self._changed:
            self._woken += 1
            self._changed.notify_all()

    def _enter(self, request: Request) -> Job:
        expected = self.budget.estimate(request).seconds
        with self._changed:
            long = expected > QUICK_S if expected is not None else _kind(request) in self._slow
            job = Job(request=request, expected_s=expected, long=long, pool=self._pool(request.task))
            self._refuse(job)
            self._jobs.append(job)
            return job

    def _refuse(self, job: Job | None) -> None:
        if self._closed:
            raise BusyError(
                "The server is about to restart and takes no new jobs. Try again in a minute.",
                "服务器即将重启，暂不接受新任务，请一分钟后再试。",
                retry_s=60,
            )
        if sum(other.start is None for other in self._jobs) >= self._most:
            raise BusyError(
                f"The queue is full: {self._most} jobs wait already. Try again in a moment.",
                f"排队已满：已有 {self._most} 个任务在等待，请稍后再试。",
                retry_s=AGAIN_S,
            )
        ahead = self._shared([other for other in self._jobs if job is None or _lane(other) == _lane(job)])
        if self._most_s is not None and ahead > self._most_s:
            raise BusyError(
                f"The queue is full: about {ahead:.0f} s of work wait already. Try again in {ahead - self._most_s + AGAIN_S:.0f} s.",
                f"排队已满：已有约 {ahead:.0f} 秒的任务在等待，请在 {ahead - self._most_s + AGAIN_S:.0f} 秒后再试。",
                retry_s=ahead - self._most_s + AGAIN_S,
            )

    def _shared(self, jobs: list[Job]) -> float:
        """Seconds until all of these are done, about; one that nobody has timed counts for something, too."""
        work = sum(UNKNOWN_S if (left := self._left([job])) is None else left for job in jobs)
        return work / max(1, sum(pool.workers for pool in {job.pool for job in jobs}))

    def _wait(self, job: Job) -> Generator[Progress, None, None]:
        while not self._begin(job):
            ahead = self._waiting(job)
            yield Progress(step=ahead.jobs, stage="wait", total=None if ahead.seconds is None else round(ahead.seconds))
            self._listen(job)

    def _listen(self, job: Job) -> None:
        """Until it is the job's turn, or time to speak, or somebody has asked."""
        longest = LOOK_S * max(1.0, len(self._jobs) / 8)
        with self._changed:
            woken = self._woken
            self._changed.wait_for(lambda: self._woken != woken or self._may_begin(job), longest)

    def _begin(self, job: Job) -> bool:
        with self._changed:
            if not self._may_begin(job):
                return False
            job.start = job.began = self._clock()
            return True

    def _waiting(self, job: Job) -> Ahead:
        with self._changed:
            jobs = self._ahead(job)
            left = self._left(jobs)
            return Ahead(len(jobs), None if left is None else left / job.pool.workers)

    def _may_begin(self, job: Job) -> bool:
        return len(self._ahead(job)) < job.pool.workers

    def _ahead(self, job: Job) -> list[Job]:
        """Those of its lane that came before it or run already."""
        at = self._jobs.index(job)
        return [
            other
            for i, other in enumerate(self._jobs)
            if _lane(other) == _lane(job) and (i < at or other.start is not None) and other is not job
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
            self.budget.took(job.request, taken, event.info)
        elif not job.long and job.start is not None and now - job.start > QUICK_S:
            with self._changed:
                job.long = True
                self._changed.notify_all()
                if job.expected_s is None:
                    self._slow.add(_kind(job.request))  # the next of its kind need not try the quick lane again


def _lane(job: Job) -> tuple[str, bool]:
    return job.pool.name, job.long


def _kind(request: Request) -> tuple[str, str]:
    return request.model, request.kind
