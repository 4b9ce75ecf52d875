"""A photo's face in the space of a model, and moved there: find it, align it, bring it in, move it, draw it."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aigc_core import runtime, weights
from aigc_core.errors import DownloadError
from aigc_core.media import face_detector
from aigc_core.pipelines.faces.dcgan import to_picture
from aigc_core.tasks.faces import EditFaceRequest, FaceEdit
from aigc_core.types import Events, Progress, Result

if TYPE_CHECKING:
    from aigc_core.pipelines.faces.latents import LatentFaces


def stream(model: LatentFaces, request: EditFaceRequest) -> Events:
    """Progress counts the steps of the projection; its previews are the :class:`FaceEdit` so far."""
    shift = model.sliders.shift(model.name, request)
    for source in model.needs:
        yield from weights.ensure(source)
    aligned, by = yield from cut(request.image, model.side)
    target = to_tensor(aligned).to(runtime.device())
    edit: FaceEdit | None = None
    step = 0
    for fitted in model.fit(target, request.steps):
        back = model.generate(fitted.latent)
        moved = back if shift is None else model.generate(model.move(fitted.latent, shift))
        edit = FaceEdit(
            aligned=aligned, reconstruction=to_picture(back[0]), edited=to_picture(moved[0]), aligned_by=by,
            error=round(float((back.clamp(-1, 1) - target).abs().mean()) * 127.5, 2), enlarge=model.enlarge,
        )  # fmt: skip
        step = fitted.step
        yield Progress(step=step, total=fitted.total, preview=edit)
    assert edit is not None
    yield Result(output=edit, info={"aligned_by": by, "error": edit.error, "steps": step})


def cut(photo: Image.Image, side: int) -> Generator[Progress, None, tuple[Image.Image, str]]:
    """The surest face on a photo as the training faces were cut, and how it was found; the middle where there is none."""
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
