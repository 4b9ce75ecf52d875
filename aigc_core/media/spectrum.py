"""Sound as a spectrogram and back: the short-time Fourier transform, its uncertainty, and Griffin and Lim's search for phases.

Short-time Fourier transform of samples x under a window w, frame m and frequency k:  X[k, m] = Σ_n w[n] x[n + m·hop] e^(−2πikn/N)

No window is narrow in time and in frequency at once (Gabor 1946): σ_t σ_f ≥ 1/4π, with equality for a Gaussian.

Griffin and Lim, "Signal estimation from modified short-time Fourier transform" (1984): given magnitudes S alone, alternate

    x ← istft(S · e^(i·phase)),    phase ← angle(stft(x))

The inverse is the least-squares one, so the distance ‖|stft(x)| − S‖ never grows. With momentum α (Perraudin et al. 2013, "A
fast Griffin-Lim algorithm") the phase is taken of c_n + α(c_n − c_{n−1}), c_n = stft(x_n): faster, without that promise.

Shapes: T samples, K = N/2 + 1 frequencies, M frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor


def stft(samples: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """Complex spectrogram under a Hann window, frames centred; (T,) to (K, M)."""
    window = torch.hann_window(n_fft)
    return torch.stft(samples, n_fft, hop_length, window=window, pad_mode="constant", return_complex=True)


def istft(spectrogram: Tensor, n_fft: int, hop_length: int, length: int) -> Tensor:
    """The samples whose :func:`stft` comes nearest to a spectrogram in the least-squares sense; (K, M) to (length,)."""
    return torch.istft(spectrogram, n_fft, hop_length, window=torch.hann_window(n_fft), length=length)


def decibels(power: Tensor, floor: float = -70.0) -> Tensor:
    """10·log10 of a power below its largest value, at least ``floor``."""
    level = 10 * power.clamp(min=1e-12).log10()
    return (level - level.max()).clamp(min=floor)


def spreads(window: Tensor, sample_rate: int) -> tuple[float, float]:
    """Standard deviations of a window's energy in time (s) and in frequency (Hz).

    Args:
        window: (N,), close to 0 at both ends.
    """
    time = torch.arange(len(window), dtype=torch.float64) / sample_rate
    spectrum = torch.fft.fft(window.double(), 16 * len(window))
    frequency = torch.fft.fftfreq(len(spectrum), 1 / sample_rate, dtype=torch.float64)
    return _deviation(time, window.double().square()), _deviation(frequency, spectrum.abs().square())


def _deviation(at: Tensor, energy: Tensor) -> float:
    density = energy / energy.sum()
    mean = (at * density).sum()
    return float(((at - mean).square() * density).sum().sqrt())


class Estimate(NamedTuple):
    """A sound so far."""

    samples: Tensor
    """(T,)"""
    distance: float
    """Spectral convergence ‖|stft(x)| − S‖ / ‖S‖."""


def griffin_lim(
    magnitude: Tensor, steps: int, *, hop_length: int, length: int, generator: torch.Generator, momentum: float = 0.0
) -> Iterator[Estimate]:
    """Look for a sound with the given magnitudes, from random phases; one :class:`Estimate` a step.

    Args:
        magnitude: (K, M) of a Hann window of N = 2(K − 1) samples.
        length: T, samples of the sound.
        momentum: α in [0, 1).
    """
    n_fft = 2 * (len(magnitude) - 1)
    phase = torch.rand(magnitude.shape, generator=generator) * 2 * torch.pi
    before = torch.zeros_like(phase, dtype=torch.complex64)
    for _ in range(steps):
        samples = istft(torch.polar(magnitude, phase), n_fft, hop_length, length)
        spectrogram = stft(samples, n_fft, hop_length)
        distance = float((spectrogram.abs() - magnitude).norm() / magnitude.norm())
        phase = (spectrogram + momentum * (spectrogram - before)).angle()
        before = spectrogram
        yield Estimate(samples, distance)
