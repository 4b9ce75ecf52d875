"""Log-mel spectra for speech models, and the short-time Fourier transform whose frames line up with them.

Frames of ``HOP`` samples: frame m is centred in the middle of samples [m·HOP, (m + 1)·HOP), so T samples have exactly T / HOP
frames, as many as the teacher's values of pitch and energy.

Shapes: B batch, T samples, M frames, K = N_FFT / 2 + 1 frequencies.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

SAMPLE_RATE = 24_000
HOP = 300
"""Samples a frame, 12.5 ms."""
N_FFT = 1024
N_MELS = 80
FLOOR = 1e-5
"""Smallest magnitude."""
MEL_CENTRE, MEL_SCALE = -3.0, 3.5
"""Log-mel values less the centre, divided by the scale, are what networks see."""
PITCH_CENTRE, PITCH_SCALE = math.log(200.0), 0.25
"""The same for the logarithm of F0 in Hz."""
_EDGE = (N_FFT - HOP) // 2


def stft(samples: Tensor, n_fft: int = N_FFT, hop: int = HOP) -> Tensor:
    """Complex spectrum under a Hann window, (B, T) to (B, K, T / hop)."""
    edge = (n_fft - hop) // 2
    padded = F.pad(samples, (edge, n_fft - hop - edge))
    return torch.stft(padded, n_fft, hop, window=window(n_fft, samples.device), center=False, return_complex=True)


def istft(spectrum: Tensor) -> Tensor:
    """The samples whose :func:`stft` is nearest to a spectrum, (B, K, M) to (B, M·HOP): windowed, added, divided by Σ window²."""
    B, _, M = spectrum.shape
    hann = window(N_FFT, spectrum.device)
    frames = torch.fft.irfft(spectrum, N_FFT, dim=1) * hann[None, :, None]  # (B, N, M)
    length = N_FFT + HOP * (M - 1)
    added = F.fold(frames, (1, length), (1, N_FFT), stride=(1, HOP)).view(B, length)
    squares = hann.square()[None, :, None].expand(1, -1, M)
    weight = F.fold(squares, (1, length), (1, N_FFT), stride=(1, HOP)).view(1, length)
    inside = slice(_EDGE, _EDGE + M * HOP)
    return added[:, inside] / weight[:, inside].clamp(min=1e-4)


def log_mel(samples: Tensor) -> Tensor:
    """Natural logarithm of mel-pooled magnitudes, at least log ``FLOOR``; (B, T) to (B, M, N_MELS)."""
    magnitude = stft(samples).abs().transpose(1, 2)  # (B, M, K)
    return (magnitude @ filters(samples.device)).clamp(min=FLOOR).log()


@cache
def window(n_fft: int, device: torch.device) -> Tensor:
    return torch.hann_window(n_fft, device=device)


@cache
def filters(device: torch.device) -> Tensor:
    """Triangles with centres evenly spaced on the mel scale 2595·log10(1 + f/700) up to half the sample rate, each of area 1;
    (K, N_MELS)."""
    top = 2595 * torch.log10(torch.tensor(1 + SAMPLE_RATE / 2 / 700))
    edges = 700 * (10 ** (torch.linspace(0, float(top), N_MELS + 2) / 2595) - 1)  # Hz
    frequency = torch.linspace(0, SAMPLE_RATE / 2, N_FFT // 2 + 1)[:, None]  # (K, 1)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (frequency - low) / (centre - low), (high - frequency) / (high - centre)
    triangles = torch.minimum(rising, falling).clamp(min=0)  # (K, N_MELS)
    return (triangles / triangles.sum(0).clamp(min=1e-6)).to(device)
