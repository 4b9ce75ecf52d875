"""Five families of generative models fitted to the same numbers: density where there is one, and samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from aigc_core.datasets.plane import Mixture
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.training.toy_families import FAMILIES, REACH, Family

TRUTH = Mixture(torch.tensor([[-2.0], [-0.9], [1.6]]), 0.35)
HELD_OUT = 2000
SAMPLES = 3000
BINS = 80
LINE = torch.linspace(-REACH, REACH, 801)


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Draw the model as it learns; ``values``: ``family``, ``count`` (numbers to learn from)."""
    rng = torch.Generator().manual_seed(seed)
    data = TRUTH.sample(int(values["count"]), rng)[:, 0]
    held_out = TRUTH.sample(HELD_OUT, rng)[:, 0]
    family = FAMILIES[values["family"]]()
    for _ in family.fit(data, rng):
        yield _frame(family, held_out, family.sample(SAMPLES, torch.Generator().manual_seed(seed)))


def _frame(family: Family, held_out: Tensor, samples: Tensor) -> Frame:
    figure, axes = plot.canvas()
    axes.hist(samples.numpy(), BINS, range=(-REACH, REACH), density=True, color=plot.COLOURS[1], alpha=0.35)
    axes.plot(LINE, TRUTH.log_density(LINE[:, None]).exp(), color=plot.COLOURS[4], linestyle="--")
    facts = {"calls": float(family.calls), "best": float(TRUTH.log_density(held_out[:, None]).mean())}
    density = family.log_density(LINE)
    if density is not None:
        axes.plot(LINE, density.exp(), color=plot.COLOURS[0])
        facts["log_likelihood"] = float(_given(family.log_density(held_out)).mean())
    axes.set(xlabel="$x$", ylabel="$p(x)$", xlim=(-REACH, REACH), ylim=(0, 0.75))
    return Frame(
        svg=plot.svg(figure),
        caption=_caption(facts),
        legend=(
            Mark(colour=plot.COLOURS[4], words=Words("density of the data", "数据的密度"), dashed=True),
            Mark(colour=plot.COLOURS[0], words=Words("density of the model", "模型的密度")),
            Mark(colour=plot.COLOURS[1], words=Words("its samples", "模型的样本")),
        ),
        facts=facts,
    )


def _given(density: Tensor | None) -> Tensor:
    assert density is not None
    return density


def _caption(facts: Mapping[str, float]) -> Words:
    calls = int(facts["calls"])
    cost = Words(f"Network passes per sample: {calls}.", f"每个样本经过网络 {calls} 次。")
    if "log_likelihood" not in facts:
        return Words(
            f"No density to ask for, samples only. {cost.en}",
            f"给不出密度，只能采样。{cost.zh}",
        )
    mean, best = facts["log_likelihood"], facts["best"]
    return Words(
        f"Mean log-likelihood of unseen numbers {mean:.3f} nats (the data's own density: {best:.3f}). {cost.en}",
        f"未见过的数据的平均对数似然 {mean:.3f} 奈特（数据自身的密度：{best:.3f}）。{cost.zh}",
    )
