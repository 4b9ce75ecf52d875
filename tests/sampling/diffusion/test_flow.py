"""Flow matching's ODE against the diffusion samplers': one process in two units."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_core import runtime
from aigc_core.models import gaussian_mixture
from aigc_core.models.gaussian_mixture import GaussianMixture
from aigc_core.sampling.diffusion import flow
from aigc_core.sampling.diffusion.samplers import heun
from aigc_core.sampling.diffusion.samplers import last as sample
from aigc_core.sampling.diffusion.schedules import flow_times, karras_sigmas


def test_same_ends_as_the_probability_flow() -> None:
    data = gaussian_mixture.ring(3, deviation=0.3)
    noise = torch.randn(40, 2, generator=runtime.generator(0), dtype=torch.float64)
    flown = flow.last(flow.euler(flow.velocity_of(data), noise, flow_times(2000)))
    sigmas = karras_sigmas(120, 0.001, 1000.0)
    diffused = sample(heun(data, 1000.0 * noise, sigmas))
    assert float((flown - diffused).norm(dim=1).median()) < 0.01


def test_velocity_of_a_gaussian() -> None:
    """Data N(0, s²): x_t has variance (1−t)²s² + t², and the way is a change of scale, so v = x·d ln(deviation)/dt."""
    data, t, s = GaussianMixture(means=torch.zeros(1, 2).double(), deviation=0.5), 0.3, 0.5
    x = torch.randn(5, 2, generator=runtime.generator(1), dtype=torch.float64)
    expected = x * (t - (1 - t) * s**2) / ((1 - t) ** 2 * s**2 + t**2)
    torch.testing.assert_close(flow.velocity_of(data)(x, torch.full((5,), t).double()), expected)


def test_detour_of_a_half_circle() -> None:
    angles = torch.linspace(0, math.pi, 500, dtype=torch.float64)
    bend = torch.stack([angles.cos(), angles.sin()], 1)[:, None]
    straight = torch.linspace(0, 1, 9).double()[:, None, None].expand(9, 1, 2)
    assert float(flow.detour(bend)) == pytest.approx(math.pi / 2 - 1, abs=1e-4)
    assert float(flow.detour(straight)) == pytest.approx(0, abs=1e-12)
