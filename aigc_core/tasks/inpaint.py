"""Inpainting: the request; the output is one RGB picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.fields import (
    MAX_PIXELS,
    Limits,
    bool_field,
    float_field,
    image_field,
    int_field,
    limited,
    str_field,
)
from aigc_core.tasks.request import Request

if TYPE_CHECKING:
    from PIL.Image import Image


MOST_OBJECTS = 8
_NUMBERS = re.compile(r"\s*\d{1,6}(\s*,\s*\d{1,6}){1,3}\s*")


class Box(NamedTuple):
    """Pixels from ``left`` and ``top`` up to, but without, ``right`` and ``bottom``; a point is a box without area."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def is_point(self) -> bool:
        return self.right <= self.left or self.bottom <= self.top


class Margins(NamedTuple):
    """Pixels on each side."""

    left: int
    top: int
    right: int
    bottom: int


def _side(label: str, label_zh: str, length: str) -> int:
    made: int = int_field(0, 0, 100, f"Extend {label}", f"向{label_zh}扩展", f"percent of the {length} invented there")
    return made


@dataclass(frozen=True, kw_only=True)
class InpaintRequest(Request):
    """Repaint the white part of ``mask``, the objects marked, and what the picture is extended by.

    ``image`` RGB; ``mask`` of the same size, white (≥ 128) = repaint. Transparent parts of the mask are kept; dark paint on a
    transparent mask is repainted, as nothing else can be meant. Each of ``objects`` is a point on one or a box around it.
    """

    task: ClassVar[str] = "inpaint"
    kind: ClassVar[str] = "inpaint"
    endings: ClassVar[tuple[str, ...]] = (".png",)
    varies: ClassVar[tuple[str, ...]] = (
        "radius",
        "prompt",
        "num_inference_steps",
        "guidance_scale",
    )
    image: Image = image_field("Picture", "图片")
    mask: Image | None = image_field("Mask", "遮罩", optional=True, alpha=True)
    objects: tuple[str, ...] = limited(
        (),
        Limits(
            kind="strings", label="Objects to remove", label_zh="要移除的对象", maximum=MOST_OBJECTS,
            help="each a point x,y on one, or a box left,top,right,bottom around it, in pixels",
        ),
    )  # fmt: skip
    invert: bool = bool_field(False, "Invert mask", "反转遮罩")
    grow: int = int_field(0, -64, 64, "Grow mask", "扩张遮罩", "pixels; negative shrinks")
    feather: int = int_field(0, 0, 64, "Feather", "羽化", "pixels, inside the mask")
    radius: int = int_field(5, 1, 32, "Radius", "邻域半径", "pixels around each point; Telea and Navier-Stokes only")
    prompt: str = str_field("", 500, "Prompt", "提示词", help="diffusion models only")
    num_inference_steps: int | None = int_field(None, 1, 1000, "Sampling steps", "采样步数")
    guidance_scale: float | None = float_field(None, 0.0, 20.0, "Guidance scale", "引导强度")
    extend_left: int = _side("left", "左", "width")
    extend_right: int = _side("right", "右", "width")
    extend_top: int = _side("upwards", "上", "height")
    extend_bottom: int = _side("downwards", "下", "height")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mask is None and not self.objects and not any(self.margins):
            raise InvalidRequestError(
                "mask is missing. Paint one, mark objects, or extend the picture on a side.",
                "缺少遮罩（mask）。请涂抹遮罩、标出对象，或向某一侧扩展图片。",
            )
        self._check_size()
        _ = self.boxes  # refuses what cannot be read

    @property
    def margins(self) -> Margins:
        """The margins by which the picture is extended, in pixels."""
        width, height = self.image.size
        sides = (
            (self.extend_left, width),
            (self.extend_top, height),
            (self.extend_right, width),
            (self.extend_bottom, height),
        )
        return Margins(*(-(-percent * length // 100) for percent, length in sides))

    def _check_size(self) -> None:
        left, top, right, bottom = self.margins
        width, height = self.image.width + left + right, self.image.height + top + bottom
        if width * height > MAX_PIXELS:
            raise InvalidRequestError(
                f"The extended picture may have at most {MAX_PIXELS // 1_000_000} megapixels; it would have {width}×{height}. "
                "Extend it by less, or make it smaller first.",
                f"扩展后的图片最多 {MAX_PIXELS // 1_000_000} 百万像素，现将达到 {width}×{height}。请减小扩展比例，或先缩小图片。",
            )

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The marks of objects.

        Raises:
            InvalidRequestError: one is neither a point nor a box, or lies beside the picture.
        """
        return tuple(_box(written, self.image.size) for written in self.objects)


def _box(written: str, size: tuple[int, int]) -> Box:
    numbers = [int(part) for part in written.split(",")] if _NUMBERS.fullmatch(written) else []
    if len(numbers) not in (2, 4):
        raise InvalidRequestError(
            f"objects: write a point as x,y or a box as left,top,right,bottom, in pixels; got {written[:40]!r}.",
            f"要移除的对象（objects）：点写作 x,y，方框写作 left,top,right,bottom，单位为像素；收到 {written[:40]!r}。",
        )
    box = Box(*numbers, *numbers[: 4 - len(numbers)])
    (width, height), is_box = size, len(numbers) == 4
    inside = box.left < width and box.top < height and box.right <= width and box.bottom <= height
    if not inside or (is_box and box.is_point):
        raise InvalidRequestError(
            f"objects: {written} must lie within the picture, which is {width}×{height}, and a box must have an area.",
            f"要移除的对象（objects）：{written} 须在图片范围内（{width}×{height}），且方框面积不能为零。",
        )
    return box
