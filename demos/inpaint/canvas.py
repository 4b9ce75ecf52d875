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

import numpy as np
from PIL import Image

from aigc_core.errors import InvalidRequestError
from aigc_core.media import free_form, selection
from aigc_core.media import image as pictures
from aigc_core.media import mask as masks
from aigc_core.tasks.inpaint import InpaintRequest
from demos.ui.assets import read
from demos.ui.components import PageHTML

SIDE = 1024
"""Longest side, in pixels, of the copy that is painted on."""
SHAPE = "(...shape) => aigcMask.shape(...shape)"
"""Shows the mask inverted, grown and feathered as the controls say."""
EXTEND = "(...room) => aigcMask.extend(...room)"
"""Frames the picture with what will be added on each side."""
MEASURE = "() => aigcMask.measure()"
"""Tells again how deep the hole is, by the event ``edit``."""
JOIN = "(found) => aigcMask.join(found)"
"""Lets what :func:`selected` found join the mask."""

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
    """The component, showing a picture and a mask; its event ``input`` says that the mask was painted on, ``select`` where an object is."""
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


def selected(image: str | None, at: Any) -> str:
    """The object of a picture at a point ``[x, y]`` or in a box, as ``number address`` for the page's script.

    Raises:
        InvalidRequestError: there is no picture, or the mark lies beside it.
    """
    if not image or not isinstance(at, list):
        raise InvalidRequestError("Open a picture first, then click an object.", "请先打开图片，再点击要选取的对象。")
    picture = pictures.flatten(pictures.read(image))
    marks = InpaintRequest(image=picture, objects=(",".join(map(str, at)),)).boxes
    return f"{next(_numbers)} {_url(_painted(selection.selected(np.asarray(picture), marks)), 'PNG')}"


def hidden(image: str | None, share: tuple[float, float]) -> str:
    """A part of a picture at random, that covers the least to the most ``share`` of it, as :func:`selected` gives an object.

    Raises:
        InvalidRequestError: there is no picture.
    """
    if not image:
        raise InvalidRequestError("Open a picture first.", "请先打开图片。")
    width, height = pictures.read(image).size
    hole = free_form.free_form(np.random.default_rng(), height, width, *share)
    return f"{next(_numbers)} {_url(_painted(hole), 'PNG')}"


def framed(request: InpaintRequest) -> Image.Image:
    """A small copy of the picture in a grey frame of the size that it is extended to."""
    margins = request.margins
    width, height = request.image.size
    frame = Image.new(
        "RGB", (width + margins.left + margins.right, height + margins.top + margins.bottom), (160, 160, 160)
    )
    frame.paste(pictures.flatten(request.image), (margins.left, margins.top))
    return pictures.fit(frame, SIDE)


def _layer(file: str, size: tuple[int, int]) -> str:
    """A mask as the run reads it."""
    hole = masks.read(masks.load(file))
    masks.check_size((hole.shape[1], hole.shape[0]), size)
    return _url(_painted(hole), "PNG")


def _painted(hole: masks.Hole) -> Image.Image:
    """Opaque white where to repaint, transparent elsewhere."""
    layer = Image.new("LA", (hole.shape[1], hole.shape[0]), (255, 0))
    layer.putalpha(Image.fromarray(hole))
    return layer


def _url(picture: Image.Image, kind: str, **options: Any) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def sends(inputs: list[str]) -> str:
    """The script of an event with these inputs, which puts what was painted where no mask file is."""
    at = inputs.index("mask")
    return f"async (...inputs) => {{ inputs[{at}] = await aigcMask.given(inputs[{at}]); return inputs; }}"
