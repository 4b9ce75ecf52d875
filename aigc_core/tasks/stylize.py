"""Style transfer: the request; the output is one RGB picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from aigc_core.tasks.fields import bool_field, float_field, image_field, int_field, str_field
from aigc_core.tasks.request import Request

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, kw_only=True)
class StylizeRequest(Request):
    """A picture in another style. ``image`` and ``style_image`` are RGB, of any size up to 16 Mpx."""

    task: ClassVar[str] = "stylize"
    kind: ClassVar[str] = "stylize"
    endings: ClassVar[tuple[str, ...]] = (".png",)
    varies: ClassVar[tuple[str, ...]] = (
        "style_image",
        "prompt",
        "num_inference_steps",
        "guidance_scale",
    )
    image: Image = image_field("Picture", "图片")
    style: str = str_field("", 60, "Style", "风格", help="empty picks the model's first style")
    style_image: Image | None = image_field("Style picture", "风格图片", optional=True)
    strength: float = float_field(1.0, 0.0, 1.0, "Strength", "强度", "0 keeps the picture, 1 is the full style")
    keep_colors: bool = bool_field(False, "Keep colours", "保留原色", "style the brightness only")
    max_side: int = int_field(1024, 128, 2048, "Longest side", "最长边", "pixels")
    prompt: str = str_field("", 500, "Prompt", "提示词", help="diffusion models only")
    num_inference_steps: int | None = int_field(None, 1, 1000, "Sampling steps", "采样步数")
    guidance_scale: float | None = float_field(None, 0.0, 20.0, "Guidance scale", "引导强度")
