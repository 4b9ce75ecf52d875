"""Two tones and two clicks under a window of the reader's length: what separates in time runs together in frequency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.words import Words
from aigc_core.media import spectrum, tones
from aigc_core.tasks.audio import Audio

LOW_HZ, HIGH_HZ = 440.0, 466.0
CLICKS_S = (0.45, 0.47)
DURATION_S = 0.9
HIGHEST_HZ = 1000
FRAMES = 6
N_FFT = 4096
"""Frequencies are drawn this finely whatever the window."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Lengthen the window up to what was asked for; ``values``: ``window_ms``."""
    samples = tones.beating(LOW_HZ, HIGH_HZ, CLICKS_S, DURATION_S)
    for milliseconds in np.geomspace(4, float(values["window_ms"]), FRAMES):
        yield _frame(samples, float(milliseconds))


def _frame(samples: tones.Samples, milliseconds: float) -> Frame:
    window = torch.hann_window(round(milliseconds / 1000 * tones.SAMPLE_RATE))
    hop = 64
    X = torch.stft(torch.from_numpy(samples), N_FFT, hop, len(window), window, pad_mode="constant", return_complex=True)
    top = int(HIGHEST_HZ / tones.SAMPLE_RATE * N_FFT)
    level = spectrum.decibels(X[:top].abs().square(), -60).numpy()
    time, frequency = spectrum.spreads(window, tones.SAMPLE_RATE)
    figure, axes = plot.canvas(height=3.4)
    axes.imshow(
        level, origin="lower", aspect="auto", cmap="magma", interpolation="bilinear", extent=(0, DURATION_S, 0, HIGHEST_HZ)
    )  # fmt: skip
    axes.set(xlabel="$t$ [s]", ylabel="$f$ [Hz]")
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Window {milliseconds:.0f} ms: σ_t = {1000 * time:.1f} ms, σ_f = {frequency:.1f} Hz; product "
            f"{time * frequency:.4f}, never below 1/4π = {1 / (4 * np.pi):.4f}.",
            f"窗长 {milliseconds:.0f} 毫秒：σ_t = {1000 * time:.1f} 毫秒，σ_f = {frequency:.1f} 赫兹；"
            f"乘积 {time * frequency:.4f}，永远不小于 1/4π = {1 / (4 * np.pi):.4f}。",
        ),
        facts={"sigma_t": time, "sigma_f": frequency, "product": time * frequency},
        audio=Audio(samples=samples, sample_rate=tones.SAMPLE_RATE),
    )
