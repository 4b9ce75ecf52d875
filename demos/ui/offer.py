"""Which models a public server offers: those whose weights are here and that fit into its memory, or those it is told to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from aigc_core import registry, weights
from aigc_core.types import ModelSpec
from demos.ui.models import has_gpu

_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def offered(named: Sequence[str], *, public: bool) -> frozenset[str] | None:
    """The names of the rows to offer; None for all.

    Args:
        named: From the command line: names to offer instead of what would be offered, ``+name`` in addition to it.

    Raises:
        UnknownModelError: there is no such row.
    """
    wanted = [name.removeprefix("+") for name in named]
    for name in wanted:
        registry.find(name)
    if any(not name.startswith("+") for name in named):
        return frozenset(wanted)
    if not public:
        return None
    memory = memory_mb()
    return frozenset([*(spec.name for spec in registry.list_models() if _at_hand(spec, memory)), *wanted])


def _at_hand(spec: ModelSpec, memory: float) -> bool:
    present = weights.state(spec.source).kind in ("shipped", "ready", "none")
    return present and spec.memory_mb <= memory and (has_gpu() or not spec.needs_gpu)


def memory_mb() -> float:
    """What this process may use: the container's limit, or the machine's memory."""
    limits = []
    with suppress(OSError, ValueError, AttributeError):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for file in _CGROUPS:
        with suppress(OSError, ValueError):
            limits.append(int(Path(file).read_text()))  # "max" where there is none
    return min(limits) / 1e6 if limits else float("inf")
