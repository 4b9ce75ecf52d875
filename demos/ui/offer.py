"""Models that a public server offers: those whose weights are here and that fit into its memory, or those it is told to."""

from __future__ import annotations

import os
from collections.abc import Sequence

from aigc_core import registry, tasks, weights
from aigc_core.budget.machine import memory_mb
from aigc_core.types import ModelSpec, Package
from demos.ui.models import has_gpu


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
    rows = registry.list_models()
    here = [spec.name for spec in rows if _at_hand(spec, memory)]
    firsts = [_first(rows, task, memory) for task in tasks.TASKS] if os.environ.get("SPACE_ID") else []
    return frozenset([*here, *(name for name in firsts if name), *wanted])


def _first(rows: Sequence[ModelSpec], task: str, memory: float) -> str:
    """A task's first row, where it comes from a package and fits.

    A Space starts with an empty cache whenever it wakes: without these it would have no style, music or voice. Together
    they are a few hundred megabytes, fetched once.
    """
    first = next((spec for spec in rows if spec.task == task), None)
    fits = first is not None and isinstance(first.source, Package) and first.memory_mb <= memory
    return first.name if first is not None and fits else ""


def _at_hand(spec: ModelSpec, memory: float) -> bool:
    present = weights.state(spec.source).kind in ("shipped", "ready", "none")
    return present and spec.memory_mb <= memory and (has_gpu() or not spec.needs_gpu)
