"""Painting in bands: the answer of the whole picture, without its memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from aigc_core.models import style_bands
from aigc_core.models.style_net import StyleConfig, StyleNet


@pytest.fixture(scope="module")
def net() -> Iterator[StyleNet]:
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(0)
        model = StyleNet(StyleConfig(styles=("ink", "oil"), width=16, blocks=2))
        for constant in model.constants():
            torch.nn.init.normal_(constant, constant.mean().item(), 0.3)
        yield model


def _picture(height: int, width: int) -> torch.Tensor:
    """Bright above, dark below: bands of it have means of their own."""
    noise = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))
    return noise * 0.6 + torch.linspace(0.4, -1, height)[:, None]


WEIGHTS = torch.tensor([[0.3, 0.7]])


def _painted(net: StyleNet, picture: torch.Tensor, band_pixels: int) -> tuple[torch.Tensor, int]:
    """The picture, and how often the painter yielded."""
    steps = style_bands.paint(net, picture, WEIGHTS, band_pixels)
    count = 0
    while True:
        try:
            next(steps)
            count += 1
        except StopIteration as done:
            return done.value, count


@pytest.mark.parametrize("size", [(96, 64), (101, 67), (64, 200), (17, 33)])
@pytest.mark.parametrize("rows", [4, 12, 20, 1000])
def test_bands_paint_what_the_whole_picture_becomes(net: StyleNet, size: tuple[int, int], rows: int) -> None:
    picture = _picture(*size)
    with torch.inference_mode():
        wanted = net(picture, WEIGHTS)
        painted, steps = _painted(net, picture, rows * size[1])
    assert painted.shape == picture.shape
    torch.testing.assert_close(painted, wanted, rtol=0, atol=2e-5)
    assert rows < 1000 or steps == 8, "one band a layer where the picture is small"


def test_parts_painted_alone_would_differ(net: StyleNet) -> None:
    """The test above says something: without common statistics the halves have another contrast."""
    picture = _picture(96, 64)
    with torch.inference_mode():
        wanted = net(picture, WEIGHTS)
        alone = torch.cat([net(half, WEIGHTS) for half in picture.split(48, 2)], 2)
    assert (alone - wanted).abs().mean() > 0.02


def test_no_map_finer_than_stride_4_is_ever_whole(net: StyleNet) -> None:
    class Largest(TorchDispatchMode):
        numbers = 0

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor):
                self.numbers = max(self.numbers, out.numel())
            return out

    picture = _picture(400, 48)
    with torch.inference_mode():
        with Largest() as whole:
            net(picture, WEIGHTS)
        with Largest() as cut:
            _painted(net, picture, 16 * 48)
    pixels = 400 * 48
    assert whole.numbers >= 6 * pixels and cut.numbers <= 3 * pixels, "nothing larger than the picture itself"


def test_closing_stops_after_a_band(net: StyleNet) -> None:
    calls = []
    hook = net.encode.conv.register_forward_hook(lambda *_: calls.append(1))
    try:
        with torch.inference_mode():
            steps = style_bands.paint(net, _picture(64, 32), WEIGHTS, 16 * 32)
            next(steps)
            steps.close()
    finally:
        hook.remove()
    assert len(calls) == 1
