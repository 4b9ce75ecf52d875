"""Are generated faces new or copied? Their distance to the nearest training face, measured without the training pictures.

``checkpoints/faces-neighbours`` holds the training faces as points: EfficientNet-Lite0's 1,280 pooled features, projected
onto their principal axes (:mod:`aigc_core.training.face_neighbours`), and the distance of each held-out face to the nearest
of them. A generated face counts as copied when it is closer than nearly all held-out faces. Each picture is compared as it is
and mirrored, since training mirrors pictures at random, and the smaller distance counts.

Shapes: N faces, D features, K axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from aigc_core import weights
from aigc_core.models.features import efficientnet_lite
from aigc_core.tasks.faces import FacesRequest, NearestFaces, NearestFacesRequest
from aigc_core.types import Events, Progress, Result, Shipped

SOURCE = Shipped(folder="faces-neighbours")
FILE = "neighbours.safetensors"
SIDE, SEEN = 64, 128
"""Pixels to which pictures are reduced, and at which the network sees them, as in :mod:`aigc_core.evaluation.faces`."""


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The training faces in feature space."""

    mean: Tensor
    """(D,)"""
    axes: Tensor
    """(D, K)"""
    train: Tensor
    """(N, K)"""
    held_out: Tensor
    """Distances of the held-out faces, ascending."""

    def distances(self, features: Tensor, mirrored: Tensor) -> Tensor:
        """Distance to the nearest training face, of faces (B, D) and their mirror images; (B,)."""
        both = [torch.cdist((f - self.mean) @ self.axes, self.train).amin(1) for f in (features, mirrored)]
        return torch.minimum(*both)


def load(folder: Path) -> Neighbours:
    """Read the checkpoint, float16 widened to float32."""
    from safetensors.torch import load_file

    tensors = {name: tensor.float() for name, tensor in load_file(folder / FILE).items()}
    return Neighbours(**tensors)


@torch.inference_mode()
def embed(network: efficientnet_lite.EfficientNetLite0, images: Sequence[Image.Image], batch: int = 16) -> Tensor:
    """Features (N, D) of pictures of any size."""
    rows = []
    for at in range(0, len(images), batch):
        small = [
            np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX))
            for image in images[at : at + batch]
        ]
        pixels = torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).float() / 127.5 - 1
        seen = F.interpolate(pixels, size=SEEN, mode="bicubic", antialias=False).clamp(-1, 1)
        rows.append(network.features(seen.contiguous(memory_format=torch.channels_last)))
    return torch.cat(rows)


def network(folder: Path) -> efficientnet_lite.EfficientNetLite0:
    """The network from its package's folder, batch normalisation fused."""
    made = efficientnet_lite.fuse(efficientnet_lite.load(next(folder.rglob("*.pth"))))
    return made.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def mirrored(images: Sequence[Image.Image]) -> list[Image.Image]:
    """The pictures flipped left to right."""
    return [image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for image in images]


def _unmeasured(event: Progress, held_out: tuple[float, ...], display_scale: int) -> NearestFaces | None:
    faces = event.preview
    if faces is None:
        return None
    return NearestFaces(
        images=faces.images, seeds=faces.seeds, distances=(), held_out=held_out, display_scale=display_scale
    )


def stream(draw: Callable[[FacesRequest], Events], request: NearestFacesRequest, display_scale: int) -> Events:
    """Generate faces with the model's default settings, then measure their distances; previews have no distances yet."""
    known = load((yield from weights.ensure(SOURCE))[0])
    folders = yield from weights.ensure(efficientnet_lite.SOURCE)
    held_out = tuple(round(float(d), 4) for d in known.held_out)
    faces, steps = None, 0
    with closing(draw(FacesRequest(model=request.model, seed=request.seed, count=request.count))) as drawing:
        for event in drawing:
            if isinstance(event, Result):
                faces = event.output
            else:
                steps = event.step + 1
                shown = partial(_unmeasured, event, held_out, display_scale)
                yield Progress(step=event.step, total=(event.total or 0) + 1, preview=shown)
    assert faces is not None
    seen = network(folders[0])
    distances = known.distances(embed(seen, faces.images), embed(seen, mirrored(faces.images)))
    output = NearestFaces(
        images=faces.images, seeds=faces.seeds, distances=tuple(round(float(d), 4) for d in distances),
        held_out=held_out, display_scale=display_scale,
    )  # fmt: skip
    yield Progress(step=steps, total=steps, preview=output)
    yield Result(output=output, info={"training_faces": len(known.train), "axes": known.axes.shape[1]})
