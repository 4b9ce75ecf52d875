"""Paint a large picture in overlapping bands with the style network, as if it were painted in one piece.

Instance normalisation takes mean and variance over the whole picture, so tiles painted by themselves differ in contrast and show
seams. Here every layer goes over the bands before the next one begins: the convolutions see a few rows beyond their band, and
mean and variance are those of all bands together. The answer equals that of :class:`StyleNet` up to rounding. Maps at stride 4
are kept whole and changed in place; those at strides 2 and 1, which take most of the memory, exist for one band at a time.

Shapes: as in :mod:`aigc_core.models.style_net`; one picture at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_core.models.style_net import STRIDE, ConvNorm, StyleNet, padded

BAND_PIXELS = 1 << 19
"""Most pixels of the picture in a band; smaller pictures are one band."""
REACH = 2
"""Rows at stride 4 that the layers after ``narrow`` see beyond a band: 2 + 2 + 1 + 1 pixels."""
Painting = Generator[None, None, Tensor]


class Band(NamedTuple):
    """Some rows of a map."""

    place: slice
    """The rows that are computed."""
    seen: slice
    """The rows that they are computed from."""
    kept: slice
    """The rows of the answer to ``seen`` that are ``place``."""


def bands(height: int, rows: int, reach: int) -> Iterator[Band]:
    """Cut ``height`` rows into bands of ``rows`` that see ``reach`` rows further on either side."""
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        first, last = max(0, top - reach), min(height, bottom + reach)
        yield Band(slice(top, bottom), slice(first, last), slice(top - first, bottom - first))


def paint(model: StyleNet, picture: Tensor, weights: Tensor, band_pixels: int = BAND_PIXELS) -> Painting:
    """Paint (1, 3, H, W) with style weights (1, S); yields after every band, and returns the painted picture."""
    height, width = picture.shape[-2:]
    whole = padded(picture)
    rows = max(1, band_pixels // (whole.shape[-1] * STRIDE))
    x = yield from _normalised(model.encode, F.pixel_unshuffle(whole, STRIDE), weights, rows)
    x.relu_()
    for block in model.blocks:
        inner = yield from _normalised(block.first, x, weights, rows)  # type: ignore[arg-type]
        inner = yield from _normalised(block.second, inner.relu_(), weights, rows)  # type: ignore[arg-type]
        x.add_(inner)
    x = yield from _normalised(model.narrow, x, weights, rows)
    painted = yield from _decoded(model, whole, x.relu_(), weights, rows)
    return painted[..., :height, :width]


def _normalised(layer: ConvNorm, x: Tensor, weights: Tensor, rows: int) -> Painting:
    """``layer(x, weights)``."""
    out: Tensor | None = None
    for band in bands(x.shape[2], rows, layer.conv.kernel_size[0] // 2):
        part = layer.conv(x[:, :, band.seen])[:, :, band.kept]
        if out is None:
            out = part.new_empty((*part.shape[:2], *x.shape[2:])).to(memory_format=torch.channels_last)
        out[:, :, band.place] = part
        yield
    assert out is not None
    out.sub_(out.mean((2, 3), keepdim=True))
    squares = torch.stack([out[:, :, band.place].square().sum((2, 3)) for band in bands(x.shape[2], rows, 0)])
    scale, shift = layer.norm.affine(squares.sum(0) / (out.shape[2] * out.shape[3]), weights)
    return out.mul_(scale).add_(shift)


def _decoded(model: StyleNet, whole: Tensor, x: Tensor, weights: Tensor, rows: int) -> Painting:
    """The layers after ``narrow``, twice over the bands: for the statistics of the only normalisation left, then to paint."""

    def convolved(band: Band) -> Tensor:
        """The map at stride 2 before its normalisation, for the rows seen."""
        y: Tensor = model.decode.conv(F.interpolate(x[:, :, band.seen], scale_factor=2, mode="nearest"))
        return y

    steps = list(bands(x.shape[2], rows, REACH))
    mean, variance = yield from _moments(convolved, steps)
    scale, shift = model.decode.norm.affine(variance, weights)
    painted = torch.empty_like(whole)
    for band in steps:
        y = F.relu(convolved(band).sub_(mean[:, :, None, None]).mul_(scale).add_(shift))
        answer = model.corrected(whole[:, :, _times(band.seen, STRIDE)], y)
        painted[:, :, _times(band.place, STRIDE)] = answer[:, :, _times(band.kept, STRIDE)]
        yield
    return painted


def _moments(convolved: Callable[[Band], Tensor], steps: list[Band]) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """Mean and variance (B, C) over all bands."""
    count, total, squares = 0, torch.zeros(()), torch.zeros(())
    for band in steps:
        y = convolved(band)[:, :, _times(band.kept, 2)].double()
        count += y.shape[2] * y.shape[3]
        total, squares = total + y.sum((2, 3)), squares + y.square().sum((2, 3))
        yield
    mean = total / count
    return mean.float(), (squares / count - mean.square()).clamp(min=0).float()


def _times(rows: slice, factor: int) -> slice:
    return slice(rows.start * factor, rows.stop * factor)
