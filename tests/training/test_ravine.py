"""Descent on a quadratic against its closed form, the edge of stability, and the floor that noise leaves."""

from __future__ import annotations

import pytest
import torch

from aigc_core.training.ravine import Config, descend, loss


def test_each_direction_shrinks_by_its_own_factor() -> None:
    way = descend(Config(lr=0.15, steps=20))
    t = torch.arange(21)
    expected = torch.stack([(1 - 0.15 * 10) ** t * 1.0, (1 - 0.15 * 0.5) ** t * 8.0], 1)
    torch.testing.assert_close(way, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("lr", "diverges"), [(0.19, False), (0.21, True)])
def test_two_over_the_largest_curvature_is_the_edge(lr: float, diverges: bool) -> None:
    way = descend(Config(lr=lr, steps=200))
    assert bool(way[-1].norm() > way[0].norm()) == diverges


def test_momentum_crosses_the_flat_direction_sooner() -> None:
    curvatures = torch.tensor(Config().curvatures)
    plain, momentum = (loss(descend(Config(lr=0.02, optimizer=name))[-1], curvatures) for name in ("sgd", "momentum"))
    assert momentum < 0.1 * plain


def test_noise_leaves_a_floor_that_falls_with_the_learning_rate() -> None:
    curvatures = torch.tensor((1.0, 1.0))
    floors = []
    for lr in (0.4, 0.04):
        way = descend(Config(curvatures=(1.0, 1.0), start=(0.0, 0.0), lr=lr, noise=1.0, steps=1500))
        floors.append(float(loss(way, curvatures)[200:].mean()))
    assert floors == [pytest.approx(lr / (2 - lr), rel=0.25) for lr in (0.4, 0.04)]  # ½·2·η²s²/(1 − (1 − η)²)


def test_an_unknown_optimizer_is_refused() -> None:
    with pytest.raises(ValueError, match="sgd, momentum or adam"):
        descend(Config(optimizer="lion"))
