"""Directions: least squares finds what a slider should do, and nothing of what it should leave alone."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from aigc_core import checkpoint
from aigc_core.datasets import face_labels
from aigc_core.errors import CheckpointError
from aigc_core.models.unet import Preconditioned, UNetConfig
from aigc_core.models.vae import VAE, VAEConfig
from aigc_core.pipelines.faces.sliders import Sliders
from aigc_core.tasks.faces import DIRECTIONS, FacesRequest
from aigc_core.training import face_directions


def test_the_mean_change_is_found_with_the_others_held() -> None:
    rng = torch.Generator().manual_seed(0)
    y = torch.randn(4000, 3, generator=rng)
    y[:, 1] += 0.8 * y[:, 0]  # bound up with each other, as age and glasses are
    true = torch.randn(3, 20, generator=rng)
    z = 5 + y @ true + 0.1 * torch.randn(4000, 20, generator=rng)
    assert torch.allclose(face_directions.fit(z, y), true, atol=0.02)
    assert min(face_directions.correlations(z, y)) > 0.99
    noise = torch.randn(4000, 20, generator=rng)
    assert max(map(abs, face_directions.correlations(noise, y))) < 0.15


def test_a_slider_moves_a_probes_reading_by_one_deviation() -> None:
    rng = torch.Generator().manual_seed(0)
    z = torch.randn(20_000, 6, generator=rng)
    y = 0.8 * z[:, :1] + 0.6 * torch.randn(20_000, 1, generator=rng)  # r = 0.8
    r = face_directions.correlations(z, y, ridge=1e-6)
    assert r == [pytest.approx(0.8, abs=0.02)]
    (d,) = face_directions.scaled(face_directions.fit(z, y), r)
    moved = face_directions.predict(torch.stack([z[0], z[0] + d]), face_directions.probe(z, y, 1e-6))
    assert float(moved[1] - moved[0]) == pytest.approx(1, abs=0.05)
    assert torch.equal(face_directions.scaled(torch.ones(1, 2), [0.1]), torch.full((1, 2), face_directions.MOST))


def test_a_probe_predicts_and_ridge_shrinks() -> None:
    rng = torch.Generator().manual_seed(0)
    x = 3 + torch.randn(500, 6, generator=rng)
    y = (x @ torch.randn(6, 2, generator=rng)) + 7
    assert torch.allclose(face_directions.predict(x, face_directions.probe(x, y, 1e-6)), y, atol=1e-2)
    shrunk = face_directions.predict(x, face_directions.probe(x, y, 10.0))
    assert (shrunk.std(0) < 0.5 * y.std(0)).all()
    assert torch.allclose(shrunk.mean(0), y.mean(0), atol=1e-3)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Forty grey pictures: brightness is what tells them apart."""
    folder = tmp_path / "faces"
    folder.mkdir()
    rng = np.random.default_rng(0)
    columns = ("file", "age", "gender", "race", "yaw", "pitch", "roll", "mouth_open", "mouth_width", "sharpness", "brightness", "split")  # fmt: skip
    with (folder / "metadata.csv").open("w") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for i in range(40):
            level = int(rng.integers(30, 220))
            noise = rng.integers(-8, 8, (16, 16, 3))
            Image.fromarray((level + noise).clip(0, 255).astype(np.uint8)).save(folder / f"{i}.png")
            numbers = [f"{v:.3f}" for v in rng.normal(size=6)]
            writer.writerow(
                [
                    f"{i}.png",
                    face_labels.AGES[i % 6],
                    face_labels.GENDERS[i % 2],
                    "AB"[i // 2 % 2],
                    *numbers,
                    level,
                    "train",
                ]
            )
    return folder


def test_directions_of_a_vae_are_written_and_read(data: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = VAEConfig(resolution=16, latent=2, latent_side=4, width=8, max_width=8)
    checkpoint.save(tmp_path / "vae", VAE(config), config)
    face_directions.main(["--model", str(tmp_path / "vae"), "--data", str(data)])
    sliders = Sliders(tmp_path / "vae", config.shape)
    assert set(sliders.directions) == set(DIRECTIONS)
    shift = sliders.shift("x", FacesRequest(brightness=2.0))
    assert shift is not None and shift.shape == (1, 2, 4, 4)
    assert torch.allclose(shift, 2 * sliders.directions["brightness"])
    assert sliders.shift("x", FacesRequest()) is None
    with safe_open(tmp_path / "vae" / face_labels.DIRECTIONS_FILE, "pt") as file:
        assert json.loads(file.metadata()["r"])["brightness"] > 0.8


def test_another_model_is_refused(data: Path, tmp_path: Path) -> None:
    config = UNetConfig(resolution=16, width=8, multipliers=(1,), attention=(), head=8, groups=4)
    checkpoint.save(tmp_path / "unet", Preconditioned(config), config)
    with pytest.raises(CheckpointError, match="neither"):
        face_directions.directions(tmp_path / "unet", data, 10, 0)
