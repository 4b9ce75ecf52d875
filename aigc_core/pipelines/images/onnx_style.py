r"""Feed-forward style transfer: one pass of a small convolutional network, its normalisation layers steered by the style.

Instead of minimising the style loss of Gatys et al. (arXiv:1508.06576) for every picture, a network T is trained once to
do it in a single pass (Johnson et al., arXiv:1603.08155). A style s only changes the scale and shift after each
normalisation (conditional instance normalisation, Dumoulin et al., arXiv:1610.07629, eq. 5)::

    z = γ_s · (x - μ(x)) / σ(x) + β_s              μ, σ over the pixels of one channel of one picture

``MultiStyle`` holds 26 learned pairs (γ, β); ``ArbitraryStyle`` predicts them from a style picture (Ghiasi et al.,
arXiv:1705.06830): a MobileNet gives a 100-number style vector S, linear layers turn S into every γ and β.

μ and σ belong to the whole picture, so cutting it into tiles would give each tile its own contrast. Both networks
therefore see the picture whole: at 2048 × 2048 pixels that takes about 3 GB (``MultiStyle``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core import runtime
from aigc_core.errors import CheckpointError
from aigc_core.media import image as pictures
from aigc_core.media.textures import texture
from aigc_core.tasks.stylize import StylizeRequest
from aigc_core.types import Events, ModelSpec, Progress, Result

Array = NDArray[np.float32]
Network = Callable[[Array], Generator[None, None, Array]]
"""A picture (H, W, 3) in [0, 1] to another; yields now and then while it computes, so that it can be closed."""

PREVIEW_SIDE = 384
MIN_SIDE = 32
"""Smaller pictures are padded: the networks halve the resolution twice and reflect four pixels at the border."""
STYLE_SIDE = 256
HEARTBEAT_S = 0.2
_PERCENT = 100


class MultiStyle:
    """26 styles in one network; input ``image`` (1, 3, H, W) in [0, 1] and ``style_weights`` (26,)."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._styles: Mapping[str, int] = spec.settings["styles"]
        self._session = runtime.onnx_session(str(folders[0] / spec.settings["network"]))

    def stream(self, request: StylizeRequest) -> Events:
        """Progress in per cent, the first preview from a small copy of the picture."""
        style = request.style or next(iter(self._styles))
        weights = np.zeros(len(self._styles), np.float32)
        weights[self._styles[style]] = 1.0

        def network(x: Array) -> Generator[None, None, Array]:
            planes = np.ascontiguousarray(x.transpose(2, 0, 1)[None])  # (1, 3, H, W)
            painted = yield from run(self._session, {"image": planes, "style_weights": weights})
            return np.asarray(painted[0].transpose(1, 2, 0))

        yield from paint(request, network, {"style": style})


class ArbitraryStyle:
    """Any picture as the style: a predictor of the style vector and a transformer steered by it."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._predict = runtime.onnx_session(str(folders[0] / spec.settings["predict"]))
        model = (folders[0] / spec.settings["transform"]).read_bytes()
        self._transform = runtime.onnx_session(free_size(model))
        self._styles = spec.options["style"]

    def stream(self, request: StylizeRequest) -> Events:
        """Progress in per cent, the first preview from a small copy of the picture."""
        style = request.style or self._styles[0]
        picture = texture(style) if request.style_image is None else request.style_image
        vector = self.style_vector(picture)
        content, bottleneck = (i.name for i in self._transform.get_inputs())

        def network(x: Array) -> Generator[None, None, Array]:
            painted = yield from run(self._transform, {content: x[None], bottleneck: vector})
            return np.asarray(painted[0])

        yield from paint(request, network, {"style": style if request.style_image is None else "picture"})

    def style_vector(self, picture: Image.Image) -> Array:
        """S, (1, 1, 1, 100), of the picture's central square."""
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        square = pictures.flatten(picture).crop((left, top, left + side, top + side))
        square = square.resize((STYLE_SIDE, STYLE_SIDE), Image.Resampling.LANCZOS)
        (vector,) = self._predict.run(None, {self._predict.get_inputs()[0].name: _floats(square)[None]})
        return np.asarray(vector, np.float32)


