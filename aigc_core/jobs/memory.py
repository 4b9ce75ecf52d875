"""The most memory that the process held while a job ran."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Memory:
    """Measures what jobs need, beside each other too; one for a process.

    The kernel's own high-water mark is set back when nothing else is measured; jobs that run side by side share it. Where it
    cannot be set back (no Linux) it is that of the whole life of the process.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._running = 0

    def begin(self) -> Peak:
        """A measurement from now to its end."""
        with self._lock:
            if self._running == 0:
                with suppress(OSError):
                    _CLEAR.write_text("5")
            self._running += 1
        return Peak(self)

    def leave(self) -> None:
        """One measurement less."""
        with self._lock:
            self._running -= 1


class Peak:
    """One measurement; made by :meth:`Memory.begin`."""

    def __init__(self, memory: Memory) -> None:
        self._memory: Memory | None = memory

    def end(self) -> float | None:
        """Megabytes; None where the system does not say."""
        memory, self._memory = self._memory, None
        if memory is not None:
            memory.leave()
        return peak_rss_mb()


def peak_rss_mb() -> float | None:
    """The high-water mark of this process in MB."""
    with suppress(OSError, ValueError, IndexError):
        line = next((line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM")), "")
        return int(line.split()[1]) * 1024 / 1e6
    with suppress(ImportError):
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return None
