"""Losses on feature maps against values known by hand."""

from __future__ import annotations

import pytest
import torch

from aigc_core.models.features.perceptual import gram, hole_distance, hole_weights, total_variation


def test_gram_of_known_maps() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(1, 2, 1, 2)  # two channels, two places
    torch.testing.assert_close(gram(x)[0], torch.tensor([[5.0, 11.0], [11.0, 25.0]]) / 4)


def test_gram_does_not_see_where_things_are() -> None:
    x = torch.randn(1, 5, 6, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(gram(x), gram(x.flip(2, 3)))
    torch.testing.assert_close(gram(x.tile(1, 1, 2, 2)), gram(x))


def test_total_variation_of_a_ramp_and_a_flat_picture() -> None:
    ramp = torch.arange(8.0).expand(1, 3, 4, 8)
    assert total_variation(ramp).item() == 1
    assert total_variation(torch.full((1, 3, 4, 4), 0.7)).item() == 0


def test_distance_is_0_for_equal_2_for_orthogonal_and_4_for_opposite_features() -> None:
    hole = torch.ones(1, 1, 4, 4)
    a = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, 4, 4)
    b = torch.tensor([0.0, 3.0]).view(1, 2, 1, 1).expand(1, 2, 4, 4)
    for other, far in ((5 * a, 0.0), (b, 2.0), (-a, 4.0)):
        assert hole_distance([a], [other], hole).item() == pytest.approx(far, abs=1e-5)


def test_only_the_hole_counts_at_every_scale() -> None:
    rng = torch.Generator().manual_seed(0)
    hole = torch.zeros(2, 1, 16, 16)
    hole[0, :, 2:6, 2:10] = 1
    hole[1, :, 8:16] = 1
    wanted = [torch.rand(2, 3, s, s, generator=rng) for s in (16, 8, 4)]
    got = [m.clone() for m in wanted]
    for m in got:
        outside = torch.nn.functional.interpolate(hole, size=m.shape[-2:], mode="area") == 0
        m[outside.expand_as(m)] = 9
    assert hole_distance(wanted, got, hole).abs().max() < 1e-5
    for weight in hole_weights(hole, wanted):
        torch.testing.assert_close(weight.sum((1, 2, 3)), torch.ones(2))
