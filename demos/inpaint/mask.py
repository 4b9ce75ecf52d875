"""From what the inpainting page holds, an editor's strokes or an uploaded mask, to the mask of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image

from aigc_core.errors import InvalidRequestError
from aigc_core.media import decode
from aigc_core.media import image as pictures
from aigc_core.media import mask as masks
from aigc_core.tasks.inpaint import InpaintRequest
from demos.ui.fields import make_request

CANVAS_SIDE = 800


def with_mask(values: Mapping[str, Any]) -> dict[str, Any]:
    """The request's fields with the mask filled in from the strokes in ``editor``, where none was uploaded.

    Raises:
        InvalidRequestError: no picture, or nothing was painted.
    """
    filled = {name: value for name, value in values.items() if name != "editor"}
    if not filled.get("image"):
        raise InvalidRequestError("There is no picture yet. Upload one first.", "还没有图片，请先上传。")
    if not filled.get("mask"):
        layers = [_path(layer) for layer in getattr(values.get("editor"), "layers", None) or []]
        size = pictures.read(filled["image"]).size
        filled["mask"] = brushed([path for path in layers if path], size)
    return filled


def brushed(layers: list[Any], size: tuple[int, int]) -> Image.Image:
    """White where any layer of the editor is painted, scaled from the canvas to ``size``."""
    mask = Image.new("L", size, 0)
    for path in layers:
        alpha = decode.load(path).convert("RGBA").getchannel("A").resize(size, Image.Resampling.BILINEAR)
        mask.paste(255, (0, 0), alpha.point(lambda v: 255 if v >= masks.THRESHOLD else 0))
    return mask


def _path(file: Any) -> Any:
    """The path or open file of a layer."""
    return getattr(file, "path", None) or (file.get("path") if isinstance(file, dict) else file)


def overlay(values: Mapping[str, Any]) -> Image.Image | None:
    """The mask as it will be used, over the picture; None while there is none."""
    try:
        request = make_request(InpaintRequest, with_mask(values))
        assert isinstance(request, InpaintRequest)
        return masks.overlay(request.image, masks.prepare(request).weight)
    except InvalidRequestError:
        return None


def canvas(path: str | None) -> dict[str, Any] | None:
    """The editor's content for a picture: a small copy to paint on, no strokes."""
    if not path:
        return None
    small = pictures.fit(pictures.read(path), CANVAS_SIDE)
    return {"background": small, "layers": [], "composite": small}
