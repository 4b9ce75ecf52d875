"""Faces repaired by our face diffusion model: what is known of the face decides how it goes on, the seed what is invented.

The face is found on the photo and aligned as the training faces are; :mod:`aigc_core.sampling.diffusion.restoration` samples a face
whose visible part agrees with the photo. What the model still misses of the visible part (light, colour) is carried smoothly into
the hole, so that no edge shows, and the answer goes back to its place on the photo. The model sees 128 pixels: on a large photo the
new part is softer than the rest.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from aigc_core import runtime
from aigc_core.errors import DownloadError, InvalidRequestError
from aigc_core.media import face_detector
from aigc_core.media import mask as masks
from aigc_core.models.inpaint_net import push_pull
from aigc_core.pipelines.faces.diffusion import DiffusionFaces, Plan
from aigc_core.sampling.diffusion.restoration import restored
from aigc_core.sampling.diffusion.schedules import karras_sigmas
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Events, ModelSpec, Progress, Result

Pixels = NDArray[np.uint8]
MOST_OUTSIDE = 0.3
"""Share of the hole that may lie beside the face; it is filled with the colours around it."""
RHO = 5.0
"""Spacing of the noise levels (Karras et al.); fewer low levels than for sampling, as the known part leaves less to settle."""
ERROR_DEVIATION = 1.0
"""σ_y per pixel and channel: large, since the errors of neighbouring pixels are one error."""
ITERATIONS = 10
RATE = 0.1


class Placed(NamedTuple):
    """The position of the face's square on the photo."""

    matrix: NDArray[np.float64]
    """(2, 3): pixels of the photo to pixels of the square."""
    found: str
    """``eyes`` (by a detector) or ``centre`` (no face was found: the middle of the photo)."""


