"""The distance from the ODE's solution at which samplers of n steps end, on a denoiser that is exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion import toys
from aigc_core.lessons.words import Words
from aigc_core.models import gaussian_mixture
from aigc_core.sampling.diffusion.samplers import Denoiser, Steps, ddim, dpmpp_2m, heun, last
from aigc_core.sampling.diffusion.schedules import karras_sigmas

SAMPLERS: Mapping[str, tuple[Callable[[Denoiser, Tensor, Tensor], Steps], int]] = {
    "DDIM": (ddim, 1), "Heun": (heun, 2), "DPM-Solver++(2M)": (dpmpp_2m, 1),
}  # fmt: skip
"""Each with its calls of the denoiser a step."""
COUNTS = (6, 12, 24, 48, 96)
EXACT = 400
HIGH, LOW = 10.0, 0.05


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Errors of twice as many steps each frame; ``axis``: ``steps`` or ``calls``, ``rho``: the spacing of the levels."""
    rho, calls = float(values["rho"]), values["axis"] == "calls"
    data = gaussian_mixture.ring(4, deviation=0.4)
    x = HIGH * toys.noise(32, seed)
    exact = last(heun(data, x, _levels(EXACT, rho)))
    errors: dict[str, list[float]] = {name: [] for name in SAMPLERS}
    for n in COUNTS:
        for name, (sampler, _) in SAMPLERS.items():
            ends = last(sampler(data, x, _levels(n, rho)))
            errors[name].append(float((ends - exact).norm(dim=1).mean()))
        yield _frame(errors, calls)


def _levels(steps: int, rho: float) -> Tensor:
    """Without the jump to σ = 0, at which every method is of first order."""
    return karras_sigmas(steps + 1, LOW, HIGH, rho)[:-1]


def _frame(errors: Mapping[str, list[float]], calls: bool) -> Frame:
    figure, axes = plot.canvas()
    for colour, (name, found) in zip(plot.COLOURS, errors.items(), strict=False):
        each = SAMPLERS[name][1] if calls else 1
        axes.loglog([n * each for n in COUNTS[: len(found)]], found, "o-", color=colour, markersize=4)
    axes.set(xlim=(5, 220), ylim=(1e-4, 1), xlabel="$n$", ylabel=r"$|x - x^*|$")
    orders = {name: float(np.log2(found[-2] / found[-1])) for name, found in errors.items() if len(found) > 1}
    return Frame(
        svg=plot.svg(figure),
        caption=_caption(COUNTS[len(errors["DDIM"]) - 1], orders),
        legend=tuple(
            Mark(colour=colour, words=Words(name, name)) for colour, name in zip(plot.COLOURS, errors, strict=False)
        ),
        facts={f"order {name}": order for name, order in orders.items()} | {name: e[-1] for name, e in errors.items()},
    )


def _caption(steps: int, orders: Mapping[str, float]) -> Words:
    """The orders are known from the second number of steps on."""
    if not orders:
        return Words(f"{steps} steps; now twice as many, and so on.", f"{steps} 步；接下来步数逐次翻倍。")
    measured_orders = ", ".join(f"{name} {order:.2f}" for name, order in orders.items())
    return Words(
        f"{steps} steps. Twice the steps divide the error by 2^p; p of the last doubling: {measured_orders}.",
        f"{steps} 步。步数翻倍，误差除以 2^p；最后一次翻倍测得的 p：{measured_orders}。",
    )
