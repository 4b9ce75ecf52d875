"""Style transfer by pixels: each weight's end wins its own loss, and the Gram matrix forgets where things are."""

from __future__ import annotations

import pytest
import torch

from aigc_core import runtime
from aigc_core.models.features.perceptual import gram
from aigc_core.models.features.random_filters import RandomFilters
from aigc_core.training.one_picture import Config, paint


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    stripes = torch.sin(torch.arange(24.0))[None, None, :, None].expand(1, 3, 24, 24)
    return torch.rand(1, 3, 24, 24, generator=runtime.generator(0)) - 0.5, stripes.contiguous()


def test_weight_decides_which_loss_wins() -> None:
    content, style = pictures()
    kept = list(paint(content, style, Config(weight=0.0, steps=25)))[-1]
    painted = list(paint(content, style, Config(weight=0.95, steps=25)))
    assert kept.content < 0.05 < painted[-1].content
    assert painted[-1].style < painted[0].style / 2 and painted[-1].style < kept.style


def test_gram_matrices_do_not_know_places() -> None:
    maps = RandomFilters()(pictures()[0])[0]
    shuffled = maps.flatten(2)[:, :, torch.randperm(24 * 24, generator=runtime.generator(1))].view_as(maps)
    torch.testing.assert_close(gram(shuffled), gram(maps), rtol=1e-4, atol=1e-6)


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="weight"):
        Config(weight=1.5)
