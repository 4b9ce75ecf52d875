"""The training faces as points: distances survive the projection and the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from aigc_core.pipelines.faces.nearest import load
from aigc_core.training import face_neighbours


def test_points_and_reference_distances(tmp_path: Path) -> None:
    rng = torch.Generator().manual_seed(0)
    axes = torch.linalg.qr(torch.randn(96, 6, generator=rng))[0]
    train = 2 + torch.randn(300, 6, generator=rng) @ axes.T  # all its variance on six axes
    held, mirrored = (2 + torch.randn(50, 6, generator=rng) @ axes.T for _ in range(2))
    made, share = face_neighbours.fit(train, held, mirrored, 6)
    assert share == pytest.approx(1, abs=1e-4)
    exact = torch.minimum(torch.cdist(held, train).amin(1), torch.cdist(mirrored, train).amin(1)).sort().values
    assert torch.allclose(made.held_out, exact, atol=0.02)

    face_neighbours.save(tmp_path, made, share)
    again = load(tmp_path)
    assert torch.equal(again.train, made.train) and torch.equal(again.axes, made.axes)
    assert float(again.distances(train[:1], mirrored[:1])) < 0.02, "a training face is its own neighbour"
    assert torch.allclose(again.distances(held, mirrored).sort().values, again.held_out, atol=1e-5)
    about = json.loads((tmp_path / "config.json").read_text())
    assert about["training_faces"] == 300 and about["held_out_faces"] == 50 and about["axes"] == 6
