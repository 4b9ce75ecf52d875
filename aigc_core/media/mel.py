"""Speech made visible: mel spectrogram and waveform, with axes.

A mel spectrogram is the short-time Fourier power, pooled by triangular filters whose centres are evenly spaced in mel,
m(f) = 2595·log10(1 + f/700) (O'Shaughnessy 1987, as in HTK): narrow at low pitch, wide at high pitch, as the ear is.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from aigc_core import runtime
from aigc_core.tasks.audio import Audio

Array = NDArray[np.float32]

N_FFT = 1024  # samples
HOP_LENGTH = 256  # samples
N_MELS = 96
FLOOR_DB = -80.0  # below the loudest point; everything quieter is drawn as silence

_WIDTH, _LEFT, _RIGHT, _BOTTOM, _FONT = 960, 84, 12, 40, 22  # pixels
_INK, _PALE, _ACCENT = (55, 60, 70), (225, 228, 233), (74, 84, 196)
_TICKS_HZ = (100, 250, 500, 1000, 2000, 4000, 8000, 16000)


def log_mel(
    audio: Audio, *, n_fft: int = N_FFT, hop_length: int = HOP_LENGTH, n_mels: int = N_MELS, f_max: float | None = None
) -> Array:
    """Log-mel power of a sound in dB below its loudest point, (n_mels, frames), lowest pitch first, ≥ ``FLOOR_DB``.

    Args:
        n_fft: Window length in samples (Hann).
        hop_length: Samples between frames.
        f_max: Upper end of the top filter in Hz; half the sample rate when None.
    """
    import torch

    samples = _mono(audio)
    transform = runtime.torchaudio().transforms.MelSpectrogram(
        audio.sample_rate, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels, f_max=f_max, norm="slaney"
    )
    with torch.inference_mode():
        power = transform(torch.from_numpy(np.pad(samples, (0, max(0, n_fft - len(samples)))))).numpy()
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    return np.asarray(np.maximum(decibels - decibels.max(), FLOOR_DB), np.float32)


def hz_to_mel(frequency: float) -> float:
    """m(f) = 2595·log10(1 + f/700)."""
    return float(2595 * np.log10(1 + frequency / 700))


# --- pictures ---------------------------------------------------------------------------------------------------------


def picture(audio: Audio, *, height: int = 400) -> Image.Image:
    """Waveform above mel spectrogram on one time axis, 960 pixels wide."""
    wave_height = height // 4
    sheet = Image.new("RGB", (_WIDTH, height), "white")
    sheet.paste(waveform_picture(audio, height=wave_height, axis=False), (0, 0))
    sheet.paste(mel_picture(audio, height=height - wave_height), (0, wave_height))
    return sheet


def time_axis() -> tuple[float, float]:
    """The beginning and end of the sound in the pictures, in fractions of their width."""
    return _LEFT / _WIDTH, 1 - _RIGHT / _WIDTH


def mel_picture(audio: Audio, *, height: int = 300) -> Image.Image:
    """Mel spectrogram: seconds across, Hz (mel-spaced) up, brightness in dB; 960 pixels wide."""
    sheet, draw, plot = _canvas(height)
    left, top, right, bottom = plot
    level = (log_mel(audio) - FLOOR_DB) / -FLOOR_DB  # 0 … 1
    pixels = colormap()[np.round(level[::-1] * 255).astype(np.uint8)]  # (n_mels, frames, 3), highest pitch first
    scaled = Image.fromarray(pixels).resize((right - left, bottom - top), Image.Resampling.BILINEAR)
    sheet.paste(scaled, (left, top))
    nyquist = audio.sample_rate / 2
    for frequency in (f for f in _TICKS_HZ if f < 0.95 * nyquist):
        y = bottom - (bottom - top) * hz_to_mel(frequency) / hz_to_mel(nyquist)
        draw.line((left - 6, y, left, y), fill=_INK, width=2)
        if bottom - top > 350 or frequency in (250, 1000, 2000, 4000, 8000):
            draw.text((left - 10, y), f"{frequency}", fill=_INK, font=_font(), anchor="rm")
    draw.text((left - 10, top), "Hz", fill=_INK, font=_font(), anchor="rm")
    _time_axis(draw, plot, audio.duration_s)
    return sheet


def waveform_picture(audio: Audio, *, height: int = 160, axis: bool = True) -> Image.Image:
    """Amplitude over seconds: per pixel column a pale bar from minimum to maximum, and a dark one for the RMS level."""
    sheet, draw, plot = _canvas(height, axis=axis)
    left, top, right, bottom = plot
    samples = _mono(audio)
    peak = next((p for p in (0.05, 0.1, 0.2, 0.5) if np.abs(samples).max(initial=0) <= p), 1.0)
    middle, half = (top + bottom) / 2, (bottom - top) / 2 / peak
    draw.line((left, middle, right, middle), fill=_PALE, width=2)
    edges = np.linspace(0, len(samples), right - left + 1).astype(int)
    for x, (start, end) in enumerate(zip(edges, np.maximum(edges[1:], edges[:-1] + 1), strict=False)):
        part = samples[start:end]
        if len(part):
            low, high, rms = part.min(), part.max(), np.sqrt(np.mean(part**2))
            draw.line((left + x, middle - half * high, left + x, middle - half * low), fill=(166, 172, 232))
            draw.line((left + x, middle - half * rms, left + x, middle + half * rms), fill=_ACCENT)
    for value, y in ((peak, top), (0, middle), (-peak, bottom)):
        draw.text((left - 10, y), f"{value:g}", fill=_INK, font=_font(), anchor="rm")
    if axis:
        _time_axis(draw, plot, audio.duration_s)
    return sheet


@cache
def colormap() -> NDArray[np.uint8]:
    """256 sRGB colours from black-violet over red to pale yellow, (256, 3), evenly spaced in perceived lightness.

    Lightness and hue run linearly in Oklab (Ottosson 2020), so that equal steps in dB look equally large, also in
    greyscale; chroma is as large as sRGB allows, up to 0.17.
    """
    t = np.linspace(0, 1, 256)
    lightness, hue = 0.14 + 0.83 * t, np.deg2rad(-75 + 180 * t)
    chroma = 0.17 * np.sin(np.pi * (0.12 + 0.76 * t))
    for _ in range(60):  # shrink what falls outside of sRGB
        rgb = _oklab_to_linear(np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1))
        outside = ((rgb < 0) | (rgb > 1)).any(axis=1)
        chroma = np.where(outside, 0.95 * chroma, chroma)
    rgb = np.clip(rgb, 0, 1)
    encoded = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(255 * encoded), np.uint8)


def _oklab_to_linear(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Oklab to linear sRGB, (N, 3)."""
    to_lms = np.array([[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]])  # fmt: skip
    to_rgb = np.array([[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965], [-0.0041960863, -0.7034186147, 1.7076147010]])  # fmt: skip
    return np.asarray((lab @ to_lms.T) ** 3 @ to_rgb.T)


