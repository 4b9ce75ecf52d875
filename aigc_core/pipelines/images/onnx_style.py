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

from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from aigc_core import runtime
from aigc_core.errors import CheckpointError
from aigc_core.media import image as pictures
from aigc_core.media.textures import texture
from aigc_core.pipelines.images.all_styles import paint_all
from aigc_core.pipelines.images.painting import PICTURE, Array, described, floats, paint, shares
from aigc_core.tasks.stylize import AllStylesRequest, StylizeRequest
from aigc_core.types import Events, ModelSpec

STYLE_SIDE = 256
HEARTBEAT_S = 0.2


class MultiStyle:
    """26 styles in one network; input ``image`` (1, 3, H, W) in [0, 1] and ``style_weights`` (26,)."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._styles: Mapping[str, int] = spec.settings["styles"]
        self._session = runtime.onnx_session(str(folders[0] / spec.settings["network"]))

    def stream(self, request: StylizeRequest | AllStylesRequest) -> Events:
        """Progress in per cent, the first preview from a small copy of the picture; or a step a style."""
        if isinstance(request, AllStylesRequest):
            yield from paint_all(self.stream, request, tuple(self._styles))
            return
        mixed = shares(request, tuple(self._styles))
        weights = np.zeros(len(self._styles), np.float32)
        for style, share in mixed.items():
            weights[self._styles[style]] = share

        def network(x: Array) -> Generator[None, None, Array]:
            planes = np.ascontiguousarray(x.transpose(2, 0, 1)[None])  # (1, 3, H, W)
            painted = yield from run(self._session, {"image": planes, "style_weights": weights})
            return np.asarray(painted[0].transpose(1, 2, 0))

        yield from paint(request, network, described(mixed))


class ArbitraryStyle:
    """Any picture as the style: a predictor of the style vector and a transformer steered by it."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._predict = runtime.onnx_session(str(folders[0] / spec.settings["predict"]))
        model = (folders[0] / spec.settings["transform"]).read_bytes()
        self._transform = runtime.onnx_session(free_size(model))
        self._styles = spec.options["style"]

    def stream(self, request: StylizeRequest) -> Events:
        """Progress in per cent, the first preview from a small copy of the picture."""
        mixed = shares(request, self._styles)
        if request.style_image is not None:  # stands in the place of the chosen style
            chosen, *further = mixed.items()
            mixed = dict([(PICTURE, chosen[1]), *further])
        vector = sum(share * self.style_vector(self._picture(name, request)) for name, share in mixed.items())
        content, bottleneck = (i.name for i in self._transform.get_inputs())

        def network(x: Array) -> Generator[None, None, Array]:
            painted = yield from run(self._transform, {content: x[None], bottleneck: vector})
            return np.asarray(painted[0])

        yield from paint(request, network, described(mixed))

    def _picture(self, style: str, request: StylizeRequest) -> Image.Image:
        return request.style_image if style == PICTURE and request.style_image is not None else texture(style)

    def style_vector(self, picture: Image.Image) -> Array:
        """S, (1, 1, 1, 100), of the picture's central square."""
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        square = pictures.flatten(picture).crop((left, top, left + side, top + side))
        square = square.resize((STYLE_SIDE, STYLE_SIDE), Image.Resampling.LANCZOS)
        (vector,) = self._predict.run(None, {self._predict.get_inputs()[0].name: floats(square)[None]})
        return np.asarray(vector, np.float32)


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
