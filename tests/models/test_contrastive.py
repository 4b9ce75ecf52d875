"""The contrastive loss at its ends, and that pictures learn to find their captions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from aigc_core.datasets import shapes
from aigc_core.models.contrastive import TwoTowers, loss
from aigc_core.training import images


def test_loss_of_chance_and_of_certainty() -> None:
    same = torch.nn.functional.normalize(torch.ones(8, 4), dim=1)
    assert float(loss(same, same, 0.1)) == pytest.approx(math.log(8))
    assert float(loss(torch.eye(8), torch.eye(8), 0.05)) < 1e-6


def test_pictures_find_their_captions() -> None:
    rng = np.random.default_rng(0)
    combinations = shapes.COMBINATIONS[:12]
    pictures = torch.from_numpy(np.stack([shapes.draw(*one, rng).ravel() for one in combinations]))
    captions = torch.tensor([shapes.caption(*one) for one in combinations])
    with images.seeded(0, 0, "cpu"):
        model = TwoTowers(pictures.shape[1], len(shapes.WORDS))
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(60):
        value = loss(*model(pictures, captions), 0.1)
        optimizer.zero_grad()
        torch.autograd.backward(value)
        optimizer.step()
    seen, told = model(pictures, captions)
    assert (seen @ told.T).argmax(1).tolist() == list(range(12))


def test_every_combination_can_be_drawn() -> None:
    rng = np.random.default_rng(1)
    for one in shapes.COMBINATIONS:
        picture = shapes.draw(*one, rng)
        assert picture.shape == (shapes.SIDE, shapes.SIDE, 3) and picture.min() >= 0 and picture.max() <= 1
        assert [shapes.WORDS[i] for i in shapes.caption(*one)] == list(one)
