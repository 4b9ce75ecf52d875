"""Byte-pair encoding of the reader's words, merge by merge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.figures.text import gpt
from aigc_core.lessons.words import Words
from aigc_core.tokenizers import bpe

FRAMES = 4
ROWS = 10
"""Stages drawn at most; of more, an even choice."""
BYTES, BOXES = 48, 280
"""Limits that keep the picture small: bytes of the text (the rest is cut off) and boxes drawn."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Stages from single bytes (top) to tokens (bottom); ``values``: ``text``."""
    text = values["text"].encode()[:BYTES].decode(errors="ignore") or " "
    tokenizer = gpt.english().tokenizer
    stages = [[piece for word in words for piece in word] for words in bpe.merging(tokenizer, text)]
    chosen = _spread(len(stages), min(ROWS, max(2, BOXES // len(stages[0]))))
    for rows in _spread(len(chosen), FRAMES):
        yield _frame(stages, chosen[: rows + 1], len(text.encode()), len(chosen))


def _spread(count: int, most: int) -> list[int]:
    """At most ``most`` of the numbers below ``count``, evenly, the first and the last among them."""
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})


def _frame(stages: list[list[str]], shown: list[int], size: int, rows: int) -> Frame:
    figure, axes = plot.canvas(height=0.6 + 0.32 * rows)
    for place, stage in enumerate(shown):
        before = set(stages[shown[place - 1]]) if place else set(stages[0])
        _row(axes, -place, stages[stage], before)
    axes.set(xlim=(-0.2, size + 0.2), ylim=(-rows + 0.4, 0.6), yticks=[-i for i in range(len(shown))])
    axes.set_yticklabels([str(stage) for stage in shown])
    axes.tick_params(length=0)
    axes.xaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    tokens, done = stages[shown[-1]], shown[-1]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"After {done} merges: {len(tokens)} pieces for {size} bytes, {size / len(tokens):.2f} bytes a piece.",
            f"合并 {done} 次后：{size} 字节切成 {len(tokens)} 块，平均每块 {size / len(tokens):.2f} 字节。",
        ),
        facts={"merges": done, "pieces": len(tokens), "bytes": size},
    )


def _row(axes: Axes, y: float, pieces: list[str], before: set[str]) -> None:
    """Pieces as boxes as wide as their bytes; those that the row before did not have are coloured."""
    widths = [len(piece) for piece in pieces]
    edges = [sum(widths[:i]) for i in range(len(pieces) + 1)]
    axes.vlines(edges, y - 0.4, y + 0.4, color="#8a90a0", linewidth=0.8)
    axes.hlines([y - 0.4, y + 0.4], 0, edges[-1], color="#8a90a0", linewidth=0.8)
    for piece, x, width in zip(pieces, edges, widths, strict=False):
        if piece not in before:
            axes.add_patch(Rectangle((x, y - 0.4), width, 0.8, facecolor=plot.COLOURS[0], alpha=0.35, edgecolor="none"))
        text = bpe.shown(piece)
        size = 9 if len(text) <= 2 * width and edges[-1] <= 30 else 6
        axes.text(x + width / 2, y, text, ha="center", va="center", fontsize=size, parse_math=False)
