"""State shared by all tabs of one running app: engine, output folder, limits. Made once, passed to every tab."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock, Thread

from aigc_core import export
from aigc_core.backends.protocol import Backend
from aigc_core.budget import Budget
from aigc_core.engine import Engine, drain
from aigc_core.errors import AigcError, BusyError, InvalidRequestError
from aigc_core.jobs.ledger import Limits
from aigc_core.tasks.request import Request
from aigc_core.types import Events, Progress, Result
from demos.ui.folders import Folders, prepare
from demos.ui.kept import Kept
from demos.ui.lanes import Lanes
from demos.ui.logs import FACTS
from demos.ui.metrics import Metrics, State
from demos.ui.recording import Jobs
from demos.ui.zero import leased

log = logging.getLogger(__name__)
TOKEN_S = 1.5
"""Seconds of a model's work that one token pays for: 20 tokens a minute are half of the machine."""


class TokenBucket:
    """Per-visitor limit: ``burst`` requests at once, then ``per_minute``; long requests cost more, as they turn out.

    Args:
        token_s: Seconds of work that a token pays for. What a request took beyond its first token is charged afterwards,
            and may leave a debt that time pays back.
    """

    def __init__(
        self, *, per_minute: float = 20, burst: int = 10, visitors: int = 10_000, token_s: float = TOKEN_S
    ) -> None:
        self._rate, self._burst, self._visitors, self._token_s = per_minute / 60, burst, visitors, token_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, visitor: str) -> None:
        """Spend one token.

        Raises:
            InvalidRequestError: none is left; says when the next one comes.
        """
        with self._lock:
            left = self._now(visitor)
            self._put(visitor, left - 1 if left >= 1 else left)
        self._refuse(left, 1)

    def check(self, visitor: str, waiting: int = 0) -> None:
        """Spend nothing, but refuse what could not be paid for after ``waiting`` jobs of the same visitor."""
        with self._lock:
            left = self._now(visitor)
            self._put(visitor, left)
        self._refuse(left, waiting + 1)

    def settle(self, visitor: str, seconds: float) -> None:
        """Charge what a request took beyond the seconds of the token it has paid."""
        with self._lock:
            self._put(visitor, self._now(visitor) - max(0.0, seconds / self._token_s - 1))

    def _now(self, visitor: str) -> float:
        now = time.monotonic()
        left, then = self._left.pop(visitor, (float(self._burst), now))
        return min(float(self._burst), left + (now - then) * self._rate)

    def _put(self, visitor: str, left: float) -> None:
        self._left[visitor] = (left, time.monotonic())
        if len(self._left) > self._visitors:
            self._left.popitem(last=False)

    def _refuse(self, left: float, needed: int) -> None:
        if left < needed:
            wait = (needed - left) / self._rate
            raise InvalidRequestError(
                f"Too many requests from your address: {self._rate * 60:.0f} a minute are allowed. Try again in {wait:.0f} s.",
                f"请求过于频繁：每分钟最多 {self._rate * 60:.0f} 次，请在 {wait:.0f} 秒后重试。",
            )


