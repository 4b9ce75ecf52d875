r"""Hole filling by patches of the picture itself, from coarse to fine.

- Barnes et al., "PatchMatch: A Randomized Correspondence Algorithm for Structural Image Editing", SIGGRAPH 2009: the field
  of nearest patches is found by propagation from neighbours and random search around the best so far (§3.2).
- Wexler, Shechtman & Irani, "Space-Time Completion of Video", PAMI 2007: find for every patch over the hole the nearest one
  outside it, let the found patches vote for each pixel, repeat; the pyramid carries structure from coarse to fine. A pixel
  counts less the farther it lies inside the hole, in distances and in votes; a vote less the less alike the patches are::

      trust = γ^(-distance to the border)        d = Σ trust (a - b)²        w = trust · exp(-d / 2σ²)

  with σ² the 75th percentile of d.

Differs from the papers: all targets step at once, and a target asks neighbours at several distances (as in jump flooding), so
that numpy does the loop; a candidate that is already held is not measured again.

Shapes: H, W the picture's sides, N targets (patches that overlap the hole), P a patch's side, R = P // 2.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from aigc_core.media import mask as masks
from aigc_core.media.mask import Hole
from aigc_core.types import Progress

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

COARSEST = 24
"""Short side in pixels, at least, of the smallest size."""
SHALLOW = 4
"""Depth in pixels of a hole at which the picture is small enough: a patch then sees the border from everywhere."""
MIN_SOURCES = 64
"""Patches without a hole that a size needs; otherwise smaller patches are taken."""
GAMMA = 1.6
REACH = 512
"""Pixels around the hole within which patches are looked for."""
STEPS = (8, 4, 2, 1)
"""Distances in pixels to the neighbours that a target asks."""
CHUNK = 16_384
"""Patches measured at once: fits a processor's cache."""


@dataclass
class _Level:
    """One size of the picture and its field of nearest patches."""

    image: Floats
    """(H + 2R, W + 2R, 3), mirrored at the border; the hole holds the answer so far."""
    trust: Floats
    """Like ``image``: 1 where it is known, falling to the middle of the hole."""
    hole: Hole
    """(H, W)."""
    radius: int
    valid: NDArray[np.bool_]
    """(H, W), True at centres of patches that lie inside the picture and do not touch the hole."""
    at: Ints
    """(N, 2) rows and columns of targets."""
    order: Ints
    """(H, W), each target's number, -1 elsewhere."""
    source: Ints
    """(N, 2) centres of the nearest patches found so far."""
    far: Floats
    """(N,) their squared distances."""


def fill(picture: Pixels, hole: Hole, *, seed: int, patch: int = 7) -> Generator[Progress, None, Pixels]:
    """``picture`` (H, W, 3) with its hole filled by its own patches; the same for the same seed.

    One step is one search and vote; previews are whole pictures at full size.
    """
    rng = np.random.default_rng(seed)
    area = masks.bounds(hole, REACH)
    sizes = _pyramid(picture[area], hole[area])
    rounds = [_rounds(i) for i in range(len(sizes))]  # the finest size is number 0
    total, done = sum(rounds), 0
    level: _Level | None = None
    for i in reversed(range(len(sizes))):
        finer = _level(*sizes[i], patch)
        if level is None:
            _start(finer, rng)
        else:
            _inherit(finer, level, rng)
            _vote(finer)
        level = finer
        for k in range(rounds[i]):
            _measure_all(level)
            for _ in _search(level, rng, wide=i > 0 or k == 0):
                yield Progress(step=done, total=total)
            _vote(level, sharp=i == 0 and k == rounds[i] - 1)
            done += 1
            yield Progress(step=done, total=total, preview=_shown(level, picture, area, hole))
    assert level is not None
    return _shown(level, picture, area, hole)


def _pyramid(picture: Pixels, hole: Hole) -> list[tuple[Pixels, Hole]]:
    """The picture at full size and at halves, until the hole is shallow or little is left that is known."""
    sizes = [(picture, hole)]
    while min(sizes[-1][1].shape) >= 2 * COARSEST and float(masks.distance(sizes[-1][1]).max()) > SHALLOW:
        smaller = _halved(*sizes[-1])
        if _valid(smaller[1], 1).sum() < MIN_SOURCES:
            break
        sizes.append(smaller)
    return sizes


