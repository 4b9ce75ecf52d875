"""Inpainting: the request; the output is one RGB picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from aigc_core.tasks.fields import bool_field, float_field, image_field, int_field, str_field
from aigc_core.tasks.request import Request

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, kw_only=True)
class InpaintRequest(Request):
    """Repaint the white part of ``mask``. ``image`` RGB; ``mask`` of the same size, white (≥ 128) = repaint.

    Transparent parts of the mask are kept; dark paint on a transparent mask is repainted, as nothing else can be meant.
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
    mask: Image = image_field("Mask", "遮罩", alpha=True)
    invert: bool = bool_field(False, "Invert mask", "反转遮罩")
    grow: int = int_field(0, -64, 64, "Grow mask", "扩张遮罩", "pixels; negative shrinks")
    feather: int = int_field(0, 0, 64, "Feather", "羽化", "pixels, inside the mask")
    radius: int = int_field(5, 1, 32, "Radius", "邻域半径", "pixels around each point; Telea and Navier-Stokes only")
    prompt: str = str_field("", 500, "Prompt", "提示词", help="diffusion models only")
    num_inference_steps: int | None = int_field(None, 1, 1000, "Sampling steps", "采样步数")
    guidance_scale: float | None = float_field(None, 0.0, 20.0, "Guidance scale", "引导强度")
