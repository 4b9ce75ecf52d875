"""The face metrics on features whose answers are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_core import registry
from aigc_core.engine import drain
from aigc_core.evaluation import __main__ as table
from aigc_core.evaluation import faces
from aigc_core.models.features import vgg16
from aigc_core.tasks.faces import Faces, FacesRequest
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Events, Progress, Result, Shipped


def normal(n: int, d: int = 8, shift: float = 0.0, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed)) + shift


def test_kid_of_one_distribution_is_nought_within_its_error() -> None:
    value, error = faces.kid(normal(2000), normal(2000, seed=1))
    assert abs(value) < 4 * error + 10


def test_kid_of_shifted_gaussians_is_the_one_of_the_kernel() -> None:
    """In one dimension, E[(xy + 1)³] follows from the moments: m for the mean, 1 + m² for the square, m³ + 3m."""

    def kernel(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
        return 1 + 3 * a[0] * b[0] + 3 * a[1] * b[1] + a[2] * b[2]

    x, y = (0.0, 1.0, 0.0), (0.5, 1.25, 0.5**3 + 3 * 0.5)
    expected = 1000 * (kernel(x, x) + kernel(y, y) - 2 * kernel(x, y))
    value, error = faces.kid(normal(20_000, 1), normal(20_000, 1, shift=0.5, seed=1), subsets=200)
    assert value == pytest.approx(expected, abs=5 * error)


def test_identical_sets_are_fully_precise_and_covered() -> None:
    x = normal(50)
    measured = faces.manifolds(x, x)
    assert measured["precision"] == measured["recall"] == measured["coverage"] == 1.0


def test_far_sets_share_nothing() -> None:
    assert set(faces.manifolds(normal(50), normal(50, shift=100.0)).values()) == {0.0}


def test_one_mode_is_precise_but_recalls_little() -> None:
    modes = torch.cat([normal(50), normal(50, shift=50.0, seed=1)])
    measured = faces.manifolds(modes, normal(100, seed=2))
    assert float(measured["precision"]) > 0.6
    assert float(measured["recall"]) <= 0.5 and float(measured["coverage"]) <= 0.5


def test_density_counts_the_balls_around_real_points() -> None:
    real = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    measured = faces.manifolds(real, torch.tensor([[1.5]] * 4), k=1)  # radius 1 each: in the balls of 1 and 2
    assert measured["density"] == 2.0 and measured["coverage"] == 0.5 and measured["precision"] == 1.0


def test_copies_of_the_training_set_are_seen() -> None:
    train, held_out = normal(300), normal(200, seed=1)
    fresh = faces.novelty(normal(200, seed=2), train, held_out)
    copied = faces.novelty(train[:200] + 1e-3, train, held_out)
    assert fresh["nearest_ratio"] == pytest.approx(1, abs=0.1) and float(fresh["suspicious"]) < 0.05
    assert float(copied["nearest_ratio"]) < 0.01 and copied["suspicious"] == 1.0


def test_diversity_is_relative_to_the_real_ones() -> None:
    assert faces.diversity(0.5 * normal(100), normal(100)) == pytest.approx(0.5)


class Painter:
    """A pipeline whose face of seed s has the brightness s."""

    def stream(self, request: FacesRequest) -> Events:
        seeds = seeds_from(request.seed, request.count)
        images = tuple(Image.new("RGB", (128, 128), (seed, 0, 0)) for seed in seeds)
        yield Progress(step=1, total=1)
        yield Result(output=Faces(images=images, seeds=seeds))


def test_faces_are_generated_in_portions_with_running_seeds() -> None:
    pictures = faces.generate(Painter(), 20, seed=5)
    assert pictures.shape == (20, 3, 64, 64)
    assert pictures[:, 0, 0, 0].tolist() == list(range(5, 25))
    assert drain(Painter().stream(FacesRequest(seed=5, count=1))).output.seeds == (5,)


def test_references_are_real_training_faces_and_blurred_ones() -> None:
    rng = np.random.default_rng(0)
    train, real = (rng.integers(0, 255, (n, 3, 64, 64), np.uint8) for n in (30, 10))
    rows = dict(faces.references(train, real, 20))
    assert [len(pictures) for pictures in rows.values()] == [20, 10]
    assert rows["real faces, blurred 1.5 px"].std() < 0.5 * real.std()


def test_score_names_its_space() -> None:
    row = faces.score("lite0", normal(60), normal(60, seed=1), train=normal(60, seed=2))
    assert {"kid-lite0", "error", "precision", "recall", "density", "coverage", "diversity", "suspicious"} <= row.keys()


def test_vgg_features_weigh_their_blocks_alike() -> None:
    features = vgg16.VGG16()(normal(2, 3 * 32 * 32).view(2, 3, 32, 32))
    assert features.shape == (2, vgg16.FEATURES)
    for part, width in zip(features.split([128, 256, 512, 512], dim=1), (128, 256, 512, 512), strict=True):
        torch.testing.assert_close(part.square().sum(1), torch.full((2,), float(width)))


def test_the_command_names_its_evaluators(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["evaluation", "nonsense"])
    assert table.main() == 2
    assert "faces" in capsys.readouterr().err


def test_a_missing_data_set_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["evaluation", "faces", "--data", str(tmp_path / "absent")])
    assert table.main() == 2
    assert "no data set" in capsys.readouterr().err


class Sees:
    """A detector that finds a face in bright pictures."""

    def find(self, photo: Image.Image) -> list[int]:
        return [1] if np.asarray(photo).mean() > 127 else []


def test_accepted_is_the_share_with_a_face() -> None:
    pictures = np.zeros((4, 3, 64, 64), np.uint8)
    pictures[:3] = 200
    assert faces.accepted(pictures, Sees()) == 0.75  # type: ignore[arg-type]


def test_recording_keeps_the_curve_and_leaves_other_models_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces.weights, "CHECKPOINTS", tmp_path)
    spec = replace(registry.list_models("faces")[0], source=Shipped(folder="mine"))
    monkeypatch.setattr(faces.registry, "find", lambda name, task: spec)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "eval.json").write_text('{"curve": [1], "rows": ["old"]}')
    table: list[faces.Row] = [{"model": "faces-a"}, {"model": "faces-b"}, {"model": "real training faces"}]
    faces.record("faces-a", table, seed=5)
    kept = json.loads((tmp_path / "mine" / "eval.json").read_text())
    assert kept == {"curve": [1], "rows": [table[0], table[2]], "seed": 5}
