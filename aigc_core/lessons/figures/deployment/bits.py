"""Our GPT with its weights rounded to fewer and fewer bits: size against bits a byte on a story."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.text import gpt
from aigc_core.lessons.words import Words
from aigc_core.models.quantise import megabytes, quantised

STORY = (
    "The old fisherman pulled his boat up the beach and looked at the sky. The wind had turned, and the clouds were dark. "
    'His daughter came running down from the house. "Father," she said, "the goat has eaten your hat." He laughed and sat '
    "down on the sand, for he had caught nothing that day, and now he had no hat either."
)
"""Written for this figure, so that no model has read it."""
MOST = 8


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """From 8 bits down; ``values``: ``bits``, ``scale`` (``row`` or ``tensor``)."""
    reader, per_row = gpt.english(), values["scale"] == "row"
    ids = reader.encode(STORY, 200)
    size = len(reader.tokenizer.decode(ids).encode())
    whole = sum(reader.bits(ids)) / size
    tried: list[int] = []
    costs: list[float] = []
    for bits in range(MOST, int(values["bits"]) - 1, -1):
        small = gpt.Reader(quantised(reader.network, bits, per_row=per_row), reader.tokenizer)
        tried.append(bits)
        costs.append(sum(small.bits(ids)) / size)
        yield _frame(tried, costs, whole, megabytes(reader.network, bits), megabytes(reader.network, 32))


def _frame(tried: list[int], costs: list[float], whole: float, size: float, full: float) -> Frame:
    figure, axes = plot.canvas()
    axes.plot(tried, costs, color=plot.COLOURS[0], marker="o")
    axes.axhline(whole, color="#8a90a0", linestyle="--")
    axes.set(xlabel="$b$", ylabel="bit / byte", xlim=(MOST + 0.3, 1.7), ylim=(1, 3.6), xticks=np.arange(2, MOST + 1))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{tried[-1]} bits: {size:.1f} MB instead of {full:.1f}, {costs[-1]:.3f} bits a byte instead of {whole:.3f}.",
            f"{tried[-1]} 比特：{size:.1f} MB（原来 {full:.1f} MB），每字节 {costs[-1]:.3f} 比特（原来 {whole:.3f}）。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("rounded weights", "量化后的权重")),
            Mark(colour="#8a90a0", words=Words("32 bits", "32 比特"), dashed=True),
        ),
        facts={"bits_per_byte": costs[-1], "whole": whole, "megabytes": size},
    )
