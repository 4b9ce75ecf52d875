"""The side requests of the faces task: their recipes, replays and files."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aigc_core import export, recipe
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks import SIDE_REQUESTS, request_type
from aigc_core.tasks.faces import (
    EditFaceRequest,
    FaceEdit,
    FaceSketch,
    FacesRequest,
    FaceTrajectoryRequest,
    NearestFaces,
    NearestFacesRequest,
    SketchFaceRequest,
    Trajectory,
    TrajectoryStep,
)
from aigc_core.tasks.fields import limits
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec, NoWeights

SPEC = ModelSpec(
    name="toy", task="faces", title="t", target="t:T", source=NoWeights(), license="MIT", summary="s", summary_zh="s"
)
PHOTO = Image.new("RGB", (8, 8), "teal")
SIDE: list[Request] = [
    FaceTrajectoryRequest(seed=2, sampler="heun"),
    EditFaceRequest(image=PHOTO, age=1.5),
    SketchFaceRequest(image=PHOTO, strength=0.4),
    NearestFacesRequest(count=3),
]


def pictures(n: int) -> tuple[Image.Image, ...]:
    return tuple(Image.new("RGB", (8, 8), (30 * i, 0, 0)) for i in range(n))


def step(i: int) -> TrajectoryStep:
    a, b, c = pictures(3)
    return TrajectoryStep(i=i, sigma=2.0, sigma_next=1.0, noisy=a, denoised=b, after=c, formula="x' = D", numbers={"σ": 2.0})  # fmt: skip


@pytest.mark.parametrize("request_", SIDE, ids=lambda r: type(r).__name__)
def test_a_recipe_leads_back_to_the_same_request(request_: Request) -> None:
    made = recipe.make(request_, SPEC, "", {})
    assert made["request"] == request_.kind and made["task"] == "faces"
    again = recipe.to_request(json.loads(recipe.dumps(made)), {"image": PHOTO})
    assert type(again) is type(request_)
    assert recipe.make(again, SPEC, "", {}) == made


def test_a_plain_request_names_no_kind() -> None:
    assert "request" not in recipe.make(FacesRequest(), SPEC, "", {})
    assert request_type("faces") is FacesRequest
    assert request_type("faces", "EditFaceRequest") is request_type("faces", "edit_face"), "as older recipes have it"
    with pytest.raises(InvalidRequestError, match=r"no request 'Nothing'.*edit_face"):
        request_type("faces", "Nothing")


@pytest.mark.parametrize("cls", SIDE_REQUESTS)
def test_side_requests_have_labels_in_both_languages(cls: type[Request]) -> None:
    for field in fields(cls):
        assert limits(cls, field.name).label and limits(cls, field.name).label_zh


@pytest.mark.parametrize("value", [-3.1, 3.1, float("nan")])
def test_sliders_end_at_three_deviations(value: float) -> None:
    with pytest.raises(InvalidRequestError, match="age"):
        FacesRequest(age=value)


OUTPUTS: dict[str, tuple[Any, set[str]]] = {
    "trajectory": (Trajectory(steps=(step(0), step(1)), sampler="ddim", seed=4), {"sheet", "json"}),
    "edit": (
        FaceEdit(aligned=PHOTO, reconstruction=PHOTO, edited=PHOTO, aligned_by="eyes", error=3.0),
        {"edited", "reconstruction", "aligned"},
    ),
    "sketch": (
        FaceSketch(drawing=PHOTO, noisy=PHOTO, images=pictures(2), seeds=(1, 2)),
        {"sheet", "face-0", "face-1", "drawing"},
    ),
    "nearest": (
        NearestFaces(images=pictures(2), seeds=(1, 2), distances=(0.5, 9.0), held_out=tuple(map(float, range(1, 201)))),
        {"sheet", "json"},
    ),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_file_carries_the_recipe(name: str, tmp_path: Path) -> None:
    output, roles = OUTPUTS[name]
    made = recipe.make(SIDE[0], SPEC, "", {}, date="2026-01-02")
    files = export.save(output, made, tmp_path / "out")
    assert set(files) == roles and next(iter(files.values())).name == "out.png"
    for role, file in files.items():
        found = recipe.read(file)
        assert {k: v for k, v in found.items() if k != "part"} == made
        assert ("part" in found) == (role not in ("sheet", "json"))


def test_numbers_of_nearest_faces() -> None:
    made = OUTPUTS["nearest"][0]
    assert made.closer == (0.0, 8 / 200) and made.threshold == 3.0
