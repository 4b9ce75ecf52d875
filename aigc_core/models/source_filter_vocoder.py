"""A vocoder of pulses and noise under learned filters: log-mel spectrum and pitch to sound, cheap enough for a CPU.

Speech is a source (pulses of the vocal folds, noise of the breath) shaped by the mouth (Fant 1960). Here the source is computed,
and a network of ConvNeXt blocks says, frame by frame, how each frequency k of it is to be weakened and turned:

    S[k, m] = P[k, m] · exp(a[k, m] + iφ[k, m]) + N[k, m] · exp(b[k, m])

P and N are the short-time spectra of a pulse train at the wanted pitch and of white noise; an inverse Fourier transform gives the
samples, as in Vocos (Siuzdak 2023, arXiv 2306.00814), which has to invent all phases. Neural source-filter models (Wang et al.
2019, arXiv 1810.11946) filter in the time domain instead.

Loss: spectral convergence and log magnitude at three resolutions (Yamamoto et al. 2019, arXiv 1910.11480).

Shapes: B batch, M frames of 300 samples, T = 300·M samples, K = 513 frequencies.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aigc_core.models.convnext import KERNEL, Blocks
from aigc_core.models.features import log_mel
from aigc_core.models.features.log_mel import (
    HOP,
    MEL_CENTRE,
    MEL_SCALE,
    N_FFT,
    N_MELS,
    PITCH_CENTRE,
    PITCH_SCALE,
    SAMPLE_RATE,
)

RESOLUTIONS = ((512, 128), (1024, 256), (2048, 512))
"""Window and hop, in samples, of the loss' spectra."""
LOUDEST = 4.0
"""Largest logarithm of a filter's gain."""


@dataclass(frozen=True, kw_only=True)
class VocoderConfig:
    width: int = 192
    blocks: int = 5


class SourceFilterVocoder(nn.Module):
    """The network."""

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Conv1d(N_MELS + 2, config.width, KERNEL, padding=KERNEL // 2)
        self.trunk = Blocks(config.width, config.blocks)
        self.head = nn.Linear(config.width, 3 * (N_FFT // 2 + 1))
        nn.init.normal_(self.head.weight, std=0.01)
        with torch.no_grad():
            gains, phases, _ = self.head.bias.view(3, -1)
            self.head.bias.fill_(-3.0)  # speech is weaker than a source of power 1
            phases.zero_()
            gains.fill_(-3.0)

    def forward(self, mel: Tensor, f0: Tensor, noise: Tensor) -> Tensor:
        """Sound.

        Args:
            mel: Log-mel spectrum, (B, M, N_MELS).
            f0: Hz, (B, M), 0 where unvoiced.
            noise: N(0, 1), (B, T).

        Returns:
            (B, T)
        """
        voiced = (f0 > 0).to(mel.dtype)
        pitch = (f0.clamp(min=20).log() - PITCH_CENTRE) / PITCH_SCALE * voiced
        seen = torch.cat([(mel - MEL_CENTRE) / MEL_SCALE, pitch[..., None], voiced[..., None]], dim=-1)  # (B, M, 82)
        x = self.trunk(self.embed(seen.transpose(1, 2)).transpose(1, 2))
        a, phase, b = self.head(x).float().transpose(1, 2).chunk(3, dim=1)  # (B, K, M) each
        harmonic = log_mel.stft(pulses(f0)) * torch.polar(a.clamp(max=LOUDEST).exp(), phase)
        breath = log_mel.stft(noise) * b.clamp(max=LOUDEST).exp()
        return log_mel.istft(harmonic + breath)


def pulses(f0: Tensor) -> Tensor:
    """A pulse at each period, of power 1 while voiced; (B, M) in Hz to (B, T).

    A pulse that falls between two samples is shared out between them.
    """
    frequency = f0.double().repeat_interleave(HOP, dim=1) / SAMPLE_RATE  # cycles a sample
    phase = frequency.cumsum(1)
    whole = phase.floor()
    struck = torch.diff(whole, dim=1, prepend=torch.zeros_like(whole[:, :1])) > 0
    late = ((phase - whole) / frequency.clamp(min=1e-6)).clamp(0, 1)  # samples since the pulse
    height = struck / frequency.clamp(min=1e-6).sqrt()
    now, before = height * (1 - late), height * late
    return (now + F.pad(before[:, 1:], (0, 1))).to(f0.dtype)


def spectral_loss(made: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Spectral convergence ‖|Ŝ| − |S|‖ / ‖|S|‖ and mean |log |Ŝ| − log |S||, averaged over resolutions; (B, T) each."""
    convergence, logarithm = [], []
    for n_fft, hop in RESOLUTIONS:
        ours, theirs = (_magnitude(x, n_fft, hop) for x in (made, wanted))
        convergence.append((ours - theirs).norm() / theirs.norm().clamp(min=1e-3))
        logarithm.append((ours.log() - theirs.log()).abs().mean())
    return torch.stack(convergence).mean(), torch.stack(logarithm).mean()


def _magnitude(samples: Tensor, n_fft: int, hop: int) -> Tensor:
    spectrum = log_mel.stft(samples, n_fft, hop)
    return (spectrum.real.square() + spectrum.imag.square() + 1e-6).sqrt()
