"""The record of a job, and the interface of a ledger.

A job is one request that a model was to answer. Several jobs may belong to one *snapshot*: what a page held when its button was
pressed, and what it showed in the end. Both belong to an *owner*, the hash of a key that one browser drew; a job without one was
asked for by a program.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

State = Literal["queued", "running", "done", "failed", "stopped", "cut"]
"""``cut``: the server ended before the job did."""
OPEN: tuple[State, ...] = ("queued", "running")
"""States of jobs that a living server works on."""


def owner_of(key: str) -> str:
    """The name under which the jobs of a browser are kept: nobody can learn its key from the ledger."""
    return hashlib.sha256(f"aigc-jobs {key}".encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Job:
    """One request and what became of it.

    Attributes:
        server: The process that works on it; see :mod:`aigc_core.jobs.server`.
        request: Task, model, seed and parameters as in a recipe, pictures by hash; the whole recipe once it is done.
        stage: Of the last event, with ``step`` and ``total``; see :class:`aigc_core.types.Progress`.
        message: Why it failed, in English and, on a second line, in Chinese.
        folder: Name of the folder of its files, inside the folder of all runs; empty where it has none.
        files: Names inside the folder by role, the main file first.
        inputs: Names inside the folder of the pictures it was given, by field.
        size: Bytes of the files, the inputs included.
        seconds: Time of the model's work, without fetching and loading; None unless it is done.
        peak_rss_mb: Most memory of the whole process while it ran; None where it cannot be measured.
        created: Seconds since 1970, as ``ended``.
    """

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    owner: str = ""
    snapshot: str = ""
    server: str = ""
    task: str
    kind: str
    model: str
    request: Mapping[str, Any]
    state: State = "queued"
    stage: str = ""
    step: int = 0
    total: int | None = None
    message: str = ""
    folder: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    size: int = 0
    seconds: float | None = None
    peak_rss_mb: float | None = None
    created: float = field(default_factory=time.time)
    ended: float | None = None
    pinned: bool = False


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The state of a page when a run began, and what it showed at the end; plain JSON, whose meaning is the page's affair.

    Attributes:
        window: Hash of the name of the browser's window, which a reload keeps.
        place: The tab or view.
        listed: It has ended in a result and is one of the last results that its tab lists.
        size: Bytes, about.
    """

    id: str
    owner: str
    window: str
    place: str
    inputs: Mapping[str, Any]
    shown: Mapping[str, Any] = field(default_factory=dict)
    listed: bool = False
    size: int = 0
    created: float = field(default_factory=time.time)


class Wanted(NamedTuple):
    """Criteria for the jobs to list; empty texts mean all."""

    owner: str | None = None
    """None for those of everybody, as the command line lists them."""
    text: str = ""
    """Part of the request, such as a word of its prompt."""
    state: str = ""
    task: str = ""


class Limits(NamedTuple):
    """Limits of what is kept; None for no limit. Beyond it the oldest jobs that are not pinned go first."""

    total_bytes: int | None = 2_000_000_000
    owner_bytes: int | None = None
    age_s: float | None = None
    jobs: int = 20_000


class Observation(NamedTuple):
    """The time that a finished job took."""

    task: str
    kind: str
    model: str
    request: Mapping[str, Any]
    seconds: float
    peak_rss_mb: float | None


class Ledger(Protocol):
    """A ledger of jobs, safe to use from several threads and processes. What is dropped is answered by its folders, for the
    caller to delete."""

    fault: tuple[str, str] | None
    """Description of a failure to keep jobs, in English and Chinese; None while all is well."""

    def add(self, job: Job) -> None:
        """Enter a job."""

    def change(self, id: str, **values: Any) -> None:
        """Set attributes of a job."""

    def job(self, id: str, owner: str | None = None) -> Job | None:
        """A job, of this owner where one is given."""

    def jobs(self, wanted: Wanted, limit: int = 50, offset: int = 0) -> list[Job]:
        """Jobs, newest first."""

    def jobs_of(self, snapshot: str, owner: str) -> list[Job]:
        """The jobs that belong to a snapshot, in the order in which they began."""

    def count(self, wanted: Wanted) -> int:
        """Number of jobs."""

    def delete(self, ids: Iterable[str], owner: str | None = None) -> list[str]:
        """Drop jobs that have ended, and snapshots that no other job belongs to."""

    def cut(self, is_alive: Callable[[str], bool]) -> list[Job]:
        """Mark the open jobs of servers that are no longer alive; all jobs so marked that nobody has dropped."""

    def claim(self, id: str, server: str) -> bool:
        """Make a job that was cut one that waits on ``server``; False where another server was quicker."""

    def prune(self, limits: Limits) -> list[str]:
        """Drop what is beyond the limits."""

    def folders(self) -> set[str]:
        """The folders of all jobs."""

    def observations(self, each: int) -> list[Observation]:
        """The times that the newest finished jobs took, at most ``each`` of a row and kind, newest first."""

    def keep(self, snapshot: Snapshot) -> None:
        """Enter a snapshot, or what has become of one."""

    def snapshot(self, id: str, owner: str) -> Snapshot | None:
        """One snapshot of an owner."""

    def snapshots(self, owner: str, place: str, limit: int) -> list[Snapshot]:
        """An owner's listed snapshots of a place, newest first."""

    def forget(self, owner: str, place: str, id: str | None = None) -> list[str]:
        """Drop a listed snapshot, or all of a place, with the jobs that belong to it; of pinned jobs it is only listed no more."""

    def close(self) -> None:
        """End the use of it."""
