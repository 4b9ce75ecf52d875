"""What runs have really taken: the seam to the ledger of jobs, and the plainest such memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple, Protocol

LAST = 9
"""Runs of a kind that its median is taken of."""
_KINDS = 500


class Observation(NamedTuple):
    """One finished run."""

    model: str
    kind: str
    expected: float
    """What the figures said: seconds; or the request's size, where there are none."""
    seconds: float


class Observations(Protocol):
    """Where finished runs are noted; thread-safe."""

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
