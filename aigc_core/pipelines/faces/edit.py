"""Edit the face on a photo: detect it, align it, invert it to a latent, shift the latent, decode."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aigc_core import runtime, weights
from aigc_core.errors import DownloadError
from aigc_core.media import face_detector
from aigc_core.pipelines.faces.dcgan import to_picture
from aigc_core.pipelines.faces.sliders import Sliders
from aigc_core.tasks.faces import EditFaceRequest, FaceEdit
from aigc_core.types import Events, Package, Progress, Result


class Inversion(NamedTuple):
    """The latent found so far for a photo."""

    latent: Tensor
    step: int
    total: int


class Editor(Protocol):
    """The methods of a model that editing a photo takes; see :class:`aigc_core.pipelines.faces.latents.LatentFaces`."""

    name: str
    side: int
    display_scale: int
    sliders: Sliders
    packages: tuple[Package, ...]

    def invert(self, picture: Tensor, steps: int) -> Generator[Inversion, None, None]: ...

    def edit(self, latent: Tensor, shift: Tensor) -> Tensor: ...

    def generate(self, latent: Tensor) -> Tensor: ...


def stream(model: Editor, request: EditFaceRequest) -> Events:
    """Progress counts the steps of the inversion; previews are the :class:`FaceEdit` so far."""
    shift = model.sliders.shift(model.name, request)
    for source in model.packages:
        yield from weights.ensure(source)
    aligned, by = yield from aligned_face(request.image, model.side)
    target = to_tensor(aligned).to(runtime.device())
    edit: FaceEdit | None = None
    step = 0
    for found in model.invert(target, request.steps):
        back = model.generate(found.latent)
        edited = back if shift is None else model.generate(model.edit(found.latent, shift))
        edit = FaceEdit(
            aligned=aligned, reconstruction=to_picture(back[0]), edited=to_picture(edited[0]), aligned_by=by,
            error=round(float((back.clamp(-1, 1) - target).abs().mean()) * 127.5, 2), display_scale=model.display_scale,
        )  # fmt: skip
        step = found.step
        yield Progress(step=step, total=found.total, preview=edit)
    assert edit is not None
    yield Result(output=edit, info={"aligned_by": by, "error": edit.error, "steps": step})


def aligned_face(photo: Image.Image, side: int) -> Generator[Progress, None, tuple[Image.Image, str]]:
    """The most certain face on a photo, aligned as the training faces are, and how it was found; the centre where there is none."""
    try:
        folder = yield from face_detector.fetch()
    except DownloadError:  # without a network, and never fetched
        return face_detector.centre(photo, side), "centre"
    found = face_detector.Detector(folder).find(photo)
    if not found:
        return face_detector.centre(photo, side), "centre"
    return face_detector.align(photo, found[0].points, side), "eyes"


def to_tensor(image: Image.Image) -> Tensor:
    """(1, 3, R, R) in [-1, 1]."""
    pixels = torch.from_numpy(np.asarray(image.convert("RGB")).astype(np.float32))
    return (pixels / 127.5 - 1).permute(2, 0, 1)[None].contiguous()
