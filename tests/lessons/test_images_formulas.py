"""Both sides of the formulas in the lesson on pictures, by the suite's own code."""

from __future__ import annotations

import pytest
import torch

from aigc_core import runtime
from aigc_core.models.features.perceptual import gram
from aigc_core.sampling.diffusion.samplers import sdedit
from aigc_core.sampling.diffusion.schedules import karras_sigmas
from aigc_core.training.one_picture import Config, paint


def test_gram_matrix_sums_over_places() -> None:
    """By a loop over the places; and the places' order does not matter."""
    maps = torch.randn(1, 3, 4, 5, generator=runtime.generator(0), dtype=torch.float64)
    by_hand = torch.zeros(3, 3, dtype=torch.float64)
    for row in range(4):
        for column in range(5):
            at = maps[0, :, row, column]
            by_hand += torch.outer(at, at) / (3 * 4 * 5)
    torch.testing.assert_close(gram(maps)[0], by_hand)
    order = torch.randperm(20, generator=runtime.generator(1))
    torch.testing.assert_close(gram(maps.flatten(2)[:, :, order].view_as(maps)), gram(maps))


def test_content_alone_and_style_alone_are_the_ends() -> None:
    content = torch.rand(1, 3, 24, 24, generator=runtime.generator(0)) * 2 - 1
    style = torch.sin(torch.arange(24.0))[None, None, :, None].expand(1, 3, 24, 24).contiguous()
    kept, painted = (list(paint(content, style, Config(weight=w, steps=50)))[-1] for w in (0.0, 1.0))
    assert kept.content < painted.content / 4
    assert painted.style < kept.style / 4


@pytest.mark.parametrize(("strength", "first"), [(0.0, 18), (0.5, 9), (1.0, 0)])
def test_strength_says_where_the_way_begins(strength: float, first: int) -> None:
    """k = round(n·(1 − strength)); the noise put on has σ_k's deviation."""
    sigmas, drawing = karras_sigmas(18), torch.zeros(1, 3, 40, 40, dtype=torch.float64)
    noisy, left = sdedit(drawing, sigmas, strength, [runtime.generator(0)])
    assert torch.equal(left, sigmas[first:])
    assert float(noisy.std()) == pytest.approx(float(sigmas[first]), rel=0.05)
