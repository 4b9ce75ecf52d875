"""Our inpainting network as a pipeline, with a small random network."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_core import checkpoint
from aigc_core.engine import drain
from aigc_core.evaluation.inpaint import _unlisted
from aigc_core.media import scenes
from aigc_core.models.inpaint_net import InpaintConfig, InpaintNet
from aigc_core.pipelines.images import neural_inpaint
from aigc_core.pipelines.images.neural_inpaint import NeuralInpaint
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Progress, Result


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> NeuralInpaint:
    folder = tmp_path_factory.mktemp("net")
    config = InpaintConfig(width=8, max_width=16, blocks=(0, 0, 1), dilations=(1,), heads=2, key=4, detail=4)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        checkpoint.save(folder, InpaintNet(config), config)
    return NeuralInpaint(_unlisted(folder), [folder])


def _holed(size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    picture = scenes.lake(*size)
    mask = Image.new("L", size, 0)
    mask.paste(255, (size[0] // 4, size[1] // 3, size[0] // 2, size[1] // 2))
    return picture, mask


@pytest.mark.parametrize("size", [(240, 180), (33, 47), (1500, 1100), (12, 9)])
@pytest.mark.parametrize("feather", [0, 4])
def test_bytes_outside_the_mask_stay(pipeline: NeuralInpaint, size: tuple[int, int], feather: int) -> None:
    picture, mask = _holed(size)
    *steps, last = pipeline.stream(InpaintRequest(image=picture, mask=mask, feather=feather))
    assert isinstance(last, Result) and last.output.size == size
    known = np.asarray(mask) == 0
    assert (np.asarray(last.output)[known] == np.asarray(picture)[known]).all()
    counted = [e for e in steps if isinstance(e, Progress) and e.total]
    assert [e.step for e in counted] == list(range(1, counted[-1].total + 1))
    assert all(max(e.preview.size) <= 1024 for e in counted)


def test_what_the_hole_held_does_not_matter(pipeline: NeuralInpaint) -> None:
    picture, mask = _holed((160, 120))
    made = [
        drain(pipeline.stream(InpaintRequest(image=Image.composite(Image.new("RGB", picture.size, junk), picture, mask), mask=mask))).output
        for junk in ("red", "black")
    ]  # fmt: skip
    assert made[0].tobytes() == made[1].tobytes()


def test_the_coarsest_size_comes_first_and_closing_stops(
    pipeline: NeuralInpaint, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    original = InpaintNet.forward

    def watched(self: InpaintNet, picture: torch.Tensor, *args: torch.Tensor) -> torch.Tensor:
        seen.append(picture.shape[-1])
        return original(self, picture, *args)

    monkeypatch.setattr(InpaintNet, "forward", watched)
    picture, mask = _holed((256, 192))
    events = pipeline.stream(InpaintRequest(image=picture, mask=mask))
    while not seen:
        next(events)
    events.close()
    assert seen == [64 // 2]
    seen.clear()
    drain(pipeline.stream(InpaintRequest(image=picture, mask=mask)))
    assert seen == sorted(seen) and seen[-1] == 256


def test_a_large_part_is_filled_at_a_smaller_size(pipeline: NeuralInpaint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural_inpaint, "MAX_PIXELS", 60 * 80)
    picture, mask = _holed((160, 120))
    total = [e.total for e in pipeline.stream(InpaintRequest(image=picture, mask=mask)) if isinstance(e, Progress)]
    assert total[-1] == 2
