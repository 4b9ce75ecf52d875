"""Select an object of a picture by a point on it or a box around it: GrabCut, at a small size, then refined at the full one.

GrabCut (Rother, Kolmogorov, Blake 2004, "Interactive foreground extraction using iterated graph cuts") models the colours of
object and surroundings by a mixture of Gaussians each and cuts between neighbouring pixels where their colours differ; it looks
at no more than ``SIDE`` pixels, so its time does not grow with the picture. A guided filter (He, Sun, Tang 2013) then lets the
edge of the enlarged selection follow the edges of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aigc_core.tasks.inpaint import Box

Pixels = NDArray[np.uint8]
Hole = NDArray[np.bool_]
SIDE = 256
"""Longest side, in pixels, at which the object is cut out."""
REACH = 0.25
"""Farthest that an object may reach from a point on it, as a share of the picture's longer side."""
SEED = 0.012
"""Radius around a point that surely belongs to the object, as a share of the longer side."""
ALIKE = 10.0
"""Distance in 8-bit Lab up to which a colour that is connected to the point is surely the object's; up to twice it, perhaps."""
MARGIN = 0.25
"""Surroundings of a box that are looked at, as a share of its longer side."""
ITERATIONS = 3
RADIUS, EPSILON = 4, 1e-3
"""Parameters of the guided filter: its window in pixels of the small size, and the variance of lightness that counts as an edge."""
RIM = 0.003
"""Width added around an object, whose edge pixels are mixed with the background, as a share of the picture's longer side."""


def selected(picture: Pixels, marks: Sequence[Box]) -> Hole:
    """The objects at the marks with their rims, (H, W), of a picture (H, W, 3)."""
    import cv2  # tabs import this module, and the app starts without OpenCV

    hole = np.zeros(picture.shape[:2], bool)
    longer: int = max(hole.shape)
    rim = 2 * max(1, round(RIM * longer)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (rim, rim))
    for mark in marks:
        rows, columns = _surroundings(mark, picture.shape[:2])
        found = _object(picture[rows, columns], _moved(mark, -columns.start, -rows.start), longer)
        hole[rows, columns] |= cv2.dilate(found.astype(np.uint8), disc) > 0
    return hole


def _moved(box: Box, x: int, y: int) -> Box:
    return Box(box.left + x, box.top + y, box.right + x, box.bottom + y)


def _surroundings(mark: Box, shape: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns that decide what belongs to the object."""
    if mark.is_point:
        margin = round(REACH * max(shape)) + 1
    else:
        margin = round(MARGIN * max(mark.right - mark.left, mark.bottom - mark.top)) + 2
    rows = slice(max(0, mark.top - margin), min(shape[0], mark.bottom + margin))
    return rows, slice(max(0, mark.left - margin), min(shape[1], mark.right + margin))


def _object(crop: Pixels, mark: Box, longer: int) -> Hole:
    """The object in its surroundings; ``longer`` is the longer side of the whole picture."""
    import cv2

    h, w = crop.shape[:2]
    scale = min(1.0, SIDE / max(h, w))
    size = max(1, round(w * scale)), max(1, round(h * scale))
    small = np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA))
    at = Box(*(round(value * scale) for value in mark))
    trimap = _by_point(small, at, longer * scale) if mark.is_point else _by_box(small, at)
    found = _connected(_cut(small, trimap), at)
    return found if scale == 1 else _refined(crop, found)


def _by_box(small: Pixels, box: Box) -> Pixels:
    """GrabCut's first guess: perhaps the object within the box, certainly not outside it."""
    import cv2

    trimap = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    trimap[box.top : max(box.bottom, box.top + 1), box.left : max(box.right, box.left + 1)] = cv2.GC_PR_FGD
    return trimap


def _by_point(small: Pixels, point: Box, longer: float) -> Pixels:
    """GrabCut's first guess: the object at the point, perhaps where the colour is as there, nothing beyond the reach."""
    import cv2

    h, w = small.shape[:2]
    x, y = min(point.left, w - 1), min(point.top, h - 1)
    rows, columns = np.ogrid[:h, :w]
    away = np.hypot(rows - y, columns - x)
    seed = away <= max(1.5, SEED * longer)
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1.0), cv2.COLOR_RGB2LAB).astype(np.float32)
    unlike = np.linalg.norm(lab - np.median(lab[seed], axis=0), axis=-1)
    trimap = np.full((h, w), cv2.GC_PR_BGD, np.uint8)
    for guess, limit in ((cv2.GC_PR_FGD, 2 * ALIKE), (cv2.GC_FGD, ALIKE)):
        trimap[_connected((unlike <= limit) | seed, point)] = guess
    trimap[(away > REACH * longer) & ~seed] = cv2.GC_BGD
    return trimap


def _cut(small: Pixels, trimap: Pixels) -> Hole:
    """GrabCut's answer; the first guess itself where there is nothing to part it from."""
    import cv2

    sure = np.isin(trimap, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if sure.all() or not sure.any():
        return sure
    labels = trimap.copy()
    cv2.setRNGSeed(0)  # its mixtures start at random
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), labels, None, *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    found: Hole = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    return found if found.any() else sure


def _connected(found: Hole, mark: Box) -> Hole:
    """The part that holds the point, or the largest in the box, without gaps in it."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8), connectivity=4)
    h, w = found.shape
    here = labels[min(mark.top, h - 1), min(mark.left, w - 1)] if mark.is_point else 0
    part = labels == (here or 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())) if len(stats) > 1 else found
    around, *_ = cv2.findContours(part.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(found.shape, np.uint8)
    cv2.drawContours(filled, around, -1, 1, cv2.FILLED)
    return filled > 0


def _refined(crop: Pixels, found: Hole) -> Hole:
    """The selection at the crop's own size, its edge along the edges of the crop: a linear function of lightness near each pixel."""
    import cv2

    h, w = crop.shape[:2]
    window = 2 * round(RADIUS * max(h, w) / max(found.shape)) + 1
    guide = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    soft = cv2.resize(found.astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR)

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.blur(values, (window, window)))

    mean_guide, mean_soft = mean(guide), mean(soft)
    slope = (mean(guide * soft) - mean_guide * mean_soft) / (mean(guide * guide) - mean_guide**2 + EPSILON)
    offset = mean_soft - slope * mean_guide
    return np.asarray(mean(slope) * guide + mean(offset) >= 0.5)
