"""Toy pipelines and rows for tests of what surrounds models."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from PIL import Image

from aigc_core.tasks.faces import Faces, FacesRequest
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Events, ModelSpec, NoWeights, Progress, Result

STEP_S = 0.02


class Squares:
    """Coloured squares, one a step.

    A prompt may ask for trouble: ``exit``, ``memory``, ``bug``, or ``held``, which beats after the first square until the
    test opens the gate.
    """

    closed: list[str] = []  # noqa: RUF012 - what tests look at
    gate = threading.Event()
    begun = threading.Event()
    """A stream has begun since the test cleared it."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.spec = spec

    def stream(self, request: FacesRequest) -> Events:
        images: list[Image.Image] = []
        self.begun.set()
        try:
            for i in range(request.count):
                time.sleep(STEP_S)
                while i and request.prompt == "held" and not self.gate.wait(STEP_S):
                    yield Progress(step=i, total=request.count)
                if request.prompt == "exit":
                    raise SystemExit(3)
                if request.prompt == "memory":
                    raise MemoryError
                if request.prompt == "bug":
                    raise RuntimeError("secret detail")
                images.append(Image.new("RGB", (8, 8), ((request.seed + i) % 256, 90, 160)))
                yield Progress(step=i + 1, total=request.count, preview=self._faces(images, request))
            yield Result(output=self._faces(images, request), info={"steps": request.count})
        finally:
            self.closed.append(request.prompt)

    def _faces(self, images: list[Image.Image], request: FacesRequest) -> Faces:
        return Faces(images=tuple(images), seeds=seeds_from(request.seed, len(images)))


def row(name: str = "faces-toy", **changes: Any) -> ModelSpec:
    """A registry row of :class:`Squares`."""
    values: dict[str, Any] = {
        "name": name, "task": "faces", "title": "Toy", "target": "toys:Squares", "source": NoWeights(),
        "license": "MIT", "accepts": FacesRequest.varies, "summary": "Squares.", "summary_zh": "色块。",
    }  # fmt: skip
    return ModelSpec(**{**values, **changes})
