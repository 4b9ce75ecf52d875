"""A checkpoint of this repository taken apart: which of its tensors hold the parameters, and how their values are spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from safetensors import safe_open

from aigc_core import weights
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words

PARTS = 12
"""Bars at most; the smallest parts share the last."""
SAMPLE = 20_000
"""Values of each tensor that the histogram looks at."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``values``: ``checkpoint`` (a folder of checkpoints/). The seed is not used."""
    sizes: Counter[str] = Counter()
    looked: list[np.ndarray] = []
    file = weights.CHECKPOINTS / str(values["checkpoint"]) / "model.safetensors"
    with safe_open(file, framework="numpy") as tensors:
        names = list(tensors.keys())
        for name in names:
            tensor = tensors.get_tensor(name)
            sizes[_part(name)] += tensor.size
            looked.append(tensor.astype(np.float32).ravel()[:SAMPLE])
    yield _frame(sizes, None, file.stat().st_size)
    yield _frame(sizes, np.concatenate(looked), file.stat().st_size)


def _part(name: str) -> str:
    """The block that a tensor belongs to: its first two names."""
    return ".".join(name.split(".")[:2]) if name.count(".") > 1 else name.split(".")[0]


def _frame(sizes: Counter[str], sample: np.ndarray | None, file_bytes: int) -> Frame:
    total = sum(sizes.values())
    bars = sizes.most_common(PARTS)
    rest = total - sum(size for _, size in bars)
    bars += [("…", rest)] if rest else []
    figure, (left, right) = plot.canvas(1, 2, height=3.6, gridspec_kw={"width_ratios": [3, 2]})
    left.barh([name for name, _ in bars], [size / 1e6 for _, size in bars], color=plot.COLOURS[0])
    left.invert_yaxis()
    left.tick_params(axis="y", labelsize=7)
    left.set_xlabel(r"$10^6$")
    if sample is not None:
        bound = float(np.quantile(np.abs(sample), 0.995))
        right.hist(np.clip(sample, -bound, bound), bins=80, color=plot.COLOURS[1], density=True)
    right.set(xlabel="$w$", yticks=[])
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{total:,} parameters in {file_bytes / 1e6:.1f} MB: {file_bytes / total:.2f} bytes each, so they are stored as 16-bit numbers.",
            f"{total:,} 个参数，{file_bytes / 1e6:.1f} MB：平均每个 {file_bytes / total:.2f} 字节，即以 16 位数存储。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("parameters by part, in millions", "各部分的参数量（百万）")),
            Mark(colour=plot.COLOURS[1], words=Words("how the values are spread", "参数值的分布")),
        ),
        facts={"parameters": float(total), "bytes": float(file_bytes)},
    )
