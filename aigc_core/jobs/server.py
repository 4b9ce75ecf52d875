"""Servers that are still running: each holds a lock that drops when its process ends, however that may be.

On one machine it is the lock on a file of its own; :mod:`postgres` has the like in a database.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

_STARTING_S = 60
NAME = re.compile(r"[0-9a-f]{16}")


class Roster(Protocol):
    """The servers that share a ledger."""

    @property
    def own(self) -> str:
        """The name of this process."""

    def is_alive(self, name: str) -> bool:
        """True while the server's process runs."""

    def close(self) -> None:
        """Leave: this server no longer works on its jobs."""


class Servers:
    """The servers that share a folder.

    Args:
        folder: Where the ledger lies; None for a server that shares nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.own = secrets.token_hex(8)
        """The name of this process."""
        self._lock = FileLock(folder / _file(self.own)) if folder is not None else None
        if self._lock is not None:
            with suppress(OSError, Timeout):
                self._lock.acquire(blocking=False)
            self._sweep()

    def is_alive(self, name: str) -> bool:
        """True while the server's process runs."""
        if name == self.own or self._folder is None or not NAME.fullmatch(name):
            return name == self.own
        file = self._folder / _file(name)
        if not file.exists():
            return False
        lock = FileLock(file)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        except OSError:
            return False
        lock.release()
        with suppress(OSError):
            os.unlink(file)
        return False

    def _sweep(self) -> None:
        """Delete what servers of earlier days have left; one that is just starting may not hold its lock yet."""
        for file in self._folder.glob(_file("*")) if self._folder is not None else ():
            with suppress(OSError):
                if time.time() - file.stat().st_mtime > _STARTING_S:
                    self.is_alive(file.stem.removeprefix("server-"))

    def close(self) -> None:
        """Give the lock up."""
        if self._lock is not None and self._folder is not None:
            self._lock.release()
            with suppress(OSError):
                os.unlink(self._folder / _file(self.own))


def _file(name: str) -> str:
    return f"server-{name}.lock"