@dataclass(kw_only=True)
class Studio:
    """One running app."""

    engine: Backend = field(default_factory=Engine)
    outputs: Path | None = None
    """The folder that ours is made in; None for one below the temporary directory."""
    bucket: TokenBucket | None = None
    """None on a private machine."""
    lanes: Lanes = field(default_factory=Lanes)
    """Whose turn it is."""
    offered: frozenset[str] | None = None
    """Names of the rows that visitors may use; None for all."""
    metrics: Metrics = field(default_factory=Metrics)
    """Counts the jobs."""
    broken: dict[str, str] = field(default_factory=dict)
    """Tabs that failed to build, with their errors."""
    keep: Limits | None = None
    """Limits of what the ledger of jobs keeps in ``outputs``; None for a ledger in memory."""
    jobs_url: str = ""
    """Address of the database in which servers share the ledger; empty for ``outputs``."""
    resume: bool = False
    """Run again what an earlier server has left unfinished."""

    def __post_init__(self) -> None:
        self._work = leased(lambda request: self.engine.run(request), self.budget)

    @property
    def budget(self) -> Budget:
        """Estimates of the cost of requests on this machine."""
        return self.lanes.budget

    @cached_property
    def folders(self) -> Folders:
        """Output folder; made on first use.

        Raises:
            InvalidRequestError: see :func:`demos.ui.folders.prepare`.
        """
        return prepare(self.outputs)

    @cached_property
    def jobs(self) -> Jobs:
        """The ledger of jobs; made on first use."""
        if self.keep is None:
            return Jobs(self.folders)
        return Jobs(self.folders, durable=True, limits=self.keep, url=self.jobs_url)

    @cached_property
    def kept(self) -> Kept:
        """The runs that browsers can come back to."""
        return Kept(self.jobs.ledger)

    def run(self, request: Request, visitor: str) -> Events:
        """Stream a request at the cost of ``visitor``, on a ZeroGPU Space inside a GPU lease where the row wants one.

        Raises:
            AigcError: the visitor has to wait, or no model honours the request.
        """
        try:
            asked = self._admitted(request, visitor)
        except AigcError:
            self.metrics.ended(request.task, "refused")
            raise
        events = self._charged(self.lanes.run(asked, lambda: self._work(asked)), visitor)
        return self._counted(events, asked)

    def _admitted(self, request: Request, visitor: str) -> Request:
        asked = self.engine.admit(request)
        self.budget.machine.begin()
        self.budget.check(asked, deadline_s=self.engine.deadline_s)
        if self.bucket is not None:
            self.bucket.take(visitor)
        return asked

    def ask(self, request: Request, visitor: str) -> Result:
        """:meth:`run` to its end."""
        return drain(self.run(request, visitor))

    def _charged(self, events: Events, visitor: str) -> Events:
        """The same events; what they took, without fetching and loading, is charged at their end or when they are closed."""
        start = time.monotonic()
        try:
            for event in events:
                if isinstance(event, Progress) and event.stage != "run":
                    start = time.monotonic()
                yield event
        finally:
            events.close()
            if self.bucket is not None:
                self.bucket.settle(visitor, time.monotonic() - start)

    def _counted(self, events: Events, asked: Request) -> Events:
        """The same events; how the job ended is counted and logged, without what it was about."""
        start, seconds = time.monotonic(), 0.0
        state: State = "stopped"
        try:
            for event in events:
                if isinstance(event, Result):
                    state, seconds = "done", event.seconds
                yield event
        except BusyError:
            state = "refused"
            raise
        except Exception:
            state = "failed"
            raise
        finally:
            events.close()
            self.metrics.ended(asked.task, state, seconds)
            facts = {"task": asked.task, "kind": asked.kind, "model": asked.model, "state": state}
            taken = {"seconds": round(seconds, 3), "with_waiting_s": round(time.monotonic() - start, 3)}
            log.info("job %s: %s", state, asked.model, extra={FACTS: {**facts, **taken}})

    def resume_in_background(self) -> None:
        """Run again what an earlier server has left unfinished, where that is wanted."""
        if self.resume:
            work = [lambda asked: self.run(asked, "local"), self.save]
            resume = self.jobs.keep_resuming if self.jobs_url else self.jobs.resume
            Thread(target=resume, args=work, daemon=True).start()

    def save(self, result: Result, folder: Path | None = None) -> dict[str, str]:
        """Write a result's files into a folder of their own that nobody can guess, by default a new one; the paths by role, the
        main file first."""
        self.folders.tidy_now_and_then()
        made = result.recipe
        stem = (folder or self.folders.new_run()) / f"{made['task']}-{made['model']}-{made['seed']}"
        return {role: str(path) for role, path in export.save(result.output, made, stem).items()}

    def tidy(self) -> None:
        """Delete our own outputs that are old or too many."""
        self.folders.tidy()
