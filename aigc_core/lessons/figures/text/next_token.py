"""One real next-token distribution of our GPT under temperature and top-p, with draws from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.text import gpt
from aigc_core.lessons.words import Words
from aigc_core.sampling.text.tokens import GREEDY, Sampling, draw, top_p

SHOWN = 18
DRAWS = 200
MOVES = 4
"""Frames in which the temperature goes from 1 to where it was asked for."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Move the temperature, cut the tail, then draw; ``values``: ``beginning``, ``temperature``, ``top_p``."""
    reader = gpt.english()
    logits = reader.log_probabilities(reader.encode(values["beginning"]))[-1]
    order = logits.argsort(descending=True, stable=True)[:SHOWN]
    names = [reader.shown(int(i)) for i in order]
    temperature, nucleus = float(values["temperature"]), float(values["top_p"])
    for share in np.linspace(0, 1, MOVES):
        yield _frame(logits, order, names, 1 + share * (temperature - 1), 1.0)
    yield _frame(logits, order, names, temperature, nucleus)
    sampling, generator = Sampling(temperature=temperature, top_p=nucleus), runtime.generator(seed)
    drawn = Counter(draw(logits, sampling, (), generator) for _ in range(DRAWS))
    yield _frame(logits, order, names, temperature, nucleus, drawn)


def _frame(
    logits: Tensor,
    order: Tensor,
    names: list[str],
    temperature: float,
    nucleus: float,
    drawn: Counter[int] | None = None,
) -> Frame:
    scaled = logits / max(temperature, GREEDY)
    p, kept = scaled.softmax(-1), torch.isfinite(top_p(scaled, nucleus))
    q = top_p(scaled, nucleus).softmax(-1)
    entropy = abs(float((q * q.clamp(min=1e-30).log2()).sum()))
    figure, axes = plot.canvas(height=3.4)
    x = np.arange(len(order))
    inside = kept[order].numpy()
    axes.bar(x, p[order].numpy(), color=plot.COLOURS[0], alpha=0.3)
    axes.bar(x[inside], q[order].numpy()[inside], color=plot.COLOURS[0], alpha=0.85)
    if drawn is not None:
        axes.plot(x, [drawn[int(i)] / DRAWS for i in order], "o", color=plot.COLOURS[1], markersize=5)
    axes.set_xticks(x, labels=names, rotation=60, ha="right", fontsize=9, parse_math=False)
    axes.set(ylabel="$p$", xlim=(-0.7, SHOWN - 0.3))
    left = int(kept.sum())
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"T = {temperature:.2f}, top-p = {nucleus:.2f}: {left:,} of {len(logits):,} tokens can be drawn; "
            f"entropy {entropy:.2f} bits.",
            f"T = {temperature:.2f}，top-p = {nucleus:.2f}：{len(logits):,} 个 token 中有 {left:,} 个可能被抽到；熵 {entropy:.2f} 比特。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("probability (pale: before the cut)", "概率（浅色：截断之前）")),
            *(
                (Mark(colour=plot.COLOURS[1], words=Words(f"share of {DRAWS} draws", f"{DRAWS} 次抽样的频率")),)
                if drawn
                else ()
            ),
        ),
        facts={"left": left, "entropy": entropy, "largest": float(q.max())},
    )
