"""Rows called as ours, answered by a toy that draws coloured discs: what the Faces tab's views need, without a checkpoint."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from aigc_core import registry
from aigc_core.catalog.faces import FACES_DIFFUSION, FACES_FASTGAN, FACES_GAN, FACES_VAE
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.faces import (
    EditFaceRequest,
    FaceEdit,
    Faces,
    FaceSketch,
    FacesRequest,
    FaceTrajectoryRequest,
    NearestFaces,
    NearestFacesRequest,
    SketchFaceRequest,
    Trajectory,
    TrajectoryStep,
)
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Events, ModelSpec, NoWeights, Progress, Result

SIDE, STEP_S = 32, 0.02
GATE = threading.Event()
"""While it is shut, a run that has shown something waits."""
GATE.set()
made: list[Progress | Result] = []
"""What all runs have shown."""


def disc(hue: float, light: float = 1.0) -> Image.Image:
    """A face of sorts."""
    picture = Image.new("HSV", (SIDE, SIDE), (int(hue) % 256, 90, int(140 * light)))
    ImageDraw.Draw(picture).ellipse((5, 3, 26, 29), fill=(int(hue + 20) % 256, 140, min(255, int(220 * light))))
    return picture.convert("RGB")


class Discs:
    """Answers every request of the task."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.spec = spec

    def stream(self, request: Any) -> Events:
        answers = {
            FacesRequest: self._faces, FaceTrajectoryRequest: self._trajectory, EditFaceRequest: self._edit,
            SketchFaceRequest: self._sketch, NearestFacesRequest: self._nearest,
        }  # fmt: skip
        for event in answers[type(request)](request):
            made.append(event)
            yield event
            GATE.wait(60)

    def _faces(self, request: FacesRequest) -> Events:
        if request.prompt == "bug":
            raise InvalidRequestError("The toy is broken.", "玩具坏了。")
        seeds = seeds_from(request.seed, request.count)
        images = tuple(disc(seed * 37 + request.age * 20 + (request.mix_seed or 0)) for seed in seeds)
        for i in range(request.count):
            time.sleep(STEP_S)
            yield Progress(step=i + 1, total=request.count, preview=Faces(images=images[: i + 1], seeds=seeds[: i + 1]))
        frames = tuple(disc(i) for i in range(request.frames)) if request.seed_to is not None else ()
        yield Result(output=Faces(images=images, seeds=seeds, frames=frames), info={"steps": 1})

    def _trajectory(self, request: FaceTrajectoryRequest) -> Events:
        count = request.num_inference_steps or 5
        sigmas = [80 * (1 - i / count) ** 7 for i in range(count)] + [0.0]
        sampler = request.sampler or "dpmpp_2m"
        steps = tuple(
            TrajectoryStep(
                i=i, sigma=sigmas[i], sigma_next=sigmas[i + 1], noisy=disc(i * 9, 0.5), denoised=disc(request.seed, i / count),
                after=disc(i * 9 + 9, 0.5), formula=rf"x' = {i}\,D", numbers={},
            )
            for i in range(count)
        )  # fmt: skip
        for i in range(count):
            time.sleep(STEP_S)
            yield Progress(
                step=i + 1,
                total=count,
                preview=Trajectory(steps=steps[: i + 1], sampler=sampler, seed=request.seed),
            )
        yield Result(output=Trajectory(steps=steps, sampler=sampler, seed=request.seed), info={"steps": count})

    def _edit(self, request: EditFaceRequest) -> Events:
        small = request.image.resize((SIDE, SIDE))
        output = FaceEdit(
            aligned=small, reconstruction=disc(0), edited=disc(request.age * 40), aligned_by="centre", error=12.5
        )
        yield Progress(step=1, total=1, preview=output)
        yield Result(output=output, info={"steps": 1})

    def _sketch(self, request: SketchFaceRequest) -> Events:
        drawing = request.image.resize((SIDE, SIDE))
        hue = drawing.convert("HSV").resize((1, 1)).getpixel((0, 0))[0]  # type: ignore[index]
        seeds = seeds_from(request.seed, request.count)
        images = tuple(disc(hue + i) for i in range(request.count))
        for i in range(request.count):
            part = FaceSketch(drawing=drawing, noisy=disc(9), images=images[: i + 1], seeds=seeds[: i + 1])
            yield Progress(step=i + 1, total=request.count, preview=part)
        yield Result(output=FaceSketch(drawing=drawing, noisy=disc(9), images=images, seeds=seeds), info={"steps": 10})

    def _nearest(self, request: NearestFacesRequest) -> Events:
        seeds = seeds_from(request.seed, request.count)
        output = NearestFaces(
            images=tuple(map(disc, seeds)),
            seeds=seeds,
            distances=tuple(0.5 + 0.9 * i for i in range(len(seeds))),
            held_out=tuple(1 + 4 * i / 499 for i in range(500)),
        )
        yield Progress(step=1, total=1, preview=replace(output, distances=()))
        yield Result(output=output)


def rows() -> dict[str, ModelSpec]:
    """Our three rows and the package's DCGAN, all drawn by :class:`Discs`."""
    theirs = replace(registry.find("faces-dcgan-64"), settings={})
    specs = (FACES_GAN, FACES_VAE, FACES_DIFFUSION, FACES_FASTGAN, theirs)
    targets = {spec.name: f"faces_toy:{'VAEFaces' if 'vae' in spec.name else 'Discs'}" for spec in specs}
    return {
        spec.name: replace(spec, target=targets[spec.name], source=NoWeights(), parameters=1_000_000) for spec in specs
    }


class VAEFaces(Discs):
    """The row that encodes: the tab knows it by its class's name."""


@contextmanager
def served(outputs: Path, table: dict[str, ModelSpec] | None = None) -> Iterator[str]:
    """The address of the Faces tab on toy rows."""
    from demos.ui import page

    patch = pytest.MonkeyPatch()
    patch.setenv("GRADIO_TEMP_DIR", str(outputs))
    known = rows() if table is None else table
    patch.setattr(registry, "_table", lambda: known)
    demo, options = page.make(["faces"], page.parser().parse_args(["--outputs", str(outputs)]))
    _, url, _ = demo.launch(**{**options, "quiet": True, "prevent_thread_lock": True})
    try:
        yield url
    finally:
        demo.close()
        patch.undo()
