"""Training the style network on drawn pictures: resuming, losses, a new style on a trained trunk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_core.datasets import paintings
from aigc_core.engine import drain
from aigc_core.models import gatys
from aigc_core.models.features import vgg16
from aigc_core.models.features.perceptual import gram
from aigc_core.models.gatys import losses, style_loss
from aigc_core.training import style
from aigc_core.training.style import Config, painting_grams, train
from aigc_core.types import Progress, Result


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    root = tmp_path_factory.mktemp("style")
    rng = np.random.default_rng(0)
    for folder, names in (("photos", "abcd"), ("paintings", ("ink_wash", "oil"))):
        (root / folder).mkdir()
        for name in names:
            Image.fromarray(rng.integers(0, 255, (170, 180, 3), np.uint8)).save(root / folder / f"{name}.png")
    rows = ["file,split", "a.png,train", "b.png,train", "c.png,train", "d.png,val"]
    (root / "photos" / "metadata.csv").write_text("\n".join(rows))
    return Config(
        data=(root / "photos",), styles=root / "paintings", out=root / "run", kimg=0.008, batch=2, side=32,
        style_side=48, save_kimg=0.004, width=8, blocks=1,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def random_eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    def vgg() -> vgg16.VGG16:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return vgg16.VGG16().train(False).requires_grad_(False)

    monkeypatch.setattr(vgg16, "load", vgg)
    monkeypatch.setattr(style, "SHEET_SIDE", 32)


def test_an_interrupted_run_ends_as_an_uninterrupted_one(config: Config, tmp_path: Path) -> None:
    *steps, last = train(replace(config, out=tmp_path / "whole"))
    assert [e.preview is not None for e in steps if isinstance(e, Progress)] == [False, True, False, True]
    assert isinstance(last, Result) and last.info["finished"]
    assert last.output.config.styles == ("ink-wash", "oil")
    events = train(replace(config, out=tmp_path / "parts"))
    for _ in range(3):
        next(events)
    events.close()
    resumed = drain(train(replace(config, out=tmp_path / "parts"))).output.state_dict()
    for name, tensor in last.output.state_dict().items():
        torch.testing.assert_close(resumed[name], tensor, rtol=0, atol=0, msg=name)
    lines = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert set(style.TERMS) < lines[-1].keys() and len(lines) == 2
    kept = gatys.load_grams(tmp_path / "whole" / gatys.FILE)
    assert [layer.shape[0] for layer in kept] == [2] * 4
    assert Image.open(tmp_path / "whole" / "samples.png").size == (4 * 32, 3 * 32)


def test_a_painting_has_its_own_style_and_a_photo_its_own_content(config: Config) -> None:
    vgg = vgg16.load()
    picture = paintings.load(config.styles, 64)["oil"]
    x = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    wanted = painting_grams(vgg, [picture], "cpu")
    content, same, _ = losses(vgg, x, x, wanted)
    assert content.item() == pytest.approx(0, abs=1e-6) and same.item() == pytest.approx(0, abs=1e-4)
    other = losses(vgg, x, -x.flip(2) / 3, wanted)
    assert other[0] > 0.01 and other[1] > 0.01


def test_style_is_in_units_of_the_paintings_own() -> None:
    """Nothing at all is 1 away, twice the contrast of all maps 3² away."""
    maps = [torch.rand(1, c, 4, 4, generator=torch.Generator().manual_seed(c)) for c in (3, 5)]
    wanted = [gram(m) for m in maps]
    assert style_loss([0 * m for m in maps], wanted).item() == pytest.approx(1)
    assert style_loss([2 * m for m in maps], wanted).item() == pytest.approx(9, rel=1e-4)


def test_a_new_style_is_trained_on_a_trained_trunk(config: Config, tmp_path: Path) -> None:
    base = drain(train(replace(config, out=tmp_path / "base"))).output
    one = tmp_path / "one"
    one.mkdir()
    Image.fromarray(np.random.default_rng(9).integers(0, 255, (60, 60, 3), np.uint8)).save(one / "mine.png")
    new = drain(train(replace(config, styles=one, base=tmp_path / "base" / "ema", out=tmp_path / "new"))).output
    assert new.config.styles == ("mine",)
    for (name, old), learnt in zip(base.state_dict().items(), new.state_dict().values(), strict=True):
        if not name.endswith((".scale", ".shift")):
            torch.testing.assert_close(learnt, old, rtol=1e-3, atol=1e-4, msg=name)
    with pytest.raises(ValueError, match="holds 2"):
        drain(train(replace(config, base=tmp_path / "base" / "ema", out=tmp_path / "two")))
