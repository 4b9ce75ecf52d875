"""This machine: its memory, and how fast it is beside the one that the figures were measured on.

Three pieces of standard work, about a second each: a product of matrices, a convolution, and a copy too large for the
processor's caches. They run once per machine, in a thread of their own when somebody begins to use the app, and are kept in the
cache folder; until they are done the figures are taken as they are.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from aigc_core import runtime
from aigc_core.budget import figures
from aigc_core.weights.cache import cache_root

log = logging.getLogger(__name__)
RATES = ("matmul", "convolution", "memory")
PIECE_S = 1.0
"""Seconds of each piece of work."""
_REPEATS = 3
SLOWEST, FASTEST = 0.1, 20.0
"""Bounds of the comparison: a measurement beside other programs may be far off."""
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_mb() -> float:
    """Memory that this process may use, in MB: the container's limit, or the machine's."""
    limits = []
    with suppress(OSError, ValueError, AttributeError):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for file in _CGROUPS:
        with suppress(OSError, ValueError):
            limits.append(int(Path(file).read_text()))  # "max" where there is none
    return min(limits) / 1e6 if limits else float("inf")


def measure(piece_s: float = PIECE_S) -> dict[str, float]:
    """Rates of the three pieces: 10⁹ operations a second for the first two, 10⁹ bytes a second for the copy.

    The best of the repetitions counts, as other programs can only slow them down.
    """
    import torch
    from torch.nn.functional import conv2d

    torch.manual_seed(0)
    matrix = torch.rand(512, 512)
    picture, kernel = torch.rand(1, 64, 96, 96), torch.rand(64, 64, 3, 3)
    large = torch.rand(16_000_000)  # 64 MB
    pieces: dict[str, tuple[Callable[[], object], float]] = {
        "matmul": (lambda: matrix @ matrix, 2 * 512**3),
        "convolution": (lambda: conv2d(picture, kernel, padding=1), 2 * 96**2 * 64**2 * 9),
        "memory": (large.clone, 2.0 * large.numel() * large.element_size()),
    }
    with torch.inference_mode():
        return {name: round(_rate(work, amount, piece_s), 2) for name, (work, amount) in pieces.items()}


def _rate(work: Callable[[], object], amount: float, piece_s: float) -> float:
    work()
    end, best = time.perf_counter() + piece_s, float("inf")
    for done in range(1_000_000):
        start = time.perf_counter()
        if done >= _REPEATS and start > end:
            break
        work()
        best = min(best, time.perf_counter() - start)
    return amount / best / 1e9


class Machine:
    """The time that work takes here, as a multiple of what the figures say.

    Args:
        rates: Known rates; by default those that an earlier run has left in the cache folder, if any.
    """

    def __init__(self, rates: Mapping[str, float] | None = None) -> None:
        self._rates = rates if rates is not None else _kept()
        self._begun = self._rates is not None
        self._lock = threading.Lock()

    def slowness(self, bound: str) -> float:
        """1 for a machine like that of the figures, 2 for one half as fast; 1 while it is not known yet."""
        if self._rates is None:
            return 1.0
        return min(max(figures.rates()[bound] / self._rates[bound], 1 / FASTEST), 1 / SLOWEST)

    def begin(self) -> None:
        """Measure in a thread, if that has not been done on this machine.

        A program that ends meanwhile waits for it, some seconds: a thread that computes with torch while the interpreter goes
        takes the process down with it (``terminate called without an active exception``).
        """
        with self._lock:
            begun, self._begun = self._begun, True
        if not begun:
            threading.Thread(target=self._measure, name="calibration", daemon=False).start()

    def _measure(self) -> None:
        try:
            self._rates = measure()
        except Exception:
            log.warning("this machine could not be compared with that of the figures", exc_info=True)
            return
        if _is_busy():
            return  # true of this moment, not of the machine: it is measured anew at the next start
        with suppress(OSError):
            _file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _file().write_text(json.dumps({"machine": _name(), "rates": self._rates}) + "\n", "utf-8")


class SameMachine(Machine):
    """Takes the figures as they are."""

    def __init__(self) -> None:
        super().__init__(figures.rates())


def _is_busy() -> bool:
    """True where other programs keep the cores busy, so that a measurement says little; False where the system does not tell."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1)


def _file() -> Path:
    return cache_root() / "machine.json"


def _kept() -> Mapping[str, float] | None:
    """The rates that an earlier run has left on this very machine."""
    with suppress(OSError, ValueError, TypeError, LookupError, AttributeError):
        content = json.loads(_file().read_text("utf-8"))
        rates = {name: float(content["rates"][name]) for name in RATES}
        if content["machine"] == _name() and all(rate > 0 for rate in rates.values()):
            return rates
    return None


def _name() -> str:
    """Changes when the processor, its cores or PyTorch do."""
    from importlib.metadata import version

    return f"{platform.machine()} {_processor()} {runtime.threads()} torch {version('torch')}"


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
