"""Recipes, and small outputs to write them into."""

from __future__ import annotations

import io
from typing import Any

import mido
import numpy as np
from PIL import Image

from aigc_core import recipe
from aigc_core.tasks.audio import Audio
from aigc_core.tasks.faces import FacesRequest
from aigc_core.types import ModelSpec, NoWeights

PICTURE = Image.radial_gradient("L").convert("RGB").resize((32, 24))
SOUND = Audio(samples=np.sin(np.arange(2400) / 20).astype(np.float32), sample_rate=24_000)
SPEC = ModelSpec(
    name="toy", task="faces", title="Toy", target="x:Y", source=NoWeights(), license="MIT", summary="s", summary_zh="s"
)


def midi_bytes() -> bytes:
    file = mido.MidiFile()
    file.tracks.append(
        mido.MidiTrack([mido.Message("note_on", note=60, time=0), mido.Message("note_off", note=60, time=480)])
    )
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def made(prompt: str = "a portrait", **more: Any) -> dict[str, Any]:
    base = recipe.make(FacesRequest(model="toy", seed=7), SPEC, "0" * 64, {"steps": 3}, date="2026-01-02")
    return {**base, "parameters": {**base["parameters"], "prompt": prompt}, **more}
