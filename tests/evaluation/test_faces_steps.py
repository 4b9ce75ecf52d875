"""What a diffusion model knows beyond a Gaussian, and faces of few steps; tiny weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from aigc_core import checkpoint
from aigc_core.catalog.faces import FACES_DIFFUSION
from aigc_core.datasets import face_labels
from aigc_core.evaluation import faces_steps
from aigc_core.models.unet import Preconditioned, UNetConfig, fit_gaussian
from aigc_core.pipelines.faces.diffusion import DiffusionFaces
from scripts import face_card

CONFIG = UNetConfig(
    resolution=16, width=8, multipliers=(1, 2), attention=(), head=8, groups=4, attributes=face_labels.CLASSES,
    gaussian=64,
)  # fmt: skip
PICTURES = np.random.default_rng(0).integers(0, 255, (40, 3, 16, 16), np.uint8)
LABELS = torch.zeros(40, 3, dtype=torch.long)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Preconditioned(CONFIG)
    assert model.linear is not None
    fit_gaussian(model.linear, torch.from_numpy(PICTURES).float() / 127.5 - 1)
    checkpoint.save(tmp_path, model, CONFIG)
    return tmp_path


def built(folder: Path, **settings: float) -> DiffusionFaces:
    return faces_steps.built(FACES_DIFFUSION, folder, decoder="", **settings)  # type: ignore[arg-type]


def test_a_network_that_adds_nothing_is_as_good_as_its_gaussian(folder: Path) -> None:
    pipeline = built(folder)
    model, gaussian = faces_steps.losses(pipeline, PICTURES, LABELS)
    assert model == pytest.approx(gaussian) and gaussian > 0
    with torch.no_grad():
        for parameter in pipeline.model.net.conv_out.parameters():
            parameter.add_(0.5)
    worse, same = faces_steps.losses(pipeline, PICTURES, LABELS)
    assert worse > model and same == gaussian


def test_faces_have_their_seeds_whatever_the_batch(folder: Path) -> None:
    pipeline = built(folder)
    many = faces_steps.draw(pipeline, 2, 18, 5)
    assert many.shape == (18, 3, 64, 64)
    assert np.abs(many[17:].astype(int) - faces_steps.draw(pipeline, 2, 1, 22)).max() <= 1
    assert pipeline.teleport > 0 and built(folder, **faces_steps.WHOLE).teleport == 0


def test_a_card_takes_its_tables_and_keeps_its_words() -> None:
    rows = [{"steps": 4, "teleport": 1.5, "kid-lite0": 61.25, "error": 1.0, "precision": 0.8, "recall": 0.375}]
    card = "before\n<!-- steps -->\nold\n<!-- /steps -->\nafter"
    made = face_card.put(card, "steps", face_card.steps(rows, {"faces": 500, "loss_val": 0.625}))
    assert made.startswith("before\n") and made.endswith("\nafter") and "old" not in made
    assert "| 4 | closed form down to σ = 1.5 | 61.2 ± 1.0 | 0.80 | 0.38 |" in made and "loss, val 0.625" in made
    with pytest.raises(ValueError, match="no <!-- curve -->"):
        face_card.put(card, "curve", "")


def test_runs_that_went_on_from_each_other_make_one_log(tmp_path: Path) -> None:
    for name, kimg in (("a", (1, 2)), ("b", (5, 10))):
        (tmp_path / name).write_text("".join(f'{{"kimg": {k}, "seconds": {2 * k}, "loss": 0.5}}\n' for k in kimg))
    lines = face_card.joined([tmp_path / "a", tmp_path / "b"])
    assert [(line["kimg"], line["seconds"]) for line in lines] == [(1, 2), (2, 4), (7, 14), (12, 24)]
    assert face_card.log(lines).splitlines()[-1] == "| 12 | 24 | 0.5 |"
