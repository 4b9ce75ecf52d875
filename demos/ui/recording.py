"""The ledger of jobs of one running app: every run is entered when it begins, followed, and entered with its end.

A job whose owner is a browser can be found again there (:mod:`demos.jobs`), with the pictures it was given and its files. Of a
program's job the ledger keeps what it took and no files.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

from aigc_core import registry
from aigc_core.errors import AigcError
from aigc_core.jobs import inputs
from aigc_core.jobs.ledger import Job, Limits, State, Wanted
from aigc_core.jobs.memory import Memory
from aigc_core.jobs.opening import opened
from aigc_core.recipe import plain
from aigc_core.recipe.record import asked as settings
from aigc_core.tasks.request import Request
from aigc_core.types import Events, Progress, Result
from demos.ui.folders import Folders
from demos.ui.kept import Run

Save = Callable[[Result, Path | None], Mapping[str, str]]
"""``(result, folder) -> files by role``"""
log = logging.getLogger(__name__)
NOTE_S = 1.0
"""A running job is noted this often."""
PRUNE_S = 60.0
MOST_CUT = 200
"""Cut jobs that are looked at when a job begins: it may be one of them that is run again."""
RESUME_S = 30.0
"""Time between two looks for servers that have ended."""
DISK_BYTES = 2_000_000_000
DAY_S = 24 * 3600.0
PUBLIC = Limits(total_bytes=DISK_BYTES, owner_bytes=100_000_000, age_s=DAY_S)
IN_MEMORY = Limits(total_bytes=200_000_000, owner_bytes=60_000_000, age_s=DAY_S, jobs=5000)


class Jobs:
    """The jobs of one app.

    Args:
        durable: Keep them in the app's folder, for the next start too; else in memory.
        url: Address of a database that several servers share, in the place of both.
    """

    def __init__(self, folders: Folders, *, durable: bool = False, limits: Limits = IN_MEMORY, url: str = "") -> None:
        self._folders, self._limits = folders, limits
        self.ledger, self._servers = opened(folders.root if durable else None, url)
        self.cut = self.ledger.cut(self._servers.is_alive)
        """Jobs that another server left unfinished."""
        self.memory = Memory()
        self._tried: set[str] = set()
        self._closed = Event()
        self._pruned = time.monotonic()
        folders.held = self.ledger.folders

    @property
    def runs(self) -> Path:
        """The folder of all runs."""
        return self._folders.root / "runs"

    def begin(self, asked: Request, run: Run | None = None) -> Recording:
        """Enter a job; ``run`` is what the page that asked for it has left. Use it as a context."""
        if not asked.is_job:
            return Recording(self, None)
        spec = registry.find(asked.model, asked.task)
        job = Job(
            owner="" if run is None else run.owner,
            snapshot="" if run is None else run.id,
            server=self._servers.own,
            task=asked.task,
            kind=asked.kind,
            model=spec.name,
            request=plain(settings(asked, spec)),
        )
        before = None
        if run is not None:
            self.ledger.keep(run.snapshot())
            before = self._cut_short(job)
            job = self._with_inputs(job, asked) if before is None else _in_place_of(before, job)
        self.ledger.add(job)
        if before is not None:
            self.ledger.delete([before.id], job.owner)  # its folder is the new job's now
        return Recording(self, job, keeps_files=asked.keeps_pictures)

    def _cut_short(self, job: Job) -> Job | None:
        """A job of the same owner that asked for the very same and was cut, whose place the new one takes."""
        cut = self.ledger.jobs(Wanted(job.owner, state="cut", task=job.task), limit=MOST_CUT)
        same = (one for one in cut if (one.kind, one.model, one.request) == (job.kind, job.model, job.request))
        return next(
            (one for one in same if all(file.is_file() for file in inputs.files(one, self.runs).values())), None
        )

    def _with_inputs(self, job: Job, asked: Request) -> Job:
        """The job with its pictures on disk; without them where they cannot be written: the job itself matters more."""
        if not (given := inputs.pictures(asked)):
            return job
        try:
            folder = self._folders.new_run()
            names = inputs.write(given, folder)
            size = sum((folder / name).stat().st_size for name in names.values())
            return replace(job, folder=folder.name, inputs=names, size=size)
        except OSError as error:
            log.warning("the pictures of a job could not be kept: %s", error)
            return job

    def pictures(self, owner: str, snapshot: str) -> dict[str, str]:
        """Files of the pictures that the jobs of a snapshot were given, by field."""
        found: dict[str, str] = {}
        for job in self.ledger.jobs_of(snapshot, owner):
            found |= {field: str(file) for field, file in inputs.files(job, self.runs).items() if file.is_file()}
        return found

    def delete(self, owner: str, ids: Iterable[str]) -> None:
        """Drop jobs of an owner with their files."""
        self._folders.delete_runs(self.ledger.delete(ids, owner))

    def prune_now_and_then(self) -> None:
        """Drop the oldest jobs beyond the limits, once in :data:`PRUNE_S`."""
        if time.monotonic() - self._pruned >= PRUNE_S:
            self._pruned = time.monotonic()
            self.prune()

    def prune(self) -> None:
        """Drop the oldest jobs that are not pinned beyond the limits, once those of servers that have ended count as cut."""
        self.ledger.cut(self._servers.is_alive)
        self._folders.delete_runs(self.ledger.prune(self._limits))

    def close(self) -> None:
        """End the ledger; open jobs count as cut from now on."""
        self._closed.set()
        self._servers.close()
        self.ledger.close()

    # --- after a restart ---

    def resume(self, run: Callable[[Request], Events], save: Save) -> None:
        """Run what was cut, one job after the other, the oldest first; each once, and not what another server has taken up."""
        for job in reversed(self.cut):
            if job.id in self._tried:
                continue
            self._tried.add(job.id)
            try:
                asked = inputs.request_of(job, self.runs)
                if not self.ledger.claim(job.id, self._servers.own):
                    continue
                with closing(run(asked)) as events, Recording(self, job) as recording:
                    for event in events:
                        recording.note(event)
                        if isinstance(event, Result):
                            recording.done(event, save(event, recording.folder) if asked.endings else {})
            except Exception as error:
                log.warning("job %s could not be resumed: %s", job.id, type(error).__name__)

    def keep_resuming(self, run: Callable[[Request], Events], save: Save) -> None:
        """:meth:`resume` now and, until the ledger is closed, whenever another server has ended."""
        self.resume(run, save)
        while not self._closed.wait(RESUME_S):
            self.cut = self.ledger.cut(self._servers.is_alive)
            self.resume(run, save)


class Recording:
    """A job that runs. Leaving the context without :meth:`done` means that it failed or was stopped.

    Args:
        keeps_files: Its files stay as long as the job; else for a day, as those of programs do.
    """

    def __init__(self, jobs: Jobs, job: Job | None, *, keeps_files: bool = True) -> None:
        self._jobs, self._job, self._keeps_files = jobs, job, keeps_files
        self._peak = jobs.memory.begin() if job is not None else None
        self._noted, self._stage = time.monotonic(), ""
        self._end: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._job is None or self._peak is None:
            return
        peak = self._peak.end()
        ended = self._end if self._end is not None else _broken(error)
        self._change(**ended, ended=time.time(), peak_rss_mb=peak)
        self._jobs.prune_now_and_then()

    @property
    def folder(self) -> Path | None:
        """The folder that holds the pictures the job was given; None where it has none."""
        return self._jobs.runs / self._job.folder if self._job is not None and self._job.folder else None

    def note(self, event: Progress | Result) -> None:
        """Take note of an event: of each stage's first, and then about once a second."""
        if not isinstance(event, Progress) or (event.stage == self._stage and time.monotonic() - self._noted < NOTE_S):
            return
        self._noted, self._stage = time.monotonic(), event.stage
        state: State = "queued" if event.stage == "wait" else "running"
        self._change(state=state, stage=event.stage, step=event.step, total=event.total)

    def done(self, result: Result, files: Mapping[str, str]) -> None:
        """The result is there, and its files are written."""
        self._end = {"state": "done", "seconds": result.seconds, "request": plain(dict(result.recipe))}
        if self._job is None or not self._job.owner or not files or not self._keeps_files:
            return
        paths = [Path(file) for file in files.values()]
        size = self._job.size + sum(path.stat().st_size for path in paths if path.exists())
        names = {role: Path(file).name for role, file in files.items()}
        self._end |= {"folder": paths[0].parent.name, "files": names, "size": size}

    def _change(self, **values: Any) -> None:
        if self._job is not None:
            self._jobs.ledger.change(self._job.id, **values)


def _in_place_of(cut: Job, job: Job) -> Job:
    """The job with the pictures and the pin of the one that was cut."""
    return replace(job, folder=cut.folder, inputs=cut.inputs, size=cut.size, pinned=cut.pinned)


def _broken(error: BaseException | None) -> dict[str, Any]:
    if error is None or isinstance(error, GeneratorExit):
        return {"state": "stopped"}
    kind = type(error).__name__  # the log has the rest
    said = (
        (str(error), error.zh)
        if isinstance(error, AigcError)
        else (f"Something went wrong ({kind}).", f"出错（{kind}）。")
    )
    return {"state": "failed", "message": "\n".join(said)}