def _mono(audio: Audio) -> Array:
    samples = np.asarray(audio.samples, np.float32)
    return samples if samples.ndim == 1 else samples.mean(axis=1, dtype=np.float32)


def _canvas(height: int, *, axis: bool = True) -> tuple[Image.Image, ImageDraw.ImageDraw, tuple[int, int, int, int]]:
    sheet = Image.new("RGB", (_WIDTH, height), "white")
    plot = (_LEFT, _FONT // 2 + 2, _WIDTH - _RIGHT, height - (_BOTTOM if axis else _FONT // 2 + 2))
    return sheet, ImageDraw.Draw(sheet), plot


@cache
def _font() -> Any:
    return ImageFont.load_default(_FONT)


def _time_axis(draw: ImageDraw.ImageDraw, plot: tuple[int, int, int, int], duration_s: float) -> None:
    left, _, right, bottom = plot
    step = next((s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60) if duration_s / s <= 10), 120)
    for i in range(int(duration_s / step + 1e-6) + 1):
        x = left + (right - left) * i * step / max(duration_s, 1e-9)
        draw.line((x, bottom, x, bottom + 6), fill=_INK, width=2)
        label = f"{i * step:g}" + (" s" if i == 0 else "")
        draw.text((min(x, _WIDTH - 30), bottom + 8), label, fill=_INK, font=_font(), anchor="ma")
