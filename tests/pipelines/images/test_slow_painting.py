"""Painting pixel by pixel as a pipeline, with a random VGG16: the losses fall, and the fast network is judged beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from aigc_core import registry, weights
from aigc_core.engine import drain
from aigc_core.media import scenes
from aigc_core.models import gatys
from aigc_core.models.features import vgg16
from aigc_core.pipelines.images.slow_painting import SlowPainting
from aigc_core.tasks.stylize import StylizeRequest
from aigc_core.types import Progress, Result

LAKE = scenes.lake(60, 44)
SPEC = registry.find("style-gatys")


@pytest.fixture(scope="module")
def pipeline() -> SlowPainting:
    def random_eyes() -> vgg16.VGG16:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return vgg16.VGG16().train(False).requires_grad_(False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vgg16, "load", random_eyes)
        spec = replace(SPEC, settings={**SPEC.settings, "side": 48, "steps": 6})
        made = SlowPainting(spec, [])
    stripes = torch.sin(torch.arange(64.0))[:, None].expand(1, 3, 64, 64).contiguous()
    own = gatys.style_grams(made.vgg, stripes)  # the shipped ones are those of other eyes
    made.grams = [layer.expand(len(made.styles), -1, -1) for layer in own]
    return made


def ask(**values: Any) -> StylizeRequest:
    return StylizeRequest(**{"image": LAKE, "model": SPEC.name, **values})


def test_every_step_shows_the_picture_and_the_losses_beside_the_fast_network(pipeline: SlowPainting) -> None:
    *steps, last = pipeline.stream(ask(style="udnie"))
    assert isinstance(last, Result) and last.output.size == (48, 35)
    shown = [e for e in steps if isinstance(e, Progress) and e.preview is not None]
    assert [e.step for e in shown] == list(range(7)) and all(e.preview.size == (48, 35) for e in shown)
    assert all("one pass of style-paintings" in e.message for e in shown)
    totals = [float(e.message.split("in all ")[1].split(";")[0]) for e in shown]
    assert totals[-1] < totals[0] and totals[-1] == pytest.approx(last.info["losses"]["total"], abs=1e-3)
    assert last.info["fast"].keys() == last.info["losses"].keys() and last.info["steps"] == 6


def test_a_style_picture_is_painted_after_and_no_fast_network_is_told_of(pipeline: SlowPainting) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (70, 50, 3), np.uint8))
    grey = noise.convert("LA")
    made = [drain(pipeline.stream(ask(style_image=style, num_inference_steps=2))) for style in (noise, grey)]
    assert made[0].info["style"] == "picture" and "fast" not in made[0].info
    assert made[0].output.tobytes() != made[1].output.tobytes()


def test_strength_and_colours_finish_the_picture(pipeline: SlowPainting) -> None:
    kept = drain(pipeline.stream(ask(strength=0.0, max_side=200))).output
    assert kept.tobytes() == LAKE.resize((48, 35), Image.Resampling.LANCZOS).tobytes()
    full, half = (
        np.asarray(drain(pipeline.stream(ask(strength=s, num_inference_steps=3))).output, int) for s in (1.0, 0.5)
    )
    assert np.abs(half - (full + np.asarray(kept, int)) / 2).max() <= 1
    grey = drain(pipeline.stream(ask(image=LAKE.convert("L"), keep_colors=True, num_inference_steps=3))).output
    assert np.ptp(np.asarray(grey, int), axis=-1).max() <= 4


def test_closing_stops_and_gradients_are_as_they_were(pipeline: SlowPainting) -> None:
    events = pipeline.stream(ask())
    next(events)
    next(events)
    events.close()
    assert torch.is_grad_enabled() and all(p.grad is None for p in pipeline.vgg.parameters())


def test_the_shipped_matrices_are_those_of_the_paintings_of_the_network() -> None:
    folder = weights.CHECKPOINTS / SPEC.settings["grams"]
    network = registry.find(SPEC.settings["fast"])
    styles = json.loads((folder / "config.json").read_text("utf-8"))["styles"]
    assert tuple(styles) == SPEC.options["style"] == network.options["style"]
