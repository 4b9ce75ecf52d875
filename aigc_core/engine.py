"""Run requests: find the row, fetch its weights, load it (kept for later requests), stream, add the recipe.

The tabs, the command line and the tests all go through :meth:`Engine.run`. An app may be given another backend with the same
interface (:mod:`aigc_core.backends`), whose workers run engines elsewhere.
"""

from __future__ import annotations

import gc
import time
from collections import OrderedDict
from collections.abc import Generator
from concurrent.futures import Future, wait
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple

from aigc_core import recipe, registry, support, weights
from aigc_core.backends.protocol import ONE_FOR_ALL, Pool
from aigc_core.budget.machine import memory_mb
from aigc_core.errors import DeadlineError
from aigc_core.tasks.request import Request
from aigc_core.types import Events, ModelSpec, Pipeline, Progress, Result

HEARTBEAT_S = 0.25
"""Seconds between the events of a request that waits for its model to be loaded: in between it can be stopped."""


class _Loaded(NamedTuple):
    pipeline: Pipeline
    sha256: str
    """Hash of the weights at the time they were loaded."""
    memory_mb: float
    """Needed memory, as its row tells it."""


class Engine:
    """Loaded pipelines, least recently used dropped first.

    Args:
        max_loaded: Pipelines kept in memory; None for as many as fit into half of it, by what their rows say that they need.
        deadline_s: Longest time a loaded model may work on one request; None for no bound.
        offered: Names of the rows that may be run; None for all.
    """

    def __init__(
        self, *, max_loaded: int | None = None, deadline_s: float | None = None, offered: frozenset[str] | None = None
    ) -> None:
        self._loaded: OrderedDict[str, _Loaded] = OrderedDict()
        self._lock = Lock()
        self._loading: dict[str, Lock] = {}
        """One lock a row, held while it is fetched and loaded."""
        self._built: dict[str, Future[_Loaded]] = {}
        """The pipelines that are being built, by row."""
        self._max_loaded = max_loaded
        self._room_mb = memory_mb() / 2 if max_loaded is None else float("inf")
        self.deadline_s = deadline_s
        self._offered = offered

    def run(self, request: Request, *, date: str = "") -> Events:
        """Stream one request; the recipe names the day ``date`` (today when empty).

        Raises:
            AigcError: whatever goes wrong, as the tree in :mod:`aigc_core.errors` says.
        """
        request = self.admit(request)
        spec = registry.find(request.model, request.task)
        loaded = yield from self._load(spec)
        start = time.monotonic()
        events = loaded.pipeline.stream(request)
        try:
            for event in events:
                if isinstance(event, Progress) and event.stage != "run":  # a one-off conversion is not the model's time
                    start = time.monotonic()
                elapsed = time.monotonic() - start
                if self.deadline_s is not None and elapsed > self.deadline_s and isinstance(event, Progress):
                    raise DeadlineError(
                        f"The job was stopped after {elapsed:.0f} s; this server allows {self.deadline_s:.0f} s. "
                        "Ask for less, or run the app on your own machine.",
                        f"任务已运行 {elapsed:.0f} 秒，超过本服务器 {self.deadline_s:.0f} 秒的上限，已停止。请减少用量或在本机运行。",
                    )
                if isinstance(event, Result):
                    made = recipe.make(request, spec, loaded.sha256, event.info, date)
                    event = replace(event, recipe=made, seconds=elapsed)
                yield event
        finally:
            events.close()

    def admit(self, request: Request) -> Request:
        """The request with its row named, once it is known that the row honours it; nothing is loaded.

        Raises:
            UnknownModelError: there is no such row, or it is not offered.
            InvalidRequestError: the row does not honour the request; see :func:`aigc_core.support.admit`.
        """
        return support.admit(request, self._offered)

    def pool(self, task: str) -> Pool:
        """One worker for all tasks: this process."""
        return ONE_FOR_ALL

    def close(self) -> None:
        """Let go of the pipelines."""
        with self._lock:
            self._loaded.clear()

    def loaded(self) -> list[str]:
        """Names of the pipelines in memory."""
        return list(self._loaded)

    def _load(self, spec: ModelSpec) -> Generator[Progress, None, _Loaded]:
        """The row's pipeline; two requests at once for one that is not in memory load it once."""
        with self._lock:
            turn = self._loading.setdefault(spec.name, Lock())
        while not turn.acquire(timeout=HEARTBEAT_S):
            yield Progress(step=0, total=None, stage="load", message=spec.name)
        try:
            return (yield from self._load_alone(spec))
        finally:
            turn.release()

    def _load_alone(self, spec: ModelSpec) -> Generator[Progress, None, _Loaded]:
        with self._lock:
            if spec.name in self._loaded:
                self._loaded.move_to_end(spec.name)
                return self._loaded[spec.name]
        folders = yield from weights.ensure(spec.source)
        yield Progress(step=0, total=1, stage="load", message=spec.name)
        with self._lock:
            self._make_room(spec)
        building = self._build(spec, folders)
        while not wait([building], HEARTBEAT_S).done:
            yield Progress(step=0, total=1, stage="load", message=spec.name)
        loaded = building.result()
        yield Progress(step=1, total=1, stage="load", message=spec.name)
        return loaded

    def _build(self, spec: ModelSpec, folders: list[Path]) -> Future[_Loaded]:
        """The pipeline, built in a thread of its own: a request that is stopped need not wait for it, and the next one finds it."""
        with self._lock:
            if spec.name in self._built:
                return self._built[spec.name]
            built = self._built[spec.name] = Future[_Loaded]()

        def build() -> None:
            try:
                loaded = _Loaded(registry.build(spec, folders), weights.sha256(spec.source), spec.memory_mb)
            except BaseException as error:
                with self._lock:
                    del self._built[spec.name]
                built.set_exception(error)
            else:
                with self._lock:
                    del self._built[spec.name]
                    self._make_room(spec)  # others may have been built meanwhile
                    self._loaded[spec.name] = loaded
                built.set_result(loaded)

        Thread(target=copy_context().run, args=(build,), name=f"load {spec.name}", daemon=True).start()
        return built

    def _make_room(self, spec: ModelSpec) -> None:
        """Drop the pipelines beside which one more would be too many or need too much; hold the lock."""
        before = len(self._loaded)
        while self._loaded and self._is_full(spec):
            self._loaded.popitem(last=False)
        if len(self._loaded) < before:
            gc.collect()

    def _is_full(self, spec: ModelSpec) -> bool:
        if self._max_loaded is not None and len(self._loaded) >= self._max_loaded:
            return True
        return sum(loaded.memory_mb for loaded in self._loaded.values()) + spec.memory_mb > self._room_mb


def drain(events: Events) -> Result:
    """Run to the end and return the result."""
    result = None
    for event in events:
        if isinstance(event, Result):
            result = event
    assert result is not None, "a stream must end in a Result"
    return result
