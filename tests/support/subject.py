"""One row under the contract of rows: made small, run through an engine of its own, and watched at work."""

from __future__ import annotations

import hashlib
import inspect
import itertools
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from contract import Trial
from PIL import Image

from aigc_core import registry, tasks
from aigc_core.engine import Engine, drain
from aigc_core.tasks.request import Request
from aigc_core.types import Events, Local, ModelSpec, Progress, Result


class Subject:
    """A row made small, and an engine of its own."""

    def __init__(self, spec: ModelSpec, trial: Trial, folder: Callable[[], Path]) -> None:
        if trial.build is not None:
            settings, languages = {**spec.settings, **trial.settings}, trial.languages or spec.languages
            spec = replace(spec, source=Local(folder=folder()), settings=settings, languages=languages)
        self.spec, self.trial = spec, trial
        self.engine = Engine(max_loaded=1)
        self._first: dict[str, Result] = {}

    def request(self, kind: str, **changes: Any) -> Request:
        """The trial's request of that kind, with changes."""
        values = {"seed": 5, **self.trial.ask[kind], **changes}
        return tasks.request_type(self.spec.task, kind)(model=self.spec.name, **values)

    @contextmanager
    def listed(self) -> Iterator[None]:
        """Put the small row in the place of the real one."""
        table = {**registry._table(), self.spec.name: self.spec}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(registry, "_table", lambda: table)
            yield

    def stream(self, request: Request) -> Events:
        return self.engine.run(request)

    def result(self, request: Request) -> Result:
        """Run to the end."""
        return drain(self.stream(request))

    def first(self, kind: str) -> Result:
        """The result of the trial's own request; one run serves all tests."""
        if kind not in self._first:
            self._first[kind] = self.result(self.request(kind))
        return self._first[kind]

    @contextmanager
    def watched(self) -> Iterator[Watch]:
        """Watch the pipeline, which has been loaded, at work."""
        pipeline = self.engine._loaded[self.spec.name].pipeline
        with pytest.MonkeyPatch.context() as patch:
            watch = Watch(pipeline.stream)
            patch.setattr(pipeline, "stream", watch)
            yield watch


class Watch:
    """A pipeline's ``stream`` that keeps its generators, and counts the calls of Python functions that they make, in threads
    of their own, too: work done, whatever the clock says."""

    def __init__(self, stream: Callable[[Request], Events]) -> None:
        self.streams: list[Events] = []
        self.calls = 0
        self._stream, self._next = stream, itertools.count(1)

    def __call__(self, request: Request) -> Events:
        stream = self._stream(request)
        self.streams.append(stream)
        try:
            while True:
                with self._counting():
                    event = next(stream, None)
                if event is None:
                    return
                yield event
        finally:
            stream.close()

    @contextmanager
    def _counting(self) -> Iterator[None]:
        threading.setprofile(self._count)  # of threads that begin meanwhile, to their end
        sys.setprofile(self._count)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _count(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            self.calls = next(self._next)

    @property
    def closed(self) -> bool:
        return all(inspect.getgeneratorstate(stream) == inspect.GEN_CLOSED for stream in self.streams)


def shows_work(event: Progress | Result) -> bool:
    """Whether the event tells of work done: a step, or something to see."""
    return isinstance(event, Result) or (event.stage == "run" and (event.step > 0 or event.preview is not None))


def fingerprint(output: Any) -> str:
    """A hash of everything in an output: pixels, samples, text, figures."""
    digest = hashlib.sha256()
    for part in _parts(output):
        digest.update(part)
    return digest.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, Image.Image):
        yield f"{value.mode}{value.size}".encode()
        yield value.tobytes()
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}".encode()
        yield value.tobytes()
    elif is_dataclass(value):
        for f in fields(value):
            yield f.name.encode()
            yield from _parts(getattr(value, f.name))
    elif isinstance(value, Mapping):
        yield from _parts(sorted(value.items()))
    elif isinstance(value, (tuple, list)):
        yield str(len(value)).encode()
        for item in value:
            yield from _parts(item)
    else:
        yield value if isinstance(value, bytes) else repr(value).encode()
