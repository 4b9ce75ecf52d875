"""The vocoder's source, its Fourier transform and its shapes."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_core.models import source_filter_vocoder
from aigc_core.models.features import log_mel
from aigc_core.models.source_filter_vocoder import SourceFilterVocoder, VocoderConfig, pulses, spectral_loss


@pytest.mark.parametrize("frames", [5, 40])
def test_the_inverse_transform_gives_the_samples_back(frames: int) -> None:
    samples = torch.randn(2, 300 * frames, generator=torch.Generator().manual_seed(0))
    spectrum = log_mel.stft(samples)
    assert spectrum.shape == (2, 513, frames)
    assert torch.allclose(log_mel.istft(spectrum), samples, atol=1e-4)


def test_a_louder_tone_raises_its_own_band() -> None:
    time = torch.arange(24_000) / 24_000
    tone = torch.sin(2 * math.pi * 1000 * time)[None]
    mel = log_mel.log_mel(tone)[0, 40]
    centres = 700 * (10 ** (torch.linspace(0, 2595 * math.log10(1 + 12_000 / 700), 82)[1:-1] / 2595) - 1)
    assert abs(float(centres[mel.argmax()]) - 1000) < 60
    quieter = log_mel.log_mel(tone / 2)[0, 40]
    assert float((mel - quieter)[mel.argmax()]) == pytest.approx(math.log(2), abs=1e-4)


@pytest.mark.parametrize("hertz", [110.0, 233.0])
def test_pulses_come_at_the_pitch_with_power_one(hertz: float) -> None:
    train = pulses(torch.full((1, 160), hertz))  # two seconds
    assert train.shape == (1, 48_000)
    assert float(train.sum()) == pytest.approx(2 * hertz * math.sqrt(24_000 / hertz), rel=0.01)
    spectrum = torch.fft.rfft(train[0]).abs()
    assert (
        abs(int(spectrum[40:].argmax()) + 40 - 2 * hertz * round((int(spectrum[40:].argmax()) + 40) / (2 * hertz))) <= 1
    )
    assert not pulses(torch.zeros(1, 8)).any()


def test_the_network_is_small_and_gives_a_sample_for_each_of_the_source() -> None:
    model = SourceFilterVocoder(VocoderConfig())
    assert sum(p.numel() for p in model.parameters()) < 2_000_000
    made = model(torch.randn(2, 12, 80), torch.full((2, 12), 200.0), torch.randn(2, 3600))
    assert made.shape == (2, 3600) and bool(torch.isfinite(made).all())
    torch.autograd.backward(made.square().mean())
    assert all(p.grad is not None and bool(p.grad.any()) for p in model.parameters())


def test_a_sound_is_at_no_distance_from_itself_and_scaling_it_is() -> None:
    samples = torch.randn(1, 6000)
    assert float(torch.stack(spectral_loss(samples, samples)).sum()) == 0
    convergence, logarithm = spectral_loss(2 * samples, samples)
    assert float(convergence) == pytest.approx(1.0, abs=1e-3) and float(logarithm) == pytest.approx(
        math.log(2), abs=0.02
    )


def test_no_filter_amplifies_without_bound() -> None:
    model = SourceFilterVocoder(VocoderConfig(width=32, blocks=1))
    with torch.no_grad():
        model.head.bias.fill_(1e4)
        made = model(torch.zeros(1, 10, 80), torch.full((1, 10), 150.0), torch.randn(1, 3000))
    assert float(made.abs().max()) < math.exp(source_filter_vocoder.LOUDEST) * 100
