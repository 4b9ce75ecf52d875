"""The curve of quality against diversity: settings, labels spread as in the data, and its place in eval.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from aigc_core.catalog.faces import FACES_DIFFUSION, FACES_GAN
from aigc_core.datasets import face_labels
from aigc_core.evaluation import faces_curve


def test_guidance_where_there_is_one_else_truncation() -> None:
    assert faces_curve.setting_of(FACES_DIFFUSION) == "guidance_scale"
    assert faces_curve.setting_of(FACES_GAN) == "truncation"


def test_every_face_has_its_own_seed_and_labels() -> None:
    asked = faces_curve.requests("guidance_scale", 3.0, ["a man", "a woman"], 10)
    assert [(r.seed, r.count, r.prompt, r.guidance_scale) for r in asked] == [(10, 1, "a man", 3.0), (11, 1, "a woman", 3.0)]  # fmt: skip
    assert [(r.seed, r.truncation) for r in faces_curve.requests("truncation", 0.7, ["", ""], 5)] == [
        (5, 0.7),
        (6, 0.7),
    ]


@pytest.mark.parametrize("labels", [(a, g, m) for a in range(7) for g in range(3) for m in range(4)])
def test_labels_survive_their_description(labels: tuple[int, int, int]) -> None:
    assert face_labels.parse(face_labels.describe(labels)) == labels


def test_narrow_samples_are_precise_and_recall_little() -> None:
    rng = torch.Generator().manual_seed(0)
    real, wide = (torch.randn(200, 8, generator=rng) for _ in range(2))
    narrow = faces_curve.point("truncation", 0.2, real, 0.2 * wide)
    full = faces_curve.point("truncation", 1.0, real, wide)
    assert narrow["precision"] > full["precision"] and narrow["recall"] < full["recall"]  # type: ignore[operator]
    assert full["kid-lite0"] < narrow["kid-lite0"]  # type: ignore[operator]


def test_the_curve_joins_what_eval_json_holds(tmp_path: Path) -> None:
    file = tmp_path / "eval.json"
    file.write_text(json.dumps({"rows": [1], "curve": [{"setting": "other", "value": 1.0}, {"setting": "truncation"}]}))
    faces_curve.write(file, [{"setting": "truncation", "value": 0.5}])
    found = json.loads(file.read_text())
    assert found["rows"] == [1]
    assert found["curve"] == [{"setting": "other", "value": 1.0}, {"setting": "truncation", "value": 0.5}]
