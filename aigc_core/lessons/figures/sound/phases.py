"""Griffin-Lim: a voice found again from magnitudes without phases, heard as it gets better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.media import spectrum, tones
from aigc_core.tasks.audio import Audio

N_FFT, HOP = 512, 128
FRAMES = 5
SPAN_S = (0.50, 0.53)
"""The stretch of the waves that is drawn."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Frames at growing numbers of steps; ``values``: ``steps``, ``momentum``."""
    true = torch.from_numpy(tones.vowels("aiua", 0.8, 130.0))
    magnitude = spectrum.stft(true, N_FFT, HOP).abs()
    steps = int(values["steps"])
    shown = set(np.unique(np.geomspace(1, steps, FRAMES).round().astype(int)).tolist())
    search = spectrum.griffin_lim(
        magnitude, steps, hop_length=HOP, length=len(true), generator=runtime.generator(seed), momentum=float(values["momentum"])
    )  # fmt: skip
    distances: list[float] = []
    for step, estimate in enumerate(search, 1):
        distances.append(estimate.distance)
        if step in shown:
            yield _frame(true, estimate.samples, distances, steps)


def _frame(true: Tensor, found: Tensor, distances: list[float], steps: int) -> Frame:
    figure, (left, right) = plot.canvas(1, 2, height=3.0)
    left.semilogy(range(1, len(distances) + 1), distances, color=plot.COLOURS[0])
    left.set(xlabel="$i$", ylabel=r"$\||\mathrm{STFT}(x_i)| - S\| \,/\, \|S\|$", xlim=(0, steps + 1), ylim=(0.01, 1))
    span = slice(*(int(at * tones.SAMPLE_RATE) for at in SPAN_S))
    time = 1000 * np.arange(len(true))[span] / tones.SAMPLE_RATE
    right.plot(time, true[span].numpy(), color="#8a90a0", linestyle="--")
    right.plot(time, found[span].numpy(), color=plot.COLOURS[1])
    right.set(xlabel="$t$ [ms]", ylim=(-1, 1))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"After {len(distances)} steps the magnitudes are off by {distances[-1]:.1%}. The wave may still look different: "
            "many phases sound alike.",
            f"{len(distances)} 步之后，幅度谱误差 {distances[-1]:.1%}。波形看起来仍可能不同：许多相位听上去是一样的。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("distance of the spectrograms", "频谱距离")),
            Mark(colour=plot.COLOURS[1], words=Words("wave found", "重建波形")),
            Mark(colour="#8a90a0", words=Words("true wave", "真实波形"), dashed=True),
        ),
        facts={"distance": distances[-1]},
        audio=Audio(samples=found.clamp(-1, 1).numpy().astype(np.float32), sample_rate=tones.SAMPLE_RATE),
    )
