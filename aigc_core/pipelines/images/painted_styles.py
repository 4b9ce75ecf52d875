"""Our own style network (:mod:`aigc_core.models.style_net`): one pass, band by band, so that it can be stopped."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import torch

from aigc_core import checkpoint
from aigc_core.errors import InvalidRequestError
from aigc_core.models import style_bands
from aigc_core.models.style_net import StyleConfig, StyleNet
from aigc_core.pipelines.images.all_styles import paint_all
from aigc_core.pipelines.images.painting import Array, described, paint, shares
from aigc_core.tasks.stylize import AllStylesRequest, StylizeRequest
from aigc_core.types import Events, ModelSpec


class PaintedStyles:
    """A folder with ``config.json``, which names the styles, and ``model.safetensors``."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._name = spec.name
        self._model = checkpoint.load(folders[0], StyleNet(checkpoint.load_config(folders[0], StyleConfig)))
        self._model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def stream(self, request: StylizeRequest | AllStylesRequest) -> Events:
        """Progress in per cent, the first preview from a small copy of the picture; or a step a style."""
        styles = self._model.config.styles
        if isinstance(request, AllStylesRequest):
            yield from paint_all(self.stream, request, styles)
            return
        if request.style_image is not None:
            raise InvalidRequestError(
                f"{self._name} has {len(styles)} fixed styles and cannot read a style picture. Choose style-arbitrary, "
                "or remove the style picture.",
                f"{self._name} 只有 {len(styles)} 种固定风格，无法使用风格图片。请改选 style-arbitrary，或移除风格图片。",
            )
        mixed = shares(request, styles)
        weights = torch.tensor([[mixed.get(style, 0.0) for style in styles]])

        def network(x: Array) -> Generator[None, None, Array]:
            return self._painted(x, weights)

        yield from paint(request, network, described(mixed))

    @torch.inference_mode()
    def _painted(self, x: Array, weights: torch.Tensor) -> Generator[None, None, Array]:
        """(H, W, 3) in [0, 1] to another; yields after every band of every layer."""
        picture = (torch.from_numpy(x).permute(2, 0, 1)[None] * 2 - 1).contiguous(memory_format=torch.channels_last)
        painted = yield from style_bands.paint(self._model, picture, weights)
        return painted[0].permute(1, 2, 0).div_(2).add_(0.5).numpy()