class FaceInpaint:
    """``settings``: those of :class:`DiffusionFaces`, and ``start``, ``end``: the first and the last noise level."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.name, self.settings = spec.name, spec.settings
        self.faces = DiffusionFaces(spec, folders)
        self.side = self.faces.codec.side

    def stream(self, request: InpaintRequest) -> Events:
        """A step is one noise level; another seed proposes another face, the prompt chooses among them."""
        yield Progress(step=0)
        given = masks.prepare(request)
        prefilled = _smooth(given.picture, given.hole)
        placed = yield from self._place(prefilled, given)
        square, hole = self._cut(prefilled, placed), self._cut(given.hole.astype(np.uint8), placed) > 0
        plan = self.faces.plan(request)
        steps = self._sample(plan, _tensor(square), torch.from_numpy(~hole)[None, None].float(), request.seed)
        try:
            for i, face in enumerate(steps):
                filled = self._back(prefilled, face, placed)
                output = Image.fromarray(masks.compose(given.picture, filled, given.weight))
                yield Progress(step=i + 1, total=plan.steps, preview=output)
        finally:
            steps.close()
        info: dict[str, Any] = {
            "width": output.width,
            "height": output.height,
            "repainted_pixels": int(given.hole.sum()),
        }
        info |= {"aligned_by": placed.found, "steps": plan.steps, "labels": plan.labels[0]}
        yield Result(output=output, info=info | {"guidance_scale": plan.guidance_scale})

    def _sample(self, plan: Plan, square: Tensor, known: Tensor, seed: int) -> Generator[Pixels, None, None]:
        """The face after each level; ``known`` (1, 1, R, R) is 1 where the square (1, 3, R, R) shows the photo."""
        decode = self.faces.codec.decode

        def error(z: Tensor) -> Tensor:
            return ((decode(z) - square) * known).square().sum()

        sigmas = karras_sigmas(plan.steps, self.settings["end"], self.settings["start"], RHO)
        noise = runtime.noise([seed], self.faces.codec.shape) * float(sigmas[0])
        steps = restored(
            plan.denoise, noise.to(runtime.device()), sigmas, [runtime.generator(seed)], error,
            data_deviation=self.faces.config.sigma_data, error_deviation=ERROR_DEVIATION, iterations=ITERATIONS, rate=RATE,
        )  # fmt: skip
        for step in steps:
            with torch.inference_mode():
                face = decode(step.denoised)
                face = face + push_pull((square - face) * known, 1 - known)
                yield _pixels(face)

    def _place(self, prefilled: Pixels, given: masks.Prepared) -> Generator[Progress, None, Placed]:
        """Find the face under the mask, with the hole filled, else with what is under it, as sunglasses may be."""
        try:
            folder = yield from face_detector.fetch()
        except DownloadError:  # without a network, and never fetched
            return self._under([self._centre(given.hole)], given.hole)
        detector = face_detector.Detector(folder)
        found = [face for picture in (prefilled, given.picture) for face in detector.find(Image.fromarray(picture))]
        target = np.array(face_detector.TEMPLATE) * self.side
        faces = [Placed(face_detector.similarity(face.points[[0, 1, 3]], target), "eyes") for face in found]
        return self._under([*faces, self._centre(given.hole)], given.hole)

    def _centre(self, hole: masks.Hole) -> Placed:
        scale = self.side / min(hole.shape)
        shift = [self.side / 2 - scale * side / 2 for side in reversed(hole.shape)]
        return Placed(np.array([[scale, 0, shift[0]], [0, scale, shift[1]]]), "centre")

    def _under(self, faces: Sequence[Placed], hole: masks.Hole) -> Placed:
        """The first face that the hole lies on.

        Raises:
            InvalidRequestError: too much of the hole lies beside each of them.
        """
        beside = [self._beside(face, hole) for face in faces]
        for face, share in zip(faces, beside, strict=True):
            if share <= MOST_OUTSIDE:
                return face
        outside = min(beside)
        raise InvalidRequestError(
            f"{self.name} repairs faces, and {outside:.0%} of the mask lies beside the face; at most {MOST_OUTSIDE:.0%} may. "
            "Paint over the face only, or choose inpaint-patchmatch.",
            f"{self.name} 只修复人脸，而遮罩有 {outside:.0%} 落在人脸之外，最多允许 {MOST_OUTSIDE:.0%}。请只涂抹人脸，或改用 inpaint-patchmatch。",
        )

    def _beside(self, face: Placed, hole: masks.Hole) -> float:
        """Share of the hole that lies outside the face's square."""
        square = np.ones((self.side, self.side), np.uint8)
        return 1 - float(self._back(np.zeros(hole.shape, np.uint8), square, face)[hole].mean())

    def _cut(self, picture: Pixels, placed: Placed) -> Pixels:
        """The face's square, (R, R) or (R, R, 3); what lies beyond the photo repeats its edge."""
        zoom = max(1, round(1 / float(np.hypot(*placed.matrix[:, 0]))))  # so that no pixel of a large photo is skipped
        size = (self.side * zoom, self.side * zoom)
        big = cv2.warpAffine(
            picture, placed.matrix * zoom, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        if picture.ndim == 2:
            return np.asarray(big.reshape(self.side, zoom, self.side, zoom).max((1, 3)))
        return np.asarray(cv2.resize(big, (self.side, self.side), interpolation=cv2.INTER_AREA))

    def _back(self, picture: Pixels, face: Pixels, placed: Placed) -> Pixels:
        """The picture with the face in its place."""
        size = (picture.shape[1], picture.shape[0])
        out: Pixels = picture.copy()
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        warped = cv2.warpAffine(face, placed.matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        square = np.full((self.side, self.side), 255, np.uint8)
        inside = cv2.warpAffine(square, placed.matrix, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP) > 0
        out[inside] = warped[inside]
        return out


def _smooth(picture: Pixels, hole: masks.Hole) -> Pixels:
    """The hole filled with the colours around it."""
    where = torch.from_numpy(hole)[None, None].float()
    return _pixels(push_pull(_tensor(picture), where))


def _tensor(picture: Pixels) -> Tensor:
    """uint8 (H, W, 3) to (1, 3, H, W) in [-1, 1]."""
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1


def _pixels(picture: Tensor) -> Pixels:
    """(1, 3, H, W) in [-1, 1] to uint8 (H, W, 3)."""
    return np.asarray(((picture[0].permute(1, 2, 0).clamp(-1, 1) + 1) * 127.5).round().byte().numpy())
