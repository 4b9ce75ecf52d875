"""Models that a public server offers: those whose weights are here and that fit into its memory, or those it is told to."""

from __future__ import annotations

import os
from collections.abc import Sequence

from aigc_core import registry, weights
from aigc_core.budget.machine import memory_mb
from aigc_core.types import ModelSpec
from demos.ui.models import has_gpu

FIRST = "+first"
"""A Space or a container starts with an empty cache: without these it would have no style, music or voice. Together they are a few
hundred megabytes, fetched once."""


def offered(named: Sequence[str], *, public: bool) -> frozenset[str] | None:
    """The names of the rows to offer; None for all.

    Args:
        named: From the command line: names to offer instead of what would be offered, ``+name`` in addition to it, and
            :data:`FIRST` for the first row of every task, which a Space adds unasked.

    Raises:
        UnknownModelError: there is no such row.
    """
    with_firsts = FIRST in named or bool(os.environ.get("SPACE_ID"))
    named = [name for name in named if name != FIRST]
    wanted = [name.removeprefix("+") for name in named]
    for name in wanted:
        registry.find(name)
    if any(not name.startswith("+") for name in named):
        return frozenset(wanted)
    if not public:
        return None
    memory = memory_mb()
    here = [spec.name for spec in registry.list_models() if _at_hand(spec, memory)]
    firsts = [spec.name for spec in registry.packaged_firsts() if spec.memory_mb <= memory] if with_firsts else []
    return frozenset([*here, *firsts, *wanted])


def _at_hand(spec: ModelSpec, memory: float) -> bool:
    present = weights.state(spec.source).kind in ("shipped", "ready", "none")
    return present and spec.memory_mb <= memory and (has_gpu() or not spec.needs_gpu)
