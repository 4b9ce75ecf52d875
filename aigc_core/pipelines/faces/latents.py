"""What our face models share that draw a face from a latent: sliders, the mixing of two seeds, photos, nearest faces.

Sliders are directions in the space of latents, fitted by :mod:`aigc_core.training.face_directions` and kept as
``directions.safetensors`` beside the weights: by how much the latent changes on average when an attribute of the faces
grows by one standard deviation, the other attributes held.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from aigc_core.datasets.face_labels import DIRECTIONS_FILE
from aigc_core.errors import InvalidRequestError
from aigc_core.pipelines.faces import edit as edit_face
from aigc_core.pipelines.faces import nearest as nearest_faces
from aigc_core.pipelines.faces.dcgan import DCGAN, to_picture
from aigc_core.tasks.faces import DIRECTIONS, EditFaceRequest, FacesRequest, NearestFacesRequest
from aigc_core.types import Events, Package

KEPT = {"coarse": 0.15, "middle": 0.4, "fine": 0.6}
"""Share of a map's frequencies, each way, that the first seed keeps."""


class Sliders:
    """The directions of a checkpoint; empty where there is no file.

    Args:
        folder: Of the checkpoint.
        shape: Of a latent.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...]) -> None:
        from safetensors.torch import load_file

        file = folder / DIRECTIONS_FILE
        known = load_file(file) if file.exists() else {}
        self.shape = shape
        self.directions = {name: known[name].float().view(1, *shape) for name in DIRECTIONS if name in known}

    def shift(self, name: str, request: FacesRequest | EditFaceRequest) -> Tensor | None:
        """Where the sliders move a latent, (1, …); None while all stand at 0.

        Raises:
            InvalidRequestError: a slider without a direction is set.
        """
        total: Tensor | None = None
        for field in DIRECTIONS:
            value = getattr(request, field)
            if not value:
                continue
            if field not in self.directions:
                raise InvalidRequestError(
                    f"{name} has no direction for {field} (got {value:g}). Leave it at 0 or choose another model.",
                    f"{name} 没有属性 {field} 的方向（收到 {value:g}）。请设为 0 或换一个模型。",
                )
            moved = value * self.directions[field]
            total = moved if total is None else total + moved
        return total


def blend(own: Tensor, other: Tensor, at: str) -> Tensor:
    """Maps (B, C, S, S) whose low frequencies are ``own``'s and whose high ones ``other``'s.

    The cut is made in the discrete cosine transform, which is orthonormal: two maps of white noise give white noise.

    Args:
        at: How much ``own`` keeps, a key of :data:`KEPT`.
    """
    side = own.shape[-1]
    kept = max(1, round(KEPT[at] * side))
    low = cosines(side)[:kept].to(own)  # (kept, S)
    project = low.T @ low  # (S, S), onto the low frequencies
    out: Tensor = other + project @ (own - other) @ project
    return out


def cosines(side: int) -> Tensor:
    """The orthonormal DCT-II matrix (S, S), row k the k-th frequency."""
    places = (torch.arange(side) + 0.5) / side
    rows: Tensor = torch.cos(math.pi * torch.arange(side)[:, None] * places) * (2 / side) ** 0.5
    rows[0] *= 0.5**0.5
    return rows


class Fitted(NamedTuple):
    """A photo in a model's space, so far."""

    latent: Tensor
    step: int
    total: int


class LatentFaces(DCGAN, ABC):
    """The stream of a model that decodes latents; a subclass says how.

    Latents are whatever :meth:`generate` takes, (1, …).
    """

    sliders: Sliders
    side: int
    needs: tuple[Package, ...] = ()
    """What bringing a photo in wants beside the checkpoint."""

    @torch.inference_mode()
    def stream(self, request: FacesRequest | EditFaceRequest | NearestFacesRequest) -> Events:
        if isinstance(request, EditFaceRequest):
            yield from edit_face.stream(self, request)
        elif isinstance(request, NearestFacesRequest):
            yield from nearest_faces.stream(self.stream, request, self.enlarge)
        else:
            yield from super().stream(request)

    def drawer(self, request: FacesRequest) -> Callable[[Tensor], Image.Image]:
        shift = self.sliders.shift(self.name, request)
        other = None if request.mix_seed is None else self._latent(request.mix_seed, request.truncation)

        def draw(z: Tensor) -> Image.Image:
            latent = self.place(z)
            if shift is not None:
                latent = self.move(latent, shift)
            mixed = self.generate(latent) if other is None else self.mix(latent, self.place(other), request.mix_at)
            return to_picture(mixed[0])

        return draw

    @torch.inference_mode()
    def batch(self, requests: Sequence[FacesRequest]) -> list[Image.Image]:
        """The first face of each request in one pass, for evaluations: alike up to rounding, seed and truncation only."""
        z = torch.cat([self._latent(request.seed, request.truncation) for request in requests])
        return [to_picture(image) for image in self.generate(self.place(z))]

    def place(self, z: Tensor) -> Tensor:
        """The latent of a point of the space in which walks are made."""
        return z

    def move(self, latent: Tensor, shift: Tensor) -> Tensor:
        return latent + shift.to(latent)

    @abstractmethod
    def generate(self, latent: Tensor) -> Tensor:
        """Pictures (B, 3, R, R) in [-1, 1]."""

    @abstractmethod
    def mix(self, own: Tensor, other: Tensor, at: str) -> Tensor:
        """The picture of ``own`` with ``other`` taking over from a resolution on."""

    @abstractmethod
    def fit(self, picture: Tensor, steps: int) -> Generator[Fitted, None, None]:
        """The latent of an aligned photo (1, 3, R, R), better at every step."""
