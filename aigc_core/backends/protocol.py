"""The interface between an app and whatever runs its requests."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from aigc_core.tasks.request import Request
from aigc_core.types import Events


class Pool(NamedTuple):
    """Workers that share the requests of one task, or of all."""

    name: str
    workers: int
    """Requests of one lane that may run at the same time."""


ONE_FOR_ALL = Pool("", 1)
"""A single worker for every task."""


class Backend(Protocol):
    """Runs requests; safe to use from several threads."""

    deadline_s: float | None
    """Longest time a loaded model may work on one request; None for no bound."""

    def admit(self, request: Request) -> Request:
        """The request with its row named; refuses what the row does not honour. Nothing is loaded.

        Raises:
            AigcError: see :func:`aigc_core.support.admit`.
        """

    def run(self, request: Request, *, date: str = "") -> Events:
        """Stream one request, with its recipe in the result. Closing the stream stops the work at its next step.

        Raises:
            AigcError: whatever goes wrong, as the tree in :mod:`aigc_core.errors` says.
        """

    def pool(self, task: str) -> Pool:
        """The workers that a task's requests go to."""

    def close(self) -> None:
        """Let go of models and workers; nothing runs any more."""
