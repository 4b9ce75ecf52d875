"""The evaluation of painted styles: pixels that follow the losses end below a random network, and the table says so."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_core.evaluation import style
from aigc_core.models.features import vgg16
from aigc_core.models.style_net import StyleConfig, StyleNet


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> style.Judge:
    torch.manual_seed(0)
    monkeypatch.setattr(vgg16, "load", lambda: vgg16.VGG16().requires_grad_(False))
    rng = np.random.default_rng(0)
    return style.Judge([Image.fromarray(rng.integers(0, 255, (48, 48, 3), np.uint8)) for _ in range(2)])


def test_slow_painting_lowers_the_losses_it_is_judged_by(judge: style.Judge) -> None:
    squares = torch.rand(1, 3, 32, 32) * 2 - 1
    model = StyleNet(StyleConfig(styles=("a", "b"), width=8, blocks=1)).train(False)
    made = style.evaluate(model, judge, squares, gatys=2, steps=12)
    assert [len(made[name]) for name in ("network", "photo", "gatys")] == [2, 2, 2]
    assert all(slow[0] < photo[0] for slow, photo in zip(made["gatys"], made["photo"], strict=True))
    assert all(photo[1] == 0 for photo in made["photo"]), "the photo has its own content"
    assert "| gatys | 2 |" in style.table(made) and "on 2 pairs" in style.verdict(made)


def test_the_verdict_compares_pair_by_pair_and_in_the_mean() -> None:
    def scores(*totals: float) -> list[list[float]]:
        return [[total, 0, 0, 0] for total in totals]

    made = {"network_beside_gatys": scores(3.0, 1.0, 1.0), "gatys": scores(1.0, 1.0, 1.0)}
    said = style.verdict(made)
    assert "3 pairs: 1.67 (median 1.00, worst 3.00; 2 of 3 within 1.5)" in said and said.endswith("is not met.")
    made["network_beside_gatys"][0][0] = 2.4
    assert style.verdict(made).endswith("is met.")
    assert style.verdict({"network_beside_gatys": [], "gatys": []}) == ""


def test_the_photo_itself_is_left_as_it_was(judge: style.Judge) -> None:
    photo = torch.rand(1, 3, 32, 32) * 2 - 1
    before = photo.clone()
    painted = style.slow_painting(judge, photo, 1, steps=3)
    assert torch.equal(photo, before) and painted.abs().max() <= 1 and not torch.equal(painted, photo)
