"""Operations of our denoiser by the side of the map it works on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.flops import forward_flops
from aigc_core.models.unet import UNet, UNetConfig

SIDES = (8, 16, 32, 64, 128)
NAMES = {
    "low": Words("attention at 8 and 4 only", "只在 8 与 4 处有注意力"),
    "all": Words("attention at every level", "每一级都有注意力"),
}


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Networks of ``width`` channels, with attention at small maps only and everywhere."""
    found: dict[str, list[int]] = {name: [] for name in NAMES}
    for side in SIDES:
        for name, counts in found.items():
            counts.append(_operations(side, int(values["width"]), name == "all"))
        if side in (16, 64, 128):
            yield _frame(found)


@cache
def _operations(side: int, width: int, everywhere: bool) -> int:
    """Operations of one call of the shipped model's kind of network, at another side and width."""
    config = UNetConfig(
        resolution=side, channels=8 if side == SIDES[0] else 3, width=width, multipliers=(1, 2),
        attention=(side, side // 2) if everywhere else (8, 4),
    )  # fmt: skip
    device = "cpu" if side <= 16 else "meta"
    return forward_flops(lambda: UNet(config), (1, config.channels, side, side), (1,), device=device)


def _frame(found: Mapping[str, list[int]]) -> Frame:
    figure, axes = plot.canvas()
    for colour, counts in zip(plot.COLOURS, found.values(), strict=False):
        axes.loglog(SIDES[: len(counts)], [count / 1e9 for count in counts], "o-", color=colour, markersize=4)
    axes.set(ylabel="GFLOP", xticks=SIDES, xticklabels=[str(side) for side in SIDES], xlim=(7, 150))
    axes.minorticks_off()
    low, everywhere = found["low"], found["all"]
    side = SIDES[len(low) - 1]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"One call at side {side}: {low[-1] / 1e9:.2f} GFLOP, {low[-1] / low[0]:.0f} times that of our 8×8 latents; with attention at every level {everywhere[-1] / 1e9:.2f}.",
            f"边长 {side} 时每次调用 {low[-1] / 1e9:.2f} GFLOP，是 8×8 潜变量的 {low[-1] / low[0]:.0f} 倍；每一级都加注意力则为 {everywhere[-1] / 1e9:.2f}。",
        ),
        legend=tuple(Mark(colour=c, words=words) for c, words in zip(plot.COLOURS, NAMES.values(), strict=False)),
        facts={"low": float(low[-1]), "all": float(everywhere[-1]), "ratio": low[-1] / low[0]},
    )
