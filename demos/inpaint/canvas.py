"""The inpainting page's canvas: a picture with its mask, which is painted in the browser (``canvas.component.js``).

The canvas gets a small copy of the picture and the mask as the server reads it, at the picture's own size. What is painted stays
in the page until a run, which sends it once, as a file. A mask that was uploaded and not painted on is used as it is.
"""

from __future__ import annotations

import base64
import hashlib
import io
from itertools import count
from typing import Any, TypedDict

from PIL import Image

from aigc_core.media import image as pictures
from aigc_core.media import mask as masks
from demos.ui.assets import read
from demos.ui.components import PageHTML

SIDE = 1024
"""Longest side, in pixels, of the copy that is painted on."""
SHAPE = "(...shape) => aigcMask.shape(...shape)"
"""Shows the mask inverted, grown and feathered as the controls say."""


_numbers = count()


class Shown(TypedDict):
    """The state that the canvas is given; pictures as data URLs."""

    picture: str
    width: int
    height: int
    mask: str | None
    name: str
    """Name of the picture's content, under which what was painted on it is kept."""
    number: int
    """Differs every time: a component that is given the value it has does not tell its script."""


def build(image: str, mask: str) -> Any:
    """The component, showing a picture and a mask; its event ``input`` says that the mask was painted on."""
    return PageHTML(
        shown(image, mask),
        html_template=read("inpaint", "canvas.html"),
        js_on_load=read("inpaint", "canvas.component.js"),
        elem_classes=["mask-canvas"],
        padding=False,
    )


def shown(image: str | None, mask: str | None) -> Shown | None:
    """A picture and its mask for the canvas; None where there is no picture.

    Raises:
        InvalidRequestError: one cannot be read, or they differ in size.
    """
    if not image:
        return None
    picture = pictures.read(image)
    width, height = picture.size
    small = _url(pictures.fit(picture, SIDE).convert("RGB"), "WEBP", quality=85)
    layer = _layer(mask, picture.size) if mask else None
    name = hashlib.sha256(small.encode()).hexdigest()[:16]
    return Shown(picture=small, width=width, height=height, mask=layer, name=name, number=next(_numbers))


def _layer(file: str, size: tuple[int, int]) -> str:
    """A mask as the run reads it: opaque white where to repaint, transparent elsewhere."""
    hole = masks.read(masks.load(file))
    masks.check_size((hole.shape[1], hole.shape[0]), size)
    layer = Image.new("LA", size, (255, 0))
    layer.putalpha(Image.fromarray(hole))
    return _url(layer, "PNG")


def _url(picture: Image.Image, kind: str, **options: Any) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def sends(inputs: list[str]) -> str:
    """The script of an event with these inputs, which puts what was painted where no mask file is."""
    at = inputs.index("mask")
    return f"async (...inputs) => {{ inputs[{at}] = await aigcMask.given(inputs[{at}]); return inputs; }}"
