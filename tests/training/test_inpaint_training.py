"""Training the inpainting network on a handful of drawn pictures: every term, resuming, what the discriminators may change."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from aigc_core import checkpoint
from aigc_core.datasets.photos import Photos, square
from aigc_core.engine import drain
from aigc_core.errors import InvalidRequestError
from aigc_core.models.features import efficientnet_lite, vgg16
from aigc_core.models.features.efficientnet_lite import EfficientNetLite0
from aigc_core.models.inpaint_net import InpaintConfig, InpaintNet
from aigc_core.training import images, inpaint, inpaint_losses
from aigc_core.training.inpaint import build, draw, fill, train
from aigc_core.training.inpaint_losses import TERMS, Config, cut, fullest_window, hole_error, losses_and_gradients
from aigc_core.types import Progress, Result

SMALL = InpaintConfig(width=8, max_width=8, blocks=(0, 0, 0), dilations=(1,), heads=1, key=2, detail=4, coarsest=16)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Six pictures, four steps of two; the discriminators come in at the third step."""
    data = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    rows = ["file,source,split"]
    for i in range(6):
        Image.fromarray(rng.integers(0, 255, (150, 140, 3), np.uint8)).save(data / f"{i}.png")
        rows.append(f"{i}.png,drawn,{'val' if i == 5 else 'train'}")
    (data / "metadata.csv").write_text("\n".join(rows))
    return Config(
        data=(data,), out=data / "run", kimg=0.008, batch=2, side=32, save_kimg=0.004, looked_at=1,
        adversarial=0.5, adversarial_from_kimg=0.004, model=SMALL,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def random_eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The frozen networks at random, so that nothing is fetched."""
    monkeypatch.setattr(inpaint, "HELD_OUT", 2)

    def vgg() -> vgg16.VGG16:
        return vgg16.VGG16().train(False).requires_grad_(False)

    monkeypatch.setattr(vgg16, "load", vgg)
    monkeypatch.setattr(efficientnet_lite, "fetch", lambda: Path())
    monkeypatch.setattr(efficientnet_lite, "load", lambda _: EfficientNetLite0().train(False).requires_grad_(False))


def weights(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def test_an_interrupted_run_ends_as_an_uninterrupted_one(config: Config, tmp_path: Path) -> None:
    *steps, last = train(replace(config, out=tmp_path / "whole"))
    assert [e.preview is not None for e in steps if isinstance(e, Progress)] == [False, True, False, True]
    assert isinstance(last, Result) and last.info["finished"]
    events = train(replace(config, out=tmp_path / "parts"))
    for _ in range(3):  # the state of step 2 is kept, step 3 is lost
        next(events)
    events.close()
    resumed = weights(drain(train(replace(config, out=tmp_path / "parts"))).output)
    for name, tensor in weights(last.output).items():
        torch.testing.assert_close(resumed[name], tensor, rtol=0, atol=0, msg=name)

    lines = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert {*TERMS, "val_psnr", "val_perceptual"} < lines[-1].keys()
    assert all(lines[-1][name] for name in TERMS) and not lines[0]["discriminator"]
    folder = tmp_path / "whole" / "ema"
    loaded = checkpoint.load(folder, InpaintNet(checkpoint.load_config(folder, InpaintConfig)))
    for name, tensor in last.output.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], tensor, rtol=1e-3, atol=1e-4, msg=name)


def test_reading_ahead_changes_nothing(config: Config, tmp_path: Path) -> None:
    plain = weights(drain(train(replace(config, out=tmp_path / "plain"))).output)
    threads = weights(drain(train(replace(config, out=tmp_path / "threads", workers=3))).output)
    for name, tensor in plain.items():
        torch.testing.assert_close(threads[name], tensor, rtol=0, atol=0, msg=name)


def test_reading_ahead_keeps_the_order_and_raises_what_reading_raised() -> None:
    def make(step: int) -> int:
        if step == 9:
            raise FileNotFoundError("gone")
        return step

    for workers in (0, 3):
        found = images.ahead(make, 4, workers)
        assert [next(found) for _ in range(5)] == [4, 5, 6, 7, 8]
        with pytest.raises(FileNotFoundError, match="gone"):
            next(found)


def test_gradients_stay_in_the_holes_and_the_adversary_adds_its_share(config: Config) -> None:
    run = build(config)
    batch = draw(Photos(config.data, "train"), config, np.random.default_rng(0))
    small, full = fill(run.model, batch)
    early, _ = losses_and_gradients(config, run, batch, small, full, step=0)
    assert not early[1][(batch.hole == 0).expand_as(full)].any(), "the photo itself is shown outside the hole"
    late, terms = losses_and_gradients(config, run, batch, small, full, step=2)
    assert terms[3] != 0 and torch.equal(late[0].isfinite(), torch.ones_like(late[0], dtype=torch.bool))
    without, _ = losses_and_gradients(replace(config, adversarial=0.0), run, batch, small, full, step=2)
    share = (late[1] - without[1]).norm() / without[1].norm()
    assert share.item() == pytest.approx(config.adversarial, rel=0.01)


def test_holes_cover_the_share_asked_for(config: Config) -> None:
    photos = Photos(config.data, "train")
    for seed in range(10):
        share = draw(photos, config, np.random.default_rng(seed)).hole.mean((1, 2, 3))
        assert bool(((share >= config.share[0]) & (share <= config.share[1])).all())


def test_the_error_is_the_mean_in_the_hole() -> None:
    got, wanted, hole = torch.zeros(2, 3, 4, 4), torch.ones(2, 3, 4, 4), torch.zeros(2, 1, 4, 4)
    hole[0, :, :2], hole[1, :, 0, 0] = 1, 1
    wanted[0, :, 2:] = 100
    wanted[1] = 3
    assert hole_error(got, wanted, hole).item() == pytest.approx((1 + 3) / 2)


def test_the_window_is_where_the_hole_is() -> None:
    hole = torch.zeros(1, 1, 64, 64)
    hole[..., :8, :8] = 1
    window = fullest_window(hole, 48, torch.Generator().manual_seed(0), tries=50)
    assert cut(hole, window, 48).shape == (1, 1, 48, 48) and cut(hole, window, 48).sum() > 0


def test_a_square_is_cut_from_the_picture_at_a_size_between_the_limits() -> None:
    picture = Image.fromarray(np.arange(100, dtype=np.uint8)[None, :, None].repeat(50, 0).repeat(3, 2))
    for seed in range(5):
        pixels = square(picture, np.random.default_rng(seed), 40, 48)
        assert pixels.shape == (40, 40, 3)
        steps = np.abs(np.diff(pixels[0, :, 0].astype(int)))
        assert 0.9 <= steps.mean() <= 50 / 40 + 0.1, "neither enlarged nor shrunk below the square"


def test_photos_without_the_split_are_refused(config: Config) -> None:
    with pytest.raises(InvalidRequestError, match="no pictures of split 'test'"):
        Photos(config.data, "test")


def test_a_loss_that_is_not_finite_stops_the_run(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inpaint_losses, "hole_error", lambda *_: torch.tensor(float("nan"), requires_grad=True))
    with pytest.raises(FloatingPointError, match="at step 1"):
        drain(train(replace(config, out=tmp_path)))
