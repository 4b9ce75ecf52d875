"""Training the face VAE on a handful of drawn pictures: every term, resuming, time limit, the kept prior."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from aigc_core import checkpoint
from aigc_core.engine import drain
from aigc_core.models.features.efficientnet_lite import EfficientNetLite0
from aigc_core.models.vae import VAE, VAEConfig
from aigc_core.training import faces_vae
from aigc_core.training.faces_vae import Config, build, decoder_losses, train
from aigc_core.types import Progress, Result


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Eight 32×32 pictures, a random backbone, four steps of two; the discriminators come in at the second step."""
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
        data=data, backbone=root / "lite0.pth", out=root / "run", kimg=0.008, batch=2, save_kimg=0.004, sheet=2,
        adversarial_from_kimg=0.002, beta_warmup_kimg=0.004, model=VAEConfig(resolution=32, latent=4, width=8, max_width=8),
    )  # fmt: skip


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
    assert set(faces_vae.TERMS) < lines[-1].keys()
    assert lines[-1]["perceptual"] > 0 and lines[-1]["discriminator"] > 0
    assert Image.open(tmp_path / "whole" / "samples.png").size == (64, 256), "2 × (real, back, real, back, 4 new)"


def test_the_checkpoint_knows_where_real_faces_lie(config: Config, tmp_path: Path) -> None:
    plain = replace(config, out=tmp_path, backbone=None, perceptual=0.0, adversarial=0.0)
    ema = drain(train(plain)).output
    folder = tmp_path / "ema"
    loaded = checkpoint.load(folder, VAE(checkpoint.load_config(folder, VAEConfig)))
    for name, tensor in ema.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], tensor, rtol=1e-3, atol=1e-4, msg=name)
    assert not torch.equal(loaded.spread, torch.eye(4))


def test_a_run_goes_on_from_a_smaller_vae(config: Config, tmp_path: Path) -> None:
    """The encoder and with it the latents of real faces stay; the decoder, now for pictures twice as large, learns."""
    small = replace(config, out=tmp_path / "small", model=replace(config.model, resolution=16, latent_side=4))
    first = drain(train(small)).output
    larger = replace(small.model, resolution=32, extra_blocks=1, detail=8)
    started = replace(
        config, out=tmp_path / "large", init=tmp_path / "small" / "ema", model=larger, freeze_encoder=True, samples=0.5
    )
    second = drain(train(started)).output
    assert second.decode(torch.zeros(1, *larger.shape)).shape == (1, 3, 32, 32)
    for name, tensor in first.encoder.state_dict().items():
        torch.testing.assert_close(second.encoder.state_dict()[name], tensor, rtol=1e-3, atol=1e-4, msg=name)
    assert not torch.equal(second.decoder[0].weight, first.decoder[0].weight)


def test_samples_may_come_from_a_file_of_latents(config: Config, tmp_path: Path) -> None:
    """The decoder is then judged on them: what it learns is not what it learns from the Gaussian."""
    z = torch.full((3, *config.model.shape), 2.0)
    save_file({"z": z}, tmp_path / "z.safetensors")
    drawn = faces_vae.draw(VAE(config.model), z, 5, torch.Generator().manual_seed(0))
    assert drawn.shape == (5, *config.model.shape) and bool((drawn == 2).all())
    half = replace(config, freeze_encoder=True, samples=0.5, out=tmp_path / "gaussian")
    gaussian = weights(drain(train(half)).output)
    given = weights(drain(train(replace(half, out=tmp_path / "given", latents=tmp_path / "z.safetensors"))).output)
    assert not torch.equal(given["decoder.0.weight"], gaussian["decoder.0.weight"])
    assert torch.equal(given["encoder.1.weight"], gaussian["encoder.1.weight"])


def test_a_time_limit_saves(config: Config, tmp_path: Path) -> None:
    plain = replace(config, out=tmp_path, backbone=None, perceptual=0.0, adversarial=0.0, minutes=0.0)
    *steps, last = train(plain)
    assert len(steps) == 1 and isinstance(last, Result) and not last.info["finished"]
    assert (tmp_path / "state.safetensors").exists()


def test_the_gradient_is_that_of_the_pixels_plus_a_share_of_the_adversarial_one(config: Config) -> None:
    real, out = torch.rand(2, 3, 32, 32) * 2 - 1, torch.rand(2, 3, 32, 32) * 2 - 1
    run = build(config)
    early, terms = decoder_losses(config, run, real, out, step=0)
    assert terms[2] == 0 and terms[0].item() == pytest.approx((out - real).abs().mean().item())
    late, terms = decoder_losses(config, run, real, out, step=5)
    assert terms[2] != 0
    share = (late - early).norm() / early.norm()
    assert share.item() == pytest.approx(config.adversarial, rel=0.01), "balanced, then half"


def test_divergence_stops_the_run_and_names_the_step(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces_vae.vae, "kl", lambda mean, log_variance: mean.sum(1) * float("nan"))
    plain = replace(config, out=tmp_path, backbone=None, perceptual=0.0, adversarial=0.0)
    with pytest.raises(FloatingPointError, match="at step 1"):
        drain(train(plain))
    assert not (tmp_path / "state.safetensors").exists()


def test_bad_settings_are_refused(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="need a backbone"):
        replace(config, backbone=None)
    with pytest.raises(SystemExit):
        faces_vae.main(
            ["--data", str(tmp_path / "no"), "--perceptual", "0", "--adversarial", "0", "--out", str(tmp_path)]
        )
    assert "no data set" in capsys.readouterr().err


def test_without_augmentation_the_discriminators_look_at_the_maps_of_the_perceptual_term(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = replace(config, augment=0.0)
    run = build(plain)
    assert run.perceptual is not None and run.projection is not None
    real, out = torch.rand(2, 3, 32, 32) * 2 - 1, torch.rand(2, 3, 32, 32) * 2 - 1
    looks: list[int] = []
    whole = run.perceptual.backbone.pyramid
    monkeypatch.setattr(run.perceptual.backbone, "pyramid", lambda x: looks.append(len(x)) or whole(x))
    gradient, terms = decoder_losses(plain, run, real, out, step=100)
    assert looks == [2, 2] and gradient.shape == out.shape
    assert terms[3] > 0
    expected = run.projection(real)
    for a, b in zip(run.projection.mix(run.perceptual.look(real)), expected, strict=True):
        torch.testing.assert_close(a, b)