def _halved(picture: Pixels, hole: Hole) -> tuple[Pixels, Hole]:
    """Half the size: means of known pixels, known where at least two of the four are, so that narrow strips are not lost."""
    h, w = hole.shape
    even = ((0, h % 2), (0, w % 2))
    known = ~np.pad(hole, even, mode="edge")[..., None]
    values = np.pad(picture, (*even, (0, 0)), mode="edge") * known.astype(np.float32)
    h, w = known.shape[0] // 2, known.shape[1] // 2
    count = known.reshape(h, 2, w, 2, 1).sum((1, 3))  # (h, w, 1)
    mean = values.reshape(h, 2, w, 2, 3).sum((1, 3)) / np.maximum(count, 1)
    return (mean + np.float32(0.5)).astype(np.uint8), count[..., 0] < 2


def _rounds(i: int) -> int:
    """Searches and votes at the size ``i``, 0 the full one."""
    return (2, 3, 4, 6)[min(i, 3)]


def _valid(hole: Hole, radius: int) -> NDArray[np.bool_]:
    """Centres (H, W) of patches inside the picture that do not touch the hole."""
    known = np.pad(~hole, radius)  # outside the picture nothing is known
    side = 2 * radius + 1
    eroded = cv2.erode(known.astype(np.uint8), np.ones((side, side), np.uint8))
    return np.asarray(eroded[radius:, radius:][: hole.shape[0], : hole.shape[1]] > 0)


