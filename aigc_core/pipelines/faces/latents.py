"""The part shared by our face models that decode a latent: sliders, mixing of two seeds, edited photos, nearest faces."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence

import torch
from PIL import Image
from torch import Tensor

from aigc_core.pipelines.faces import best as best_faces
from aigc_core.pipelines.faces import edit as edit_face
from aigc_core.pipelines.faces import nearest as nearest_faces
from aigc_core.pipelines.faces.dcgan import DCGAN, to_picture
from aigc_core.pipelines.faces.edit import Inversion
from aigc_core.pipelines.faces.sliders import Sliders
from aigc_core.tasks.faces import EditFaceRequest, FacesRequest, NearestFacesRequest
from aigc_core.types import Events, Package

KEPT_FREQUENCIES = {"coarse": 0.15, "middle": 0.4, "fine": 0.6}
"""Share of a map's frequencies along each axis that the first seed keeps."""


def blend(own: Tensor, other: Tensor, at: str) -> Tensor:
    """Combine two maps (B, C, S, S): the low frequencies of ``own``, the high ones of ``other``.

    The frequencies are those of the orthonormal discrete cosine transform, so two maps of white noise give white noise.

    Args:
        at: Where to cut, a key of :data:`KEPT_FREQUENCIES`.
    """
    side = own.shape[-1]
    kept = max(1, round(KEPT_FREQUENCIES[at] * side))
    low = dct_matrix(side)[:kept].to(own)  # (kept, S)
    project = low.T @ low  # (S, S), onto the low frequencies
    out: Tensor = other + project @ (own - other) @ project
    return out


def dct_matrix(side: int) -> Tensor:
    """The orthonormal DCT-II matrix (S, S), row k the k-th frequency."""
    places = (torch.arange(side) + 0.5) / side
    rows: Tensor = torch.cos(math.pi * torch.arange(side)[:, None] * places) * (2 / side) ** 0.5
    rows[0] *= 0.5**0.5
    return rows


class LatentFaces(DCGAN, ABC):
    """Base of the models that decode a latent; the latent, (1, …), has whatever form :meth:`generate` takes."""

    sliders: Sliders
    side: int
    packages: tuple[Package, ...] = ()
    """Weights that inverting a photo needs besides the checkpoint."""

    @torch.inference_mode()
    def stream(self, request: FacesRequest | EditFaceRequest | NearestFacesRequest) -> Events:
        if isinstance(request, EditFaceRequest):
            yield from edit_face.stream(self, request)
        elif isinstance(request, NearestFacesRequest):
            yield from nearest_faces.stream(self.stream, request, self.display_scale)
        elif request.chooses:
            yield from best_faces.stream(self.stream, request)
        else:
            yield from super().stream(request)

    def renderer(self, request: FacesRequest) -> Callable[[Tensor], Image.Image]:
        shift = self.sliders.shift(self.name, request)
        other = None if request.mix_seed is None else self._latent(request.mix_seed, request.truncation)

        def draw(z: Tensor) -> Image.Image:
            latent = self.from_noise(z)
            if shift is not None:
                latent = self.edit(latent, shift)
            mixed = self.generate(latent) if other is None else self.mix(latent, self.from_noise(other), request.mix_at)
            return to_picture(mixed[0])

        return draw

    @torch.inference_mode()
    def batch(self, requests: Sequence[FacesRequest]) -> list[Image.Image]:
        """The first face of each request in one batch, for evaluation; only seed and truncation are taken into account."""
        z = torch.cat([self._latent(request.seed, request.truncation) for request in requests])
        return [to_picture(image) for image in self.generate(self.from_noise(z))]

    def from_noise(self, z: Tensor) -> Tensor:
        """The latent of a point in noise space, where walks are made."""
        return z

    def edit(self, latent: Tensor, shift: Tensor) -> Tensor:
        """The latent changed as the sliders ask."""
        return latent + shift.to(latent)

    @abstractmethod
    def generate(self, latent: Tensor) -> Tensor:
        """Decode latents to pictures (B, 3, R, R) in [-1, 1]."""

    @abstractmethod
    def mix(self, own: Tensor, other: Tensor, at: str) -> Tensor:
        """Decode ``own`` with ``other`` taking over from the resolution ``at`` on."""

    @abstractmethod
    def invert(self, picture: Tensor, steps: int) -> Generator[Inversion, None, None]:
        """Find the latent of an aligned photo (1, 3, R, R), improving it at every step."""
