"""The surprise of every token of the reader's sentence, and the bits that they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.text import gpt
from aigc_core.lessons.words import Words

MOST = 24
FRAMES = 6


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Read on, a few tokens a frame; ``values``: ``sentence``."""
    reader = gpt.english()
    ids = reader.encode(values["sentence"] or " ", MOST)
    names, bits = [reader.shown(i) for i in ids], np.array(reader.bits(ids))
    sizes = np.array([len(reader.tokenizer.decode([i]).encode()) for i in ids])
    for read in np.unique(np.linspace(1, len(ids), FRAMES).round().astype(int)):
        yield _frame(names, bits, sizes, int(read))


def _frame(names: list[str], bits: np.ndarray, sizes: np.ndarray, read: int) -> Frame:
    figure, (upper, lower) = plot.canvas(2, 1, height=4.2, sharex=True, height_ratios=[3, 2])
    x = np.arange(len(names))
    upper.bar(x[:read], bits[:read], color=plot.COLOURS[0])
    upper.set(ylabel="$-\\log_2 p$ [bit]", ylim=(0, bits.max() * 1.1), xlim=(-0.6, len(names) - 0.4))
    lower.plot(x[:read], np.cumsum(bits[:read]), color=plot.COLOURS[1], marker="o", markersize=3)
    lower.plot(x[:read], 8 * np.cumsum(sizes[:read]), color="#8a90a0", linestyle="--")
    lower.set(ylabel="$\\Sigma$ [bit]")
    lower.set_xticks(x, labels=names, rotation=60, ha="right", fontsize=9, parse_math=False)
    total, size = float(bits[:read].sum()), int(sizes[:read].sum())
    perplexity = 2 ** (total / read)
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{read} tokens, {total:.1f} bits: {total / read:.2f} bits a token (perplexity {perplexity:.0f}), "
            f"{total / size:.2f} bits a byte instead of 8.",
            f"{read} 个 token 共 {total:.1f} 比特：每个 token {total / read:.2f} 比特（困惑度 {perplexity:.0f}），"
            f"每字节 {total / size:.2f} 比特，而原始编码要 8 比特。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("surprisal of a token", "单个 token 的信息量")),
            Mark(colour=plot.COLOURS[1], words=Words("sum so far", "累计")),
            Mark(colour="#8a90a0", words=Words("the bytes as they are", "原始字节"), dashed=True),
        ),
        facts={"bits": total, "perplexity": perplexity, "bits_per_byte": total / size},
    )