def paint(request: StylizeRequest, network: Network, info: Mapping[str, Any]) -> Events:
    """Fit the picture to ``max_side``, run the network on a small copy for the preview, then on the whole, and blend.

    At strength 0 the fitted picture comes back bit for bit.
    """
    picture = pictures.fit(pictures.flatten(request.image), request.max_side)
    info = {**info, "width": picture.width, "height": picture.height}
    yield Progress(step=0, total=_PERCENT)
    if request.strength == 0:
        yield Progress(step=_PERCENT, total=_PERCENT, preview=picture)
        yield Result(output=picture.copy(), info=info)
        return
    small = pictures.fit(picture, PREVIEW_SIDE)
    start = time.monotonic()
    painted = yield from _passed(network, small, expected_s=None)
    if small.size != picture.size:
        pixels = picture.width * picture.height / (small.width * small.height)
        expected_s = (time.monotonic() - start) * pixels
        preview = blend(small, painted, request).resize(picture.size, Image.Resampling.BICUBIC)
        yield Progress(step=_percent(0, expected_s), total=_PERCENT, preview=preview)
        painted = yield from _passed(network, picture, expected_s=expected_s)
    output = blend(picture, painted, request)
    yield Progress(step=_PERCENT, total=_PERCENT, preview=output)
    yield Result(output=output, info=info)


def _passed(network: Network, picture: Image.Image, *, expected_s: float | None) -> Generator[Progress, None, Array]:
    """One pass with progress by the clock: a network call does not say how far it is."""
    padded, size = _pad(_floats(picture))
    start = time.monotonic()
    running = network(padded)
    try:
        while True:
            next(running)
            yield Progress(step=_percent(time.monotonic() - start, expected_s), total=_PERCENT)
    except StopIteration as done:
        painted: Array = done.value
        return painted[: size[0], : size[1]]
    finally:
        running.close()


def _percent(elapsed_s: float, expected_s: float | None) -> int:
    return 1 if expected_s is None else min(95, 5 + int(90 * elapsed_s / max(expected_s, 1e-3)))


def run(session: Any, feeds: Mapping[str, Any]) -> Generator[None, None, Array]:
    """``session.run`` in a thread: yields every 0.2 s; closing the generator ends the run after the layer it is in."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(session.run, None, dict(feeds), options)
        try:
            while not wait([call], timeout=HEARTBEAT_S).done:
                yield
            return np.asarray(call.result()[0], np.float32)
        finally:
            options.terminate = True


def blend(picture: Image.Image, painted: Array, request: StylizeRequest) -> Image.Image:
    """``picture + strength · (painted - picture)``, with the picture's own colours if asked for."""
    original = _floats(picture)
    painted = np.clip(painted, 0, 1)
    if request.keep_colors:
        painted = with_colors_of(original, painted)
    mixed = original + request.strength * (painted - original)
    return Image.fromarray((mixed * 255 + 0.5).astype(np.uint8))


def with_colors_of(original: Array, painted: Array) -> Array:
    """The painted lightness L* with the original's a*, b* (CIELAB, D65), both (H, W, 3) sRGB in [0, 1].

    The luminance-only transfer of Gatys et al. (arXiv:1606.05897), in a space whose lightness is what the eye sees.
    """
    lab = cv2.cvtColor(np.ascontiguousarray(original), cv2.COLOR_RGB2Lab)
    lab[..., 0] = cv2.cvtColor(np.ascontiguousarray(painted), cv2.COLOR_RGB2Lab)[..., 0]
    return np.asarray(np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0, 1), np.float32)


def free_size(model: bytes) -> bytes:
    """The transformer network with its fixed 384 × 384 replaced by named, free dimensions ``h`` and ``w``.

    The published file fixes the size of input and output although every layer accepts any. In the protobuf encoding a
    fixed dimension of 384 is ``0A 03 08 80 03`` (field 1, 3 bytes: dim_value = 384), a named one ``0A 03 12 01 68``
    (dim_param = "h"): the same length, so the two places can be exchanged without rewriting the file around them.

    Raises:
        CheckpointError: the file does not hold exactly these two shapes.
    """
    fixed, free = bytes.fromhex("0a03088003") * 2, bytes.fromhex("0a03120168") + bytes.fromhex("0a03120177")
    if (found := model.count(fixed)) != 2:
        raise CheckpointError(f"The style network should fix 384×384 in 2 places; found {found}. Fetch it again.")
    return model.replace(fixed, free)


def _floats(picture: Image.Image) -> Array:
    return np.asarray(picture, np.float32) / np.float32(255)


def _pad(x: Array) -> tuple[Array, tuple[int, int]]:
    """Mirror the border up to multiples of four and at least ``MIN_SIDE``; the padded picture and its true size."""
    h, w = x.shape[:2]
    down, right = (max(MIN_SIDE, side + -side % 4) - side for side in (h, w))
    return np.pad(x, ((0, down), (0, right), (0, 0)), mode="symmetric"), (h, w)
