"""The terms of the bound along the log of the face VAE's training, for a Laplace decoder whose scale the reader sets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from aigc_core import weights
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.vae import VAEConfig

ROW = dict[str, float]
VALUES = 3 * VAEConfig.resolution**2
LEVEL = math.log(2 / 255)
"""Log width of one of 255 steps between -1 and 1: a density in [-1, 1] becomes a probability of 8-bit levels."""
SCALES = np.geomspace(0.02, 0.6, 80)


@cache
def log() -> tuple[ROW, ...]:
    """The rows that the model card of ``faces-vae-64`` keeps of its log."""
    card = (weights.CHECKPOINTS / "faces-vae-64" / "README.md").read_text("utf-8")
    lines = card.split("<!-- log -->")[1].split("<!-- /log -->")[0].strip().splitlines()
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return tuple(dict(zip(head, map(float, row), strict=True)) for row in rows)


def distortion(row: ROW, scale: float) -> float:
    """−log p(x|z) in nats an 8-bit value, of a Laplace decoder: |x − x̂|/b + ln 2b, ``row["pixels"]`` being the mean of |x − x̂|."""
    return row["pixels"] / scale + math.log(2 * scale) - LEVEL


def rate(row: ROW) -> float:
    """KL in nats a value."""
    return row["kl"] / VALUES


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Draw the log, line by line; ``values``: ``scale`` of the Laplace distribution, in units of [-1, 1]."""
    del seed
    scale = float(values["scale"])
    for count in range(1, len(log()) + 1):
        yield _frame(log()[:count], scale)


def _frame(rows: tuple[ROW, ...], scale: float) -> Frame:
    figure, (left, right) = plot.canvas(1, 2, height=3.0)
    seen = [row["kimg"] for row in rows]
    low = np.array([distortion(row, scale) for row in rows]) / math.log(2)
    top = np.array([rate(row) for row in rows]) / math.log(2)
    left.bar(seen, low, width=3, color=plot.COLOURS[0])
    left.bar(seen, top, width=3, bottom=low, color=plot.COLOURS[1])
    left.axhline(8, color="gray", linestyle=":", linewidth=1)
    left.set(xlabel="$10^3$", ylabel="[bit]", xlim=(0, 24), xticks=seen, xticklabels=[f"{x:.0f}" for x in seen])
    last = rows[-1]
    right.semilogx(SCALES, [(distortion(last, b) + rate(last)) / math.log(2) for b in SCALES], color=plot.COLOURS[2])
    total = float(low[-1] + top[-1])
    right.plot(scale, total, "o", color=plot.COLOURS[2], markersize=7)
    right.axvline(last["pixels"], color=plot.COLOURS[3], linestyle="--")
    right.axhline(8, color="gray", linestyle=":", linewidth=1)
    right.set(
        xlabel="$b$",
        ylabel="[bit]",
        ylim=(5.5, 11),
        xticks=(0.02, 0.05, 0.1, 0.2, 0.5),
        xticklabels=("0.02", "0.05", "0.1", "0.2", "0.5"),
    )
    right.minorticks_off()
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"After {last['kimg']:.0f} thousand pictures: mean |x − x̂| {last['pixels']:.4f}, KL {last['kl']:.0f} nats. With b = {scale:.3f} the bound is "
            f"{total:.2f} bits a colour value ({float(top[-1]):.2f} of them the code); uncompressed: 8.",
            f"看过 {last['kimg']:.0f} 千张图后：|x − x̂| 平均 {last['pixels']:.4f}，KL {last['kl']:.0f} 奈特。取 b = {scale:.3f}，上界为"
            f"每个颜色值 {total:.2f} 比特（其中编码占 {float(top[-1]):.2f}）；不压缩时为 8 比特。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("distortion", "失真")),
            Mark(colour=plot.COLOURS[1], words=Words("rate", "码率")),
            Mark(colour=plot.COLOURS[2], words=Words("−ELBO for every scale b", "不同尺度 b 下的 −ELBO")),
            Mark(colour=plot.COLOURS[3], words=Words("b = mean error", "b = 平均误差"), dashed=True),
        ),
        facts={"bits": total, "rate_bits": float(top[-1]), "pixels": last["pixels"], "kl": last["kl"]},
    )
