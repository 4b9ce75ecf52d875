"""Our style network as a pipeline, with a small random network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aigc_core import checkpoint
from aigc_core.engine import drain
from aigc_core.errors import InvalidRequestError
from aigc_core.media import scenes
from aigc_core.models.style_net import StyleConfig, StyleNet
from aigc_core.pipelines.images.painted_styles import PaintedStyles
from aigc_core.tasks.stylize import StylizeRequest
from aigc_core.types import Local, ModelSpec, Progress, Result


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> PaintedStyles:
    folder = tmp_path_factory.mktemp("net")
    config = StyleConfig(styles=("ink", "oil"), width=8, blocks=1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = StyleNet(config)
        for constant in model.constants():
            torch.nn.init.normal_(constant, constant.mean().item(), 0.3)
        checkpoint.save(folder, model, config)
    spec = ModelSpec(
        name="style-tried", task="stylize", title="x", target="aigc_core.pipelines.images.painted_styles:PaintedStyles",
        source=Local(folder=folder), license="MIT", summary="x", summary_zh="试",
    )  # fmt: skip
    return PaintedStyles(spec, [folder])


@pytest.mark.parametrize("size", [(333, 250), (20, 31), (500, 420)])
def test_a_picture_is_painted_at_its_own_size(pipeline: PaintedStyles, size: tuple[int, int]) -> None:
    *steps, last = pipeline.stream(StylizeRequest(image=scenes.lake(*size), style="oil"))
    assert isinstance(last, Result) and last.output.size == size and last.info["style"] == "oil"
    counted = [e.step for e in steps if isinstance(e, Progress)]
    assert counted == sorted(counted) and counted[-1] == 100


def test_styles_differ_the_first_is_the_default_and_strength_0_is_the_picture(pipeline: PaintedStyles) -> None:
    lake = scenes.lake(120, 90)
    ink, oil, default = (
        drain(pipeline.stream(StylizeRequest(image=lake, style=s))).output for s in ("ink", "oil", "")
    )  # fmt: skip
    assert ink.tobytes() == default.tobytes() != oil.tobytes()
    kept = drain(pipeline.stream(StylizeRequest(image=lake, strength=0.0))).output
    assert kept.tobytes() == lake.tobytes()
    half = np.asarray(drain(pipeline.stream(StylizeRequest(image=lake, style="oil", strength=0.5))).output, int)
    assert np.abs(half - (np.asarray(lake, int) + np.asarray(oil, int)) / 2).max() <= 1


def test_closing_early_stops_between_bands(pipeline: PaintedStyles) -> None:
    seen = []
    conv = pipeline._model.blocks[0].first.conv  # type: ignore[union-attr]
    hook = conv.register_forward_hook(lambda *_: seen.append(1))  # type: ignore[union-attr]
    events = pipeline.stream(StylizeRequest(image=scenes.lake(200, 150)))
    try:
        while not seen:
            next(events)
        events.close()
    finally:
        hook.remove()
    assert len(seen) == 1 and torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


def test_a_style_picture_is_refused_in_both_languages(pipeline: PaintedStyles) -> None:
    lake = scenes.lake(64, 48)
    with pytest.raises(InvalidRequestError, match="style-tried has 2 fixed styles") as caught:
        drain(pipeline.stream(StylizeRequest(image=lake, style_image=lake)))
    assert "2 种固定风格" in caught.value.zh
