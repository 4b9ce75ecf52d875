"""Training the face GAN on a handful of drawn pictures: resuming, determinism, divergence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_core import checkpoint
from aigc_core.datasets import faces
from aigc_core.engine import drain
from aigc_core.errors import InvalidRequestError
from aigc_core.models.features.efficientnet_lite import EfficientNetLite0
from aigc_core.models.gan import Generator, GeneratorConfig
from aigc_core.training import faces_gan
from aigc_core.training.averaging import update_ema
from aigc_core.training.faces_gan import Config, train
from aigc_core.types import Progress, Result


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Eight 32×32 pictures, a random backbone, four steps of two."""
    root = tmp_path_factory.mktemp("faces")
    data = root / "data"
    data.mkdir()
    rng = np.random.default_rng(0)
    for i in range(8):
        Image.fromarray(rng.integers(0, 255, (32, 32, 3), np.uint8)).save(data / f"{i}.png")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.save(EfficientNetLite0().state_dict(), root / "lite0.pth")
    return Config(
        data=data, backbone=root / "lite0.pth", out=root / "run", kimg=0.008, batch=2, save_kimg=0.004,
        model=GeneratorConfig(latent=8, width=4, max_width=8, resolution=32),
    )  # fmt: skip


def weights(model: Generator) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def test_every_step_is_an_event_and_sheets_come_when_due(config: Config, tmp_path: Path) -> None:
    *steps, last = train(replace(config, out=tmp_path))
    assert [(e.step, e.total) for e in steps if isinstance(e, Progress)] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [e.preview is not None for e in steps if isinstance(e, Progress)] == [False, True, False, True]
    assert isinstance(last, Result) and last.info["kimg"] == 0.008 and last.info["finished"]
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["kimg"] for line in lines] == [0.004, 0.008]
    assert Image.open(tmp_path / "samples.png").size == (256, 256)


def test_an_interrupted_run_ends_as_an_uninterrupted_one(config: Config, tmp_path: Path) -> None:
    whole = weights(drain(train(replace(config, out=tmp_path / "whole"))).output)
    events = train(replace(config, out=tmp_path / "parts"))
    for _ in range(3):  # the state of step 2 is kept, step 3 is lost
        next(events)
    events.close()
    events = train(replace(config, out=tmp_path / "parts"))
    first = next(events)
    assert isinstance(first, Progress) and first.step == 3
    resumed = weights(drain(events).output)
    assert resumed.keys() == whole.keys()
    for name, tensor in whole.items():
        torch.testing.assert_close(resumed[name], tensor, rtol=0, atol=0, msg=name)


def test_a_call_that_is_out_of_time_saves_and_the_next_goes_on(config: Config, tmp_path: Path) -> None:
    *steps, last = train(replace(config, out=tmp_path, minutes=0))
    assert len(steps) == 1 and isinstance(last, Result) and not last.info["finished"]
    *steps, last = train(replace(config, out=tmp_path))
    assert len(steps) == 3 and isinstance(last, Result) and last.info["finished"]


def test_the_seed_decides_and_nobody_elses_generator_is_touched(config: Config, tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one = weights(drain(train(replace(config, out=tmp_path / "a", kimg=0.004))).output)
    assert torch.equal(torch.rand(1), expected)
    other = weights(drain(train(replace(config, out=tmp_path / "b", kimg=0.004, seed=1))).output)
    assert not torch.equal(one["to_rgb.weight"], other["to_rgb.weight"])


def test_the_checkpoint_is_the_averaged_generator(config: Config, tmp_path: Path) -> None:
    ema = drain(train(replace(config, out=tmp_path))).output
    loaded = checkpoint.load(
        tmp_path / "ema", Generator(checkpoint.load_config(tmp_path / "ema", GeneratorConfig))
    ).state_dict()
    for name, tensor in ema.state_dict().items():
        torch.testing.assert_close(loaded[name], tensor, rtol=1e-3, atol=1e-4, msg=name)


def test_average_moves_by_its_share() -> None:
    model = Generator(GeneratorConfig(latent=4, width=4, max_width=4, resolution=32))
    ema = Generator(model.config).requires_grad_(False)
    before = ema.to_rgb.weight.clone()
    update_ema(ema, model, 0.75)
    torch.testing.assert_close(ema.to_rgb.weight, 0.75 * before + 0.25 * model.to_rgb.weight.detach())


def test_divergence_stops_the_run_and_names_the_step(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def loss(fake: list[torch.Tensor]) -> torch.Tensor:
        calls.append(1)
        return fake[0].mean() * (float("nan") if len(calls) == 2 else 1.0)

    monkeypatch.setattr(faces_gan, "generator_loss", loss)
    with pytest.raises(FloatingPointError, match="at step 2"):
        drain(train(replace(config, out=tmp_path)))
    assert not (tmp_path / "state.safetensors").exists(), "the spoilt state is not kept"


def test_the_command_says_in_a_line_that_there_is_no_data(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        faces_gan.main(["--data", str(tmp_path / "absent"), "--backbone", str(config.backbone), "--out", str(tmp_path)])
    assert "no data set" in capsys.readouterr().err


def test_bad_settings_are_refused(config: Config) -> None:
    with pytest.raises(ValueError, match="batch >= 2"):
        replace(config, batch=1)


def test_faces_are_read_with_their_split(tmp_path: Path) -> None:
    for i in range(3):
        Image.new("RGB", (8, 8), (i * 100, 0, 0)).save(tmp_path / f"{i}.png")
    (tmp_path / "metadata.csv").write_text("file,split,age\n0.png,train,20\n1.png,val,30\n2.png,train,40\n")
    pictures, rows = faces.load(tmp_path, split="train", resolution=4)
    assert pictures.shape == (2, 3, 4, 4) and pictures[1, 0].tolist() == [[200] * 4] * 4
    assert [row["age"] for row in rows] == ["20", "40"]
    with pytest.raises(InvalidRequestError, match="it has"):
        faces.load(tmp_path, split="test", resolution=4)
    with pytest.raises(InvalidRequestError, match="no data set"):
        faces.load(tmp_path / "absent", split="train", resolution=4)


def test_batches_cover_an_epoch_and_can_be_entered_anywhere() -> None:
    stream = faces.batches(10, 5, seed=3)
    drawn = [next(stream).tolist() for _ in range(6)]
    for epoch in range(3):
        assert sorted(drawn[2 * epoch] + drawn[2 * epoch + 1]) == list(range(10))
    late = faces.batches(10, 5, seed=3, start=3)
    assert [next(late).tolist() for _ in range(3)] == drawn[3:]
