"""MIDI to sound: a sampled instrument for every program (a SoundFont, played by symusic's synthesizer) in a small church.

The same file gives the same samples on every run.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aigc_core.tasks.audio import Audio

SAMPLE_RATE = 44_100
PEAK = 0.89
"""-1 dB below full scale."""
REVERB_S = 1.6
_FFT = 2**18
WET = 0.22
"""Level of the room against the instruments."""
Samples = NDArray[np.float32]


@lru_cache(maxsize=2)
def _synthesizer(soundfont: str) -> Any:
    from symusic import Synthesizer

    return Synthesizer(soundfont, SAMPLE_RATE, 4)


def warm_up(soundfont: Path) -> None:
    """Read the SoundFont, a second's work, before the first piece needs it."""
    _synthesizer(str(soundfont))


def render(midi: bytes, soundfont: Path, *, wet: float = WET) -> Generator[float, None, Audio]:
    """Play a Standard MIDI File; stereo float32, (T, 2) in [-1, 1], with the room's decay at the end.

    Args:
        soundfont: A ``.sf2`` file.
        wet: Level of the reverberation; 0 for none.

    Yields:
        The share that is done, every few seconds of music.
    """
    from symusic import Score

    dry = np.asarray(_synthesizer(str(soundfont)).render(Score.from_midi(midi), stereo=True), np.float32)  # (2, T)
    yield 0.0
    sound = (yield from room(dry, wet)) if wet > 0 else dry
    sound = _trim(sound)
    peak = float(np.abs(sound).max(initial=0.0))
    if peak > 0:
        sound = sound * (PEAK / peak)
    return Audio(samples=np.ascontiguousarray(sound.T, np.float32), sample_rate=SAMPLE_RATE)


def room(dry: Samples, wet: float) -> Generator[float, None, Samples]:
    """Reverberation by convolution with decaying noise, different in each ear; (2, T) to (2, T + REVERB_S).

    The noise fades by 60 dB in ``REVERB_S`` and loses its brightness on the way, as air and stone take it. The convolution
    goes block by block through the Fourier transform (overlap-add), and yields the share done after each.
    """
    impulse = _impulse(int(REVERB_S * SAMPLE_RATE))
    length = dry.shape[1]
    block = _FFT - impulse.shape[1] + 1
    response = np.fft.rfft(impulse, _FFT)
    wet_sound = np.zeros((2, length + _FFT), np.float32)
    for begin in range(0, length, block):
        spectrum = np.fft.rfft(dry[:, begin : begin + block], _FFT) * response
        wet_sound[:, begin : begin + _FFT] += np.fft.irfft(spectrum, _FFT)
        yield min(1.0, (begin + block) / length)
    sound = wet_sound[:, : length + impulse.shape[1]] * np.float32(wet)
    sound[:, :length] += dry
    return sound


@lru_cache(maxsize=1)
def _impulse(length: int) -> Samples:
    noise = np.random.default_rng(0).standard_normal((2, length))
    seconds = np.arange(length) / SAMPLE_RATE
    dull = np.cumsum(noise, axis=1)
    smooth = (dull[:, 24:] - dull[:, :-24]) / 24**0.5
    smooth = np.pad(smooth, ((0, 0), (24, 0)))
    blend = np.exp(-seconds / 0.25)
    decay = 10 ** (-3 * seconds / REVERB_S)
    impulse = (blend * noise + (1 - blend) * smooth) * decay
    impulse[:, : int(0.012 * SAMPLE_RATE)] = 0  # the first wall is four metres away
    return np.asarray(impulse / np.sqrt((impulse**2).sum(axis=1, keepdims=True)), dtype=np.float32)


def _trim(sound: Samples, floor: float = 10 ** (-60 / 20)) -> Samples:
    """Trim trailing silence and fade out the last 50 ms."""
    level = np.abs(sound).max(axis=0)
    loud = np.flatnonzero(level > floor * max(float(level.max(initial=0.0)), 1e-9))
    sound = sound[:, : int(loud[-1]) + 1].copy() if len(loud) else sound
    fade = min(sound.shape[1], SAMPLE_RATE // 20)
    if fade:
        sound[:, -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return sound
