"""Faces repaired by the shipped diffusion model, placed at the middle of the picture."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aigc_core import registry, weights
from aigc_core.engine import drain
from aigc_core.errors import DownloadError, InvalidRequestError
from aigc_core.media import face_detector, scenes
from aigc_core.pipelines.images.face_inpaint import FaceInpaint
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Progress, Result

SIZE = (180, 140)
PICTURE = scenes.lake(*SIZE)


def hole(left: int = 70, top: int = 50, width: int = 50, height: int = 40) -> Image.Image:
    mask = Image.new("L", SIZE, 0)
    mask.paste(255, (left, top, left + width, top + height))
    return mask


@pytest.fixture(scope="module")
def pipeline() -> Any:
    def unreachable() -> Generator[Progress, None, None]:
        yield Progress(step=0, stage="fetch")
        raise DownloadError("no network", "没有网络")

    spec = registry.find("inpaint-faces")
    spec = replace(spec, settings={**spec.settings, "steps": 2})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(face_detector, "fetch", unreachable)
        yield FaceInpaint(spec, [weights.CHECKPOINTS / "faces-diffusion-128"])


def ask(**values: Any) -> InpaintRequest:
    return InpaintRequest(**{"image": PICTURE, "mask": hole(), "seed": 3, **values})


def made(pipeline: FaceInpaint, **values: Any) -> np.ndarray[Any, Any]:
    return np.asarray(drain(pipeline.stream(ask(**values))).output)


def test_everything_outside_the_hole_keeps_its_bytes_and_each_seed_proposes_another_face(pipeline: FaceInpaint) -> None:
    *steps, last = pipeline.stream(ask())
    assert isinstance(last, Result) and last.info["aligned_by"] == "centre" and last.info["steps"] == 2
    assert [e.step for e in steps if isinstance(e, Progress) and e.preview is not None] == [1, 2]
    inside = np.asarray(hole()) > 0
    one, other, words = np.asarray(last.output), made(pipeline, seed=4), made(pipeline, prompt="a smiling old man")
    for output in (one, other, words):
        assert (output[~inside] == np.asarray(PICTURE)[~inside]).all()
    assert (one[inside] != other[inside]).mean() > 0.5 and (one[inside] != words[inside]).mean() > 0.3
    assert (one == made(pipeline)).all()


def test_what_is_under_the_hole_does_not_matter(pipeline: FaceInpaint) -> None:
    painted = Image.composite(Image.new("RGB", SIZE, "red"), PICTURE, hole())
    assert (made(pipeline, image=painted) == made(pipeline)).all()


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P"])
def test_pictures_and_masks_of_every_mode(pipeline: FaceInpaint, mode: str) -> None:
    output = made(pipeline, image=PICTURE.convert(mode), mask=hole().convert("LA"))
    kept = np.asarray(hole()) == 0
    assert output.shape == (SIZE[1], SIZE[0], 3)
    assert (output[kept] == np.asarray(PICTURE.convert(mode).convert("RGB"))[kept]).all()


def test_the_edge_of_the_hole_shows_no_step(pipeline: FaceInpaint) -> None:
    """On a plain picture the face's light is carried to that of its surroundings."""
    plain = Image.new("RGB", SIZE, (150, 110, 90))
    output = made(pipeline, image=plain).astype(int)
    top, left = 50, 70
    across = np.abs(output[top, left : left + 50] - output[top - 1, left : left + 50]).mean()
    assert across < 12


@pytest.mark.parametrize(("mask", "said"), [
    (Image.new("L", SIZE, 0), "selects nothing"),
    (Image.new("L", SIZE, 255), "selects the whole picture"),
    (Image.new("L", (90, 70), 255), "as large as the picture"),
    (hole(0, 0, 18, 140), r"100% of the mask lies beside the face; at most 30% may"),
])  # fmt: skip
def test_masks_that_cannot_be_filled_are_refused(pipeline: FaceInpaint, mask: Image.Image, said: str) -> None:
    with pytest.raises(InvalidRequestError, match=said) as caught:
        drain(pipeline.stream(ask(mask=mask)))
    assert caught.value.zh


def test_closing_stops_between_levels(pipeline: FaceInpaint) -> None:
    events = pipeline.stream(ask(num_inference_steps=50))
    while not (isinstance(event := next(events), Progress) and event.preview is not None):
        pass
    events.close()
    assert event.step == 1
