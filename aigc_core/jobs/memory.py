"""The most memory that the process held while a job ran."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_lock = Lock()
_running = 0


class Peak:
    """Measures from its making to :meth:`end`.

    The kernel's own high-water mark is set back when nothing else is measured; jobs that run side by side share it. Where it
    cannot be set back (no Linux) it is that of the whole life of the process.
    """

    def __init__(self) -> None:
        global _running
        with _lock:
            if _running == 0:
                with suppress(OSError):
                    _CLEAR.write_text("5")
            _running += 1
        self._open = True

    def end(self) -> float | None:
        """Megabytes; None where the system does not say."""
        global _running
        with _lock:
            _running -= self._open
            self._open = False
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
