"""ZeroGPU Spaces lend a graphics card for as long as one of their functions runs; see https://huggingface.co/docs/hub/spaces-zerogpu.

Such a Space starts only if it has a function that asks for a card, and it runs that function in a process of its own. The less
time a function asks for, the sooner its visitor's turn comes: the budget tells how much is needed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable

from aigc_core import registry, weights
from aigc_core.budget import Budget, Estimate
from aigc_core.budget.estimate import MARGIN
from aigc_core.tasks.request import Request
from aigc_core.types import Events

Run = Callable[[Request], Events]
SHORTEST_S, LONGEST_S = 15, 120
"""Bounds of a lease: getting there takes some seconds, and a visitor's day has few minutes."""


def is_zero_gpu() -> bool:
    """True on a ZeroGPU Space."""
    return bool(os.environ.get("SPACES_ZERO_GPU"))


def lease_s(cost: Estimate) -> int:
    """Seconds for which a run needs the card; all that may be asked for where nobody has timed its kind."""
    if cost.seconds is None:
        return LONGEST_S
    needed = math.ceil(MARGIN * (cost.load_s + (cost.seconds if cost.most_s is None else cost.most_s)))
    return min(max(needed, SHORTEST_S), LONGEST_S)


def leased(run: Run, budget: Budget) -> Run:
    """``run``, on a ZeroGPU Space inside a lease where the row wants a card. To be called before the page is launched."""
    if not is_zero_gpu():
        return run
    import spaces

    def work(request: Request) -> Events:
        yield from run(request)

    on_card: Run = spaces.GPU(duration=lambda request: lease_s(budget.estimate(request)))(work)

    def run_where_it_belongs(request: Request) -> Events:
        spec = registry.find(request.model, request.task)
        if not spec.needs_gpu:
            yield from run(request)
            return
        yield from weights.ensure(spec.source)  # no card is needed for that
        yield from on_card(request)

    return run_where_it_belongs
