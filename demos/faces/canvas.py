"""The canvas of *Draw a face*: its colours, the doodles it begins with, and the file of what was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

from aigc_core.errors import InvalidRequestError
from demos.ui.i18n import Text

SIDE = 256
"""Pixels of the canvas, each way."""
COLOURS = [
    "#e8b998",
    "#c68a63",
    "#8a5a3c",
    "#fbe3d2",
    "#2b1d14",
    "#6b4423",
    "#d9b26a",
    "#b23a48",
    "#ffffff",
    "#26324a",
    "#5b7fa6",
    "#7f8a7a",
]
DOODLES: dict[str, tuple[Text, dict[str, str]]] = {
    "dark": (Text("Dark hair", "深色头发"), {"hair": "#2b1d14", "skin": "#c68a63", "back": "#7f8a7a"}),
    "blond": (Text("Blond hair", "金色头发"), {"hair": "#d9b26a", "skin": "#f0c8a8", "back": "#5b7fa6"}),
    "blank": (Text("Blank sheet", "空白画布"), {}),
}


def composite(drawn: Any) -> Any:
    """The path or open file of what the canvas shows.

    Raises:
        InvalidRequestError: nothing was drawn.
    """
    file = drawn.get("composite") if isinstance(drawn, Mapping) else getattr(drawn, "composite", None)
    file = file.get("path") if isinstance(file, Mapping) else getattr(file, "path", file)
    if not file:
        raise InvalidRequestError("There is no drawing yet. Paint something first.", "还没有草图，请先画几笔。")
    return file


def editor(picture: Image.Image) -> dict[str, Any]:
    """The canvas with ``picture`` as its ground."""
    return {"background": picture, "layers": [], "composite": picture}


def doodle(key: str) -> Image.Image:
    """A face of a few patches to begin with, placed as the training faces are; or an empty sheet."""
    colours = DOODLES[key][1]
    if not colours:
        return Image.new("RGB", (SIDE, SIDE), "#b9b2a8")
    sheet = Image.new("RGB", (SIDE, SIDE), colours["back"])
    pen = ImageDraw.Draw(sheet)
    pen.ellipse((4, -90, 252, 214), fill=colours["hair"])
    pen.ellipse((20, -44, 236, 262), fill=colours["skin"])
    pen.pieslice((14, -140, 242, 42), 0, 180, fill=colours["hair"])
    for x in (84, 172):
        pen.ellipse((x - 19, 72, x + 19, 92), fill="#fff7ee")
        pen.ellipse((x - 9, 72, x + 9, 92), fill="#2b1d14")
        pen.line((x - 25, 58, x + 25, 56), fill=colours["hair"], width=8)
    pen.line((127, 92, 118, 138, 138, 140), fill="#8a5a3c", width=6)
    pen.ellipse((90, 172, 166, 196), fill="#b23a48")
    return sheet.filter(ImageFilter.GaussianBlur(1.2))
