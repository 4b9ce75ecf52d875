"""All models of the suite side by side: what they weigh, what must be fetched, how much memory they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aigc_core import registry, weights
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.types import Hub, ModelSpec, NoWeights, Package, Shipped

_SOURCES = {
    Shipped: (plot.COLOURS[0], Words("trained by us, in the repository", "本项目训练，随仓库提供")),
    Package: (plot.COLOURS[1], Words("from a package registry", "来自软件包仓库")),
    Hub: (plot.COLOURS[2], Words("from a model hub", "来自模型社区")),
    NoWeights: (plot.COLOURS[3], Words("an algorithm without weights", "无权重的算法")),
}


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``values``: ``measure`` (``parameters``, ``download`` or ``memory``). The seed is not used."""
    measure = str(values["measure"])
    rows = [row for row in registry.list_models() if _value(row, measure) > 0]
    rows.sort(key=lambda row: _value(row, measure))
    figure, axes = plot.canvas(height=0.5 + 0.17 * len(rows))
    axes.barh(
        [row.name for row in rows],
        [_value(row, measure) for row in rows],
        color=[_SOURCES[type(row.source)][0] for row in rows],
    )
    axes.set_xscale("log")
    axes.tick_params(axis="y", labelsize=7)
    axes.set_xlabel("MB" if measure != "parameters" else "$N$")
    axes.margins(y=0.01)
    low, high = rows[0], rows[-1]
    ratio = _value(high, measure) / _value(low, measure)
    used = {type(row.source) for row in rows}
    yield Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{len(rows)} models; the largest ({high.name}) has {ratio:,.0f} times as much as the smallest ({low.name}). Mind the logarithmic axis.",
            f"共 {len(rows)} 个模型；最大的 {high.name} 是最小的 {low.name} 的 {ratio:,.0f} 倍。注意横轴为对数刻度。",
        ),
        legend=tuple(Mark(colour=colour, words=words) for kind, (colour, words) in _SOURCES.items() if kind in used),
        facts={"models": float(len(rows)), "ratio": ratio},
    )


def _value(row: ModelSpec, measure: str) -> float:
    if measure == "parameters":
        return float(row.parameters or 0)
    if measure == "memory":
        return float(row.memory_mb)
    return _download(row) / 1e6


def _download(row: ModelSpec) -> float:
    """Bytes that reach this machine before the model can run; those of a shipped checkpoint came with the repository."""
    match row.source:
        case Package(archives=archives):
            return float(sum(archive.size for archive in archives))
        case Hub(size=size):
            return float(size)
        case Shipped(folder=folder):
            return float(sum(file.stat().st_size for file in (weights.CHECKPOINTS / folder).rglob("*.safetensors")))
    return 0.0
