"""Both sides of every formula of the lesson on sound and video."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from aigc_core import runtime
from aigc_core.lessons.figures.sound import notes, walk
from aigc_core.media import mel, spectrum, tones
from aigc_core.models.gan import sphere
from aigc_core.sampling.diffusion.latents import slerp
from aigc_core.sampling.music.tunes import SCALE, TONIC, tune


def test_no_window_beats_the_gaussian_and_the_gaussian_meets_the_bound() -> None:
    rate, n = 8000, 1024
    time = torch.arange(n) - (n - 1) / 2
    gaussian = torch.exp(-((time / 90) ** 2) / 2)
    bound = 1 / (4 * math.pi)
    assert math.prod(spectrum.spreads(gaussian, rate)) == pytest.approx(bound, rel=1e-3)
    for window in (torch.hann_window(n), torch.hamming_window(n) * torch.hann_window(n), torch.bartlett_window(n)):
        assert math.prod(spectrum.spreads(window, rate)) > bound


def test_a_window_twice_as_long_halves_the_frequency_spread() -> None:
    (short_t, short_f), (long_t, long_f) = (spectrum.spreads(torch.hann_window(n), 16_000) for n in (256, 512))
    assert long_t / short_t == pytest.approx(2, rel=0.02)
    assert short_f / long_f == pytest.approx(2, rel=0.02)


def test_the_inverse_transform_gives_the_samples_back() -> None:
    x = torch.randn(4000, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(spectrum.istft(spectrum.stft(x, 256, 64), 256, 64, 4000), x, atol=1e-4)


def test_griffin_lim_never_moves_away_from_the_magnitudes() -> None:
    x = torch.from_numpy(tones.vowels("ai", 0.3, 140.0))
    x = torch.nn.functional.pad(x, (512, 512))  # silence at the borders, where frames are cut
    S = spectrum.stft(x, 256, 64).abs()
    search = spectrum.griffin_lim(S, 30, hop_length=64, length=len(x), generator=runtime.generator(0))
    distances = [estimate.distance for estimate in search]
    assert all(b <= a + 1e-5 for a, b in itertools.pairwise(distances))
    assert distances[-1] < distances[0] / 2


def test_mels_are_steps_of_equal_ratio_high_up_and_of_equal_size_low_down() -> None:
    assert mel.hz_to_mel(1000) == pytest.approx(1000, abs=0.1)
    low = mel.hz_to_mel(60) - mel.hz_to_mel(40), mel.hz_to_mel(40) - mel.hz_to_mel(20)
    high = mel.hz_to_mel(32_000) - mel.hz_to_mel(16_000), mel.hz_to_mel(16_000) - mel.hz_to_mel(8000)
    assert low[0] == pytest.approx(low[1], rel=0.04)
    assert high[0] == pytest.approx(high[1], rel=0.04)


def test_mel_filters_have_their_peaks_evenly_spaced_in_mel() -> None:
    bank = runtime.torchaudio().functional.melscale_fbanks(4097, 0, 8000, 20, 16_000)
    peaks = [mel.hz_to_mel(float(i) * 8000 / 4096) for i in bank.argmax(0)]
    assert np.diff(peaks) == pytest.approx(np.full(19, mel.hz_to_mel(8000) / 21), rel=0.02)


@pytest.mark.parametrize("order", [1, 3, 6])
def test_next_note_probabilities_sum_to_one_and_mix_counts_with_shorter_contexts(order: int) -> None:
    model = notes._model(order)
    for before in ([], [0, 1, 2], [8, 0, 8, 0, 8, 0]):
        assert model.probabilities(notes.contexts(before, order)).sum() == pytest.approx(1)


def test_interpolation_by_hand() -> None:
    model = notes._model(2)
    context = notes.contexts([3], 2)
    upper, lower = model.levels
    row = upper.rows[context[0]]
    seen = slice(upper.starts[row], upper.starts[row + 1])
    d, counts = model.discounts[0], upper.counts[seen]
    single = lower.counts[lower.starts[0] : lower.starts[1]]
    general = np.full(len(SCALE), model.discounts[1] * len(single) / single.sum() / len(SCALE))
    general[lower.tokens[lower.starts[0] : lower.starts[1]]] += (single - model.discounts[1]) / single.sum()
    expected = d * len(counts) / counts.sum() * general
    expected[upper.tokens[seen]] += (counts - d) / counts.sum()
    assert model.probabilities(context) == pytest.approx(expected)


def test_tunes_answer_their_first_phrase_and_end_on_the_tonic() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        line = tune(rng)
        assert len(line) == 32 and line[8:12] == line[:4] and line[24:] == line[8:16] and line[-1] == TONIC
        assert min(line) >= 0 and max(line) < len(SCALE)


def test_the_arc_keeps_length_and_speed_where_the_chord_loses_both() -> None:
    a, b = sphere(runtime.noise((0, 1), (256,))).split(1)
    arc = [slerp(a, b, t) for t in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert [float(z.norm()) for z in arc] == pytest.approx([16.0] * 5, rel=1e-4)
    angles = [float(torch.nn.functional.cosine_similarity(p, q)) for p, q in itertools.pairwise(arc)]
    assert angles == pytest.approx([angles[0]] * 4, abs=1e-3)
    omega = math.acos(float(a @ b.T) / 256)
    assert float(((a + b) / 2).norm()) == pytest.approx(16 * math.cos(omega / 2), rel=1e-3)


def test_a_smooth_path_changes_less_than_frames_on_their_own() -> None:
    with torch.inference_mode():
        change = {
            kind: walk.generator()(walk.path(kind, 8, 0)).diff(dim=0).square().mean() for kind in ("noise", "arc")
        }
    assert change["arc"] < change["noise"] / 5
