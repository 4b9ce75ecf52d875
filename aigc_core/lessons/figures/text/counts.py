"""Counting against learning: byte n-grams of growing order, on the text they counted and on one they did not see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aigc_core.evaluation.ngram_text import TextNGram
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.text import course, gpt
from aigc_core.lessons.words import Words

HELD_OUT = "text"
"""The lesson that is not counted."""
READ = 1600
"""Bytes of it, few enough for the GPT's window."""
ORDERS = 6


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """One order more a frame; ``values``: ``kilobytes`` of the course that are counted."""
    counted = _bytes(course.prose("en", HELD_OUT))[: int(float(values["kilobytes"]) * 1000)]
    unseen = course.lesson(HELD_OUT, "en").encode()[:READ].decode(errors="ignore")
    reader = gpt.english()
    ids = reader.encode(unseen, most=reader.network.config.max_position_embeddings - 1)
    network = sum(reader.bits(ids)) / len(reader.tokenizer.decode(ids).encode())
    seen_bits: list[float] = []
    unseen_bits: list[float] = []
    for order in range(1, ORDERS + 1):
        model = TextNGram(counted, 256, order)
        seen_bits.append(_bits(model, counted[:READ]))
        unseen_bits.append(_bits(model, _bytes(unseen)))
        yield _frame(seen_bits, unseen_bits, network, len(counted))


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _bits(model: TextNGram, row: NDArray[np.uint8]) -> float:
    """Bits a byte."""
    return float(-np.log2(model.probabilities(row)).mean())


def _frame(seen: list[float], unseen: list[float], network: float, size: int) -> Frame:
    figure, axes = plot.canvas()
    orders = np.arange(1, len(seen) + 1)
    axes.plot(orders, seen, color=plot.COLOURS[1], marker="o", markersize=4)
    axes.plot(orders, unseen, color=plot.COLOURS[0], marker="o", markersize=4)
    axes.axhline(network, color=plot.COLOURS[2], linestyle="--")
    axes.set(xlabel="$n$", ylabel="bit / byte", xlim=(0.8, ORDERS + 0.2), ylim=(0, 5.2), xticks=range(1, ORDERS + 1))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"n = {len(seen)}, {size / 1000:.0f} kB counted: {seen[-1]:.2f} bits a byte on what was counted, "
            f"{unseen[-1]:.2f} on an unseen lesson; our GPT, which read novels, needs {network:.2f}.",
            f"n = {len(seen)}，统计了 {size / 1000:.0f} kB：见过的文本每字节 {seen[-1]:.2f} 比特，"
            f"没见过的一课 {unseen[-1]:.2f} 比特；只读过小说的 GPT 需要 {network:.2f} 比特。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[1], words=Words("n-gram, counted text", "n 元模型，统计过的文本")),
            Mark(colour=plot.COLOURS[0], words=Words("n-gram, unseen text", "n 元模型，未见文本")),
            Mark(colour=plot.COLOURS[2], words=Words("our GPT, unseen text", "GPT，未见文本"), dashed=True),
        ),
        facts={"seen": seen[-1], "unseen": unseen[-1], "gpt": network},
    )
