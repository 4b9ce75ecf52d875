"""Measured times of runs: the seam to the ledger of jobs, and the plainest such memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple, Protocol

from aigc_core.budget import figures
from aigc_core.budget.work import with_tokens, written
from aigc_core.tasks.request import Request

LAST = 9
"""Runs of a kind that its median is taken of."""
_KINDS = 500


class Observation(NamedTuple):
    """One finished run."""

    model: str
    kind: str
    expected: float
    """Seconds of this work by the figures, on their machine; its size where there are none."""
    seconds: float
    written: int | None = None
    """Tokens that it wrote; None where a request tells how much is made."""
    ended: bool = False
    """It ended its text by itself, before it had written all that it might."""


def observed(request: Request, seconds: float, info: Mapping[str, Any]) -> Observation:
    """The observation of a finished run; ``info`` holds the facts that its pipeline told."""
    tokens = written(request, info)
    work = request if tokens is None else with_tokens(request, tokens)
    ended = tokens is not None and info.get("stop_reason", "length") != "length"
    return Observation(request.model, request.kind, figures.expected(work), seconds, tokens, ended)


class Observations(Protocol):
    """A memory of finished runs; thread-safe."""

    def note(self, seen: Observation) -> None:
        """Take in one more."""
        ...

    def last(self, model: str, kind: str) -> Sequence[Observation]:
        """The newest :data:`LAST` of a row and kind, in any order."""
        ...


class InMemory:
    """Keeps them while the program runs, the kinds that were least recently seen dropped first."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], deque[Observation]] = OrderedDict()
        self._lock = Lock()

    def note(self, seen: Observation) -> None:
        """Take in one more."""
        key = seen.model, seen.kind
        with self._lock:
            self._seen.setdefault(key, deque(maxlen=LAST)).append(seen)
            self._seen.move_to_end(key)
            if len(self._seen) > _KINDS:
                self._seen.popitem(last=False)

    def last(self, model: str, kind: str) -> Sequence[Observation]:
        """The newest of a row and kind."""
        with self._lock:
            return tuple(self._seen.get((model, kind), ()))
