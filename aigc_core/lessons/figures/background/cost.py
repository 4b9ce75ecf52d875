"""The cost of training over the years, counted in operations, and the time that your machine would take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.metrics.compute import training_flops

YEAR_S = 365.25 * 24 * 3600


class Trained(NamedTuple):
    """A model, its year and operations."""

    name: str
    year: float
    flops: float
    ours: bool = False
    left: bool = False
    """Whether the name stands on the left of the point."""


MODELS = (
    Trained("Transformer", 2017.5, 3.3e18),  # arXiv 1706.03762, table 2, base model
    Trained("GPT-3", 2020.4, 3.14e23),  # arXiv 2005.14165, table D.1
    Trained("Chinchilla", 2022.2, training_flops(70e9, 1.4e12), left=True),  # arXiv 2203.15556
    Trained("LLaMA-65B", 2023.2, training_flops(65.2e9, 1.4e12)),  # arXiv 2302.13971, table 2
    Trained(
        "text-poet-zh", 2026.9, training_flops(2.6e6, 1.8e6), ours=True, left=True
    ),  # model cards of this repository
    Trained("text-gpt-en", 2026.9, training_flops(5_048_576, 14.7e6), ours=True, left=True),
)


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """The models in order of time; ``values``: ``speed`` (decimal logarithm of operations a second)."""
    speed = 10 ** float(values["speed"])
    for count in (1, 2, 4, len(MODELS)):
        yield _frame(MODELS[:count], speed)


def _frame(models: tuple[Trained, ...], speed: float) -> Frame:
    figure, axes = plot.canvas(height=3.4)
    for model in models:
        colour = plot.COLOURS[1] if model.ours else plot.COLOURS[0]
        axes.semilogy([model.year], [model.flops], "o", color=colour)
        axes.text(
            model.year + (-0.15 if model.left else 0.15),
            model.flops,
            model.name,
            fontsize=9,
            va="center",
            ha="right" if model.left else "left",
        )
    for seconds, label in ((3600, "1 h"), (YEAR_S, "1 a"), (1000 * YEAR_S, "1000 a")):
        axes.axhline(speed * seconds, color="#8a90a0", linestyle="--", linewidth=1)
        axes.text(2016.6, speed * seconds, label, fontsize=8, va="bottom")
    axes.set(xlabel="$t$ [a]", ylabel="$C$ [FLOP]", xlim=(2016.5, 2027.3), ylim=(1e12, 1e26))
    last = models[-1]
    seconds = last.flops / speed
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{last.name}: {last.flops:.1e} operations. At {speed:.1e} a second that takes {_english(seconds)}; GPT-3 would take "
            f"{_english(MODELS[1].flops / speed)}.",
            f"{last.name}：{last.flops:.1e} 次运算。按每秒 {speed:.1e} 次算，需要 {_chinese(seconds)}；GPT-3 则需要 "
            f"{_chinese(MODELS[1].flops / speed)}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("published", "已发表的模型")),
            Mark(colour=plot.COLOURS[1], words=Words("trained by this project", "本项目训练的模型")),
            Mark(
                colour="#8a90a0",
                words=Words("time on a machine of this speed", "这种速度的机器所需的时间"),
                dashed=True,
            ),
        ),
        facts={"flops": last.flops, "seconds": seconds},
    )


def _english(seconds: float) -> str:
    amount, unit = _unit(seconds)
    return f"{amount:,.3g} {('seconds', 'hours', 'days', 'years')[unit]}" if amount < 1000 else f"{amount:,.0f} years"


def _chinese(seconds: float) -> str:
    amount, unit = _unit(seconds)
    return f"{amount:,.3g} {('秒', '小时', '天', '年')[unit]}" if amount < 1000 else f"{amount:,.0f} 年"


def _unit(seconds: float) -> tuple[float, int]:
    """The amount and the number of the unit: seconds, hours, days, years."""
    sizes = (1.0, 3600.0, 86_400.0, YEAR_S)
    unit = max(i for i, size in enumerate(sizes) if i == 0 or seconds >= size)
    return seconds / sizes[unit], unit