def _level(picture: Pixels, hole: Hole, patch: int) -> _Level:
    radius = next((r for r in range(patch // 2, 0, -1) if _valid(hole, r).sum() >= MIN_SOURCES), 0)
    side = 2 * radius + 1
    near = cv2.dilate(hole.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)
    at = np.argwhere(near)
    order = np.full(hole.shape, -1, np.int64)
    order[near] = np.arange(len(at))
    image = _padded(picture.astype(np.float32), radius)
    trust = np.repeat(np.exp(-np.log(np.float32(GAMMA)) * masks.distance(hole))[..., None], 3, 2)
    empty = np.zeros((len(at), 2), np.int64)
    return _Level(
        image,
        _padded(trust, radius),
        hole,
        radius,
        _valid(hole, radius),
        at,
        order,
        empty,
        np.zeros(len(at), np.float32),
    )


def _start(level: _Level, rng: np.random.Generator) -> None:
    """The coarsest size: smooth colours in the hole, sources at random."""
    smooth = cv2.inpaint(_inner(level).astype(np.uint8), level.hole.astype(np.uint8), 3, cv2.INPAINT_TELEA)
    level.image = _padded(smooth.astype(np.float32), level.radius)
    level.source = _random_sources(level, len(level.at), rng)


def _inherit(level: _Level, coarse: _Level, rng: np.random.Generator) -> None:
    """Sources twice as far as those of the coarser size; at random where there is none or it is not valid."""
    bottom, right = coarse.order.shape[0] - 1, coarse.order.shape[1] - 1
    parent = coarse.order[np.minimum(level.at[:, 0] // 2, bottom), np.minimum(level.at[:, 1] // 2, right)]
    source = 2 * coarse.source[parent] + level.at % 2
    lost = (parent < 0) | ~_usable(level, source)
    source[lost] = _random_sources(level, int(lost.sum()), rng)
    level.source = source


def _random_sources(level: _Level, count: int, rng: np.random.Generator) -> Ints:
    choices = np.argwhere(level.valid)
    return choices[rng.integers(len(choices), size=count)]


def _usable(level: _Level, source: Ints) -> NDArray[np.bool_]:
    """True where ``source`` (N, 2) is the centre of a valid patch."""
    height, width = level.hole.shape
    inside = (source >= 0).all(1) & (source[:, 0] < height) & (source[:, 1] < width)
    bounded = np.clip(source, 0, (height - 1, width - 1))
    return np.asarray(inside & level.valid[bounded[:, 0], bounded[:, 1]])


def _search(level: _Level, rng: np.random.Generator, *, wide: bool) -> Iterator[None]:
    """Propagation from neighbours, then random search around the best, its reach a quarter each time; pauses in between."""
    for step in STEPS:
        for move in ((-step, 0), (0, -step), (step, 0), (0, step)):
            _propagate(level, move)
            yield
    reach = max(level.hole.shape) if wide else 16
    everyone = np.arange(len(level.at))
    while reach >= 1:
        _offer(level, everyone, level.source + rng.integers(-reach, reach + 1, size=level.at.shape))
        reach //= 4
        yield


def _propagate(level: _Level, move: tuple[int, int]) -> None:
    """Offer every target what its neighbour found, moved along."""
    height, width = level.hole.shape
    beside = level.at + move
    inside = (beside >= 0).all(1) & (beside[:, 0] < height) & (beside[:, 1] < width)
    who = np.flatnonzero(inside)
    neighbour = level.order[beside[who, 0], beside[who, 1]]
    who, neighbour = who[neighbour >= 0], neighbour[neighbour >= 0]
    _offer(level, who, level.source[neighbour] - move)


def _offer(level: _Level, who: Ints, source: Ints) -> None:
    """Targets ``who`` take the sources offered to them that are valid and nearer than what they hold."""
    new = _usable(level, source) & (source != level.source[who]).any(1)
    who, source = who[new], source[new]
    far = _distances(level, level.at[who], source)
    nearer = far < level.far[who]
    level.source[who[nearer]] = source[nearer]
    level.far[who[nearer]] = far[nearer]


def _measure_all(level: _Level) -> None:
    level.far = _distances(level, level.at, level.source)


def _distances(level: _Level, at: Ints, source: Ints) -> Floats:
    """Sums of squared differences of patches around ``at`` and ``source`` (N, 2), what is known counting most: (N,)."""
    patches, trust = _patches(level.image, level.radius), _patches(level.trust, level.radius)
    far = np.empty(len(at), np.float32)
    for i in range(0, len(at), CHUNK):
        a, b = at[i : i + CHUNK], source[i : i + CHUNK]
        here = a[:, 0], a[:, 1]
        difference = patches[here] - patches[b[:, 0], b[:, 1]]  # (n, P, 3P)
        far[i : i + CHUNK] = np.einsum("nij,nij,nij->n", difference, difference, trust[here])
    return far


def _patches(image: Floats, radius: int) -> Floats:
    """All patches of (H + 2R, W + 2R, 3) as a view: (H, W, P, 3P)."""
    side = 2 * radius + 1
    rows, columns, _ = image.shape
    down, along, _ = image.strides
    shape = (rows - side + 1, columns - side + 1, side, side * 3)
    return np.lib.stride_tricks.as_strided(image, shape, (down, along, down, 4), writeable=False)


def _vote(level: _Level, *, sharp: bool = False) -> None:
    """Each pixel of the hole becomes the weighted mean of what the patches over it hold there.

    Args:
        sharp: Let the most alike patches decide almost alone.
    """
    height, width = level.hole.shape
    depth = masks.distance(level.hole)[level.at[:, 0], level.at[:, 1]]
    sigma = max(float(np.percentile(level.far, 75)), 1.0) * (0.2 if sharp else 1.0)
    weight = np.exp(-np.log(np.float32(GAMMA)) * depth - np.minimum(level.far / (2 * sigma), 40)).astype(np.float32)
    weight = np.maximum(weight, np.float32(1e-30))
    total = np.zeros((height + 2 * level.radius, width + 2 * level.radius), np.float32)
    colours = np.zeros((*total.shape, 3), np.float32)
    row, column = level.at.T
    from_row, from_column = level.source.T
    side = 2 * level.radius + 1
    for dy in range(side):
        for dx in range(side):  # a target once per move: plain addition is enough
            total[row + dy, column + dx] += weight
            colours[row + dy, column + dx] += weight[:, None] * level.image[from_row + dy, from_column + dx]
    r = level.radius
    total, colours = total[r : r + height, r : r + width], colours[r : r + height, r : r + width]
    inner = _inner(level).copy()
    inner[level.hole] = colours[level.hole] / total[level.hole][:, None]
    level.image = _padded(inner, r)


def _inner(level: _Level) -> Floats:
    r, (height, width) = level.radius, level.hole.shape
    return level.image[r : r + height, r : r + width]


def _padded(image: Floats, radius: int) -> Floats:
    return np.ascontiguousarray(np.pad(image, ((radius, radius), (radius, radius), (0, 0)), mode="symmetric"))


def _shown(level: _Level, picture: Pixels, area: tuple[slice, slice], hole: Hole) -> Pixels:
    """The picture with the answer so far in its hole, at full size."""
    shown = picture.copy()
    place, inside = shown[area], hole[area]
    answer = _inner(level)
    if answer.shape != place.shape:
        answer = cv2.resize(answer, (place.shape[1], place.shape[0]), interpolation=cv2.INTER_LINEAR)
    place[inside] = (np.clip(answer[inside], 0, 255) + np.float32(0.5)).astype(np.uint8)
    return shown
