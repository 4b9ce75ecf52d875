"""Sampling that agrees with the known part, for Gaussian data whose denoiser is exact."""

from __future__ import annotations

import torch

from aigc_core import runtime
from aigc_core.sampling.diffusion.restoration import restored
from aigc_core.sampling.diffusion.samplers import last
from aigc_core.sampling.diffusion.schedules import karras_sigmas

DEVIATION = 0.5
KNOWN = torch.tensor([1.0, -0.7])


def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """D of independent numbers of deviation 0.5."""
    return x * DEVIATION**2 / (sigma[:, None] ** 2 + DEVIATION**2)


def sample(seeds: range) -> torch.Tensor:
    def error(z: torch.Tensor) -> torch.Tensor:
        return (z[:, :2] - KNOWN).square().sum()

    sigmas = karras_sigmas(12, 0.02, 20.0, 5.0)
    x = float(sigmas[0]) * torch.cat([torch.randn(1, 6, generator=runtime.generator(s)) for s in seeds])
    steps = restored(
        denoise, x, sigmas, [runtime.generator(s) for s in seeds], error,
        data_deviation=DEVIATION, error_deviation=0.01, iterations=60, rate=0.1,
    )  # fmt: skip
    return last(steps)


def test_the_known_numbers_come_back_and_the_others_are_drawn() -> None:
    made = sample(range(200))
    assert (made[:, :2] - KNOWN).abs().max() < 0.05
    assert made[:, 2:].mean(0).abs().max() < 0.1
    assert 0.2 < made[:, 2:].std() < 0.6, "as wide as the data, or somewhat less"


def test_a_sample_depends_on_its_own_seed_alone_and_gradients_stay_as_they_were() -> None:
    with torch.inference_mode():
        alone, together = sample(range(1)), sample(range(3))
        assert torch.is_inference_mode_enabled()
    torch.testing.assert_close(alone[0], together[0], rtol=0, atol=1e-4)
    assert (together[1] - together[2]).abs().max() > 0.1
