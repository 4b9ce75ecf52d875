"""A server that works on one request at a time, busier and busier: the wait, simulated and by formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.metrics.queueing import mean_wait, waits

REQUESTS = 6000
FRAMES = 5
HIGHEST = 25.0


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Serve more and more requests; ``values``: ``load``, ``kind`` (``equal`` or ``mixed``). A service takes 1 on average."""
    load, variation = float(values["load"]), 0.0 if values["kind"] == "equal" else 1.0
    rng = np.random.default_rng(seed)
    gaps = rng.exponential(1 / load, REQUESTS)
    services = rng.exponential(1, REQUESTS) if variation else np.ones(REQUESTS)
    waited = waits(gaps, services)
    for served in np.geomspace(60, REQUESTS, FRAMES).astype(int):
        yield _frame(waited[:served], load, variation)


def _frame(waited: NDArray[np.float64], load: float, variation: float) -> Frame:
    figure, (left, right) = plot.canvas(1, 2, height=3.0)
    loads = np.linspace(0, 0.99, 300)
    left.plot(loads, [mean_wait(at, 1, variation) for at in loads], color=plot.COLOURS[0])
    left.plot([load], [waited.mean()], "o", color=plot.COLOURS[1], clip_on=False)
    left.set(xlabel=r"$\rho$", ylabel=r"$E[W] \,/\, E[S]$", xlim=(0, 1), ylim=(0, HIGHEST))
    shown = waited[:: max(1, len(waited) // 300)]
    right.plot(np.linspace(0, len(waited), len(shown)), shown, color=plot.COLOURS[1], linewidth=1)
    right.set(xlabel="$n$", ylabel=r"$W_n \,/\, E[S]$", xlim=(0, REQUESTS), ylim=(0, 60))
    exact, slow = mean_wait(load, 1, variation), float(np.quantile(waited, 0.95))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"At {load:.0%} load a request waits {waited.mean():.2f} service times on average ({len(waited):,} served; formula "
            f"{exact:.2f}); one in twenty waits more than {slow:.1f}.",
            f"负载 {load:.0%} 时平均等待 {waited.mean():.2f} 个服务时间（已处理 {len(waited):,} 个请求；公式给出 {exact:.2f}）；"
            f"每二十个请求有一个要等 {slow:.1f} 以上。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("formula", "公式")),
            Mark(colour=plot.COLOURS[1], words=Words("simulated", "模拟")),
        ),
        facts={"simulated": float(waited.mean()), "formula": exact},
    )
