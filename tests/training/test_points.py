"""Networks on points come near what is known to be the best, and the same seed trains the same network."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import pytest
import torch

from aigc_core import runtime
from aigc_core.models import gaussian_mixture
from aigc_core.sampling.diffusion import flow
from aigc_core.sampling.diffusion.schedules import flow_times
from aigc_core.training import points
from aigc_core.training.points import Config

Trained = TypeVar("Trained")


def run(training: Generator[float, None, Trained]) -> tuple[list[float], Trained]:
    losses = []
    while True:
        try:
            losses.append(next(training))
        except StopIteration as done:
            return losses, done.value


def test_denoiser_comes_near_the_floor_and_not_below() -> None:
    data, config = gaussian_mixture.ring(4), Config(steps=300)
    losses, _ = run(points.denoiser(data, config))
    best = points.floor(data, config)
    late = sum(losses[-100:]) / 100
    assert losses[0] > 1.3 * best
    assert best - 0.03 < late < best + 0.06


def test_reflow_straightens_and_distillation_lands_where_the_sampler_does() -> None:
    data, config = gaussian_mixture.ring(4, deviation=0.2), Config(steps=250)
    noise = torch.randn(1500, 2, generator=runtime.generator(0), dtype=torch.float64)
    way = torch.stack([noise, *flow.euler(flow.velocity_of(data), noise, flow_times(40))])
    _, velocity = run(points.reflowed(noise, way[-1], config))
    again = torch.stack([noise.float(), *flow.euler(velocity, noise.float(), flow_times(40))])
    assert flow.detour(again).median() < flow.detour(way).median() / 5
    _, student = run(points.distilled(noise, way[-1], config))
    one_step = noise - flow.velocity_of(data)(noise, torch.ones(len(noise)).double())
    missed = (student(noise.float(), torch.zeros(len(noise))) - way[-1]).norm(dim=1).mean()
    assert missed < (one_step - way[-1]).norm(dim=1).mean() / 4


def test_same_seed_same_network() -> None:
    data, config = gaussian_mixture.moons(10), Config(steps=5)
    (_, first), (_, second) = run(points.denoiser(data, config)), run(points.denoiser(data, config))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="steps"):
        Config(steps=0)
