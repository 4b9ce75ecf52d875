"""Mel filters of the reader's number, and what a voice looks like through them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aigc_core import runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.words import Words
from aigc_core.media import mel, tones
from aigc_core.tasks.audio import Audio

N_FFT, HOP = 1024, 256
FRAMES = 5


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """More filters from frame to frame; ``values``: ``filters``."""
    audio = Audio(samples=tones.vowels("aiua", 1.2, 130.0), sample_rate=tones.SAMPLE_RATE)
    for count in np.unique(np.geomspace(4, int(values["filters"]), FRAMES).round().astype(int)):
        yield _frame(audio, int(count))


def _frame(audio: Audio, count: int) -> Frame:
    bank = runtime.torchaudio().functional.melscale_fbanks(
        N_FFT // 2 + 1, 0, audio.sample_rate / 2, count, audio.sample_rate
    )
    frequency = np.linspace(0, audio.sample_rate / 2000, len(bank))
    level = mel.log_mel(audio, n_fft=N_FFT, hop_length=HOP, n_mels=count)
    figure, (left, right) = plot.canvas(1, 2, height=3.0)
    left.plot(frequency, bank.numpy()[:, :: max(1, count // 24)], linewidth=1.2)
    left.set(xlabel="$f$ [kHz]", ylim=(0, 1.05), xlim=(0, audio.sample_rate / 2000))
    right.imshow(
        level,
        origin="lower",
        aspect="auto",
        cmap="magma",
        interpolation="nearest",
        extent=(0, audio.duration_s, 0, count),
    )
    right.set(xlabel="$t$ [s]", ylabel="$m$")
    edges = [_hertz(mel.hz_to_mel(audio.sample_rate / 2) * i / (count + 1)) for i in range(count + 2)]
    lowest, highest = edges[2] - edges[0], edges[-1] - edges[-3]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{count} numbers a frame instead of {len(bank)}. The lowest filter is {lowest:.0f} Hz wide, the highest {highest:.0f} Hz.",
            f"每帧 {count} 个数，而不是 {len(bank)} 个。最低的滤波器宽 {lowest:.0f} 赫兹，最高的宽 {highest:.0f} 赫兹。",
        ),
        facts={"filters": count, "lowest": lowest, "highest": highest},
        audio=audio,
    )


def _hertz(m: float) -> float:
    """The inverse of :func:`aigc_core.media.mel.hz_to_mel`."""
    return float(700 * (10 ** (m / 2595) - 1))
