"""Toy GANs: what the discriminator sees of a batch, determinism, modes counted, and that the ring is learned."""

from __future__ import annotations

import pytest
import torch

from aigc_core.datasets.plane import grid, ring
from aigc_core.models.toy_gan import Discriminator, Generator, ToyGANConfig, deviation
from aigc_core.training.toy_gan import Config, train


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_collapsed_batch_is_seen_by_its_deviation() -> None:
    varied = torch.randn(64, 2, generator=rng())
    assert float(deviation(varied, 16).mean()) > 0.5
    assert float(deviation(torch.ones(64, 2), 16).max()) < 1e-3


def test_networks_leave_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    Generator(ToyGANConfig(), rng())
    Discriminator(ToyGANConfig(group=4), rng())
    assert torch.equal(torch.random.get_rng_state(), before)


def test_covered_counts_modes_and_what_lies_near_them() -> None:
    mixture = ring()
    assert mixture.covered(mixture.sample(2000, rng()))[0] == 8
    assert mixture.covered(mixture.centres[:3].repeat(100, 1)) == (3, 1.0)
    assert mixture.covered(torch.zeros(100, 2)) == (0, 0.0)


def test_a_mixture_integrates_to_one() -> None:
    line = torch.linspace(-4, 4, 401)
    density = grid().log_density(torch.cartesian_prod(line, line)).exp()
    assert float(density.sum() * (line[1] - line[0]) ** 2) == pytest.approx(1, abs=1e-3)


def test_the_ring_is_learned_unless_the_discriminator_is_slow() -> None:
    mixture = ring()
    modes = {}
    for rate in (5e-3, 2e-4):
        *_, last = train(Config(d_lr=rate), mixture.sample)
        with torch.no_grad():
            modes[rate] = mixture.covered(last.generator.sample(2000, rng()))[0]
    assert modes[5e-3] >= 7
    assert modes[2e-4] <= 4


@pytest.mark.parametrize("settings", [{}, {"loss": "wasserstein", "penalty": 0.3}, {"loss": "hinge", "gamma": 0.5}])
def test_the_same_seed_gives_the_same_generator(settings: dict[str, object]) -> None:
    ends = []
    for _ in range(2):
        *_, last = train(Config(steps=5, **settings), ring().sample)  # type: ignore[arg-type]
        ends.append(last.generator.sample(8, rng()).detach())
    assert torch.equal(*ends)


def test_unknown_losses_and_uneven_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="loss must be one of"):
        Config(loss="cross")
    with pytest.raises(ValueError, match="multiple of the group 16"):
        Config(batch=100, model=ToyGANConfig(group=16))


def test_a_diverging_game_names_its_step() -> None:
    with pytest.raises(FloatingPointError, match="at step"):
        for _ in train(Config(loss="wasserstein", lr=1e18, d_lr=1e18, steps=50), ring().sample):
            pass
