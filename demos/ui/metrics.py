"""Counters of one running app in Prometheus' text format: jobs by task and state, their seconds, the queue, the memory.

Nothing in it tells what visitors have asked for, nor who they are.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Literal

from demos.ui.lanes import Load

TYPE = "text/plain; version=0.0.4; charset=utf-8"
State = Literal["done", "failed", "stopped", "refused"]
BUCKETS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)


class Metrics:
    """What has happened since the app was started; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._jobs: Counter[tuple[str, State]] = Counter()
        self._buckets: dict[str, list[int]] = {}
        """Finished jobs of a task by the first bucket that holds them, those beyond the last one at the end."""
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._began = time.time()

    def ended(self, task: str, state: State, seconds: float = 0.0) -> None:
        """Count a job, and its seconds if it is done."""
        with self._lock:
            self._jobs[task, state] += 1
            if state == "done":
                self._buckets.setdefault(task, [0] * (len(BUCKETS_S) + 1))[bisect_left(BUCKETS_S, seconds)] += 1
                self._seconds[task] += seconds

    def text(self, load: Load, *, draining: bool) -> str:
        """All of it, for a scrape."""
        with self._lock:
            lines = [*self._counted(), *self._timed()]
        gauges = {
            "aigc_queue_jobs": ("Jobs that wait.", load.waiting),
            "aigc_running_jobs": ("Jobs that run.", load.running),
            "aigc_queue_seconds": ("Seconds of work that wait or run, estimated.", round(load.seconds, 3)),
            "aigc_draining": ("1 once the app takes no more jobs.", int(draining)),
            "process_resident_memory_bytes": ("Resident memory.", _resident()),
            "process_start_time_seconds": ("Start, in seconds since 1970.", round(self._began, 3)),
        }
        for name, (help, value) in gauges.items():
            lines += [*_head(name, "gauge", help), f"{name} {value}"]
        return "\n".join(lines) + "\n"

    def _counted(self) -> Iterator[str]:
        yield from _head("aigc_jobs_total", "counter", "Jobs by how they ended.")
        for (task, state), number in sorted(self._jobs.items()):
            yield f"aigc_jobs_total{_labels(task=task, state=state)} {number}"

    def _timed(self) -> Iterator[str]:
        yield from _head(
            "aigc_job_seconds", "histogram", "Seconds of finished jobs, without waiting, fetching and loading."
        )
        for task, counts in sorted(self._buckets.items()):
            total = 0
            for bound, number in zip((*BUCKETS_S, "+Inf"), counts, strict=True):
                total += number
                yield f"aigc_job_seconds_bucket{_labels(task=task, le=str(bound))} {total}"
            yield f"aigc_job_seconds_sum{_labels(task=task)} {self._seconds[task]:.3f}"
            yield f"aigc_job_seconds_count{_labels(task=task)} {total}"


def _head(name: str, kind: str, help: str) -> list[str]:
    return [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def _resident() -> int:
    """Bytes of this process in memory; 0 where the system does not say."""
    with suppress(OSError, ValueError, IndexError, AttributeError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
