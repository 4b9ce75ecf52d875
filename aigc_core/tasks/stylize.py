"""Style transfer: the request; the output is one RGB picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.fields import (
    Limits,
    bool_field,
    choice_field,
    float_field,
    image_field,
    int_field,
    limited,
    str_field,
)
from aigc_core.tasks.request import Request

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BLENDED = 3
"""Further styles in a blend, beside the chosen one."""
MOST_WEIGHT = 10.0


@dataclass(frozen=True, kw_only=True)
class PaintingRequest(Request):
    """Base of the requests that repaint ``image``: RGB, of any size up to 16 Mpx."""

    task: ClassVar[str] = "stylize"
    endings: ClassVar[tuple[str, ...]] = (".png",)
    image: Image = image_field("Picture", "图片")
    strength: float = float_field(1.0, 0.0, 1.0, "Strength", "强度", "0 keeps the picture, 1 is the full style")
    keep_colors: bool = bool_field(False, "Keep colours", "保留原色", "paint in the colours of the picture")
    keep_colors_by: str = choice_field(
        ("luminance", "histogram"),
        "Colours kept by",
        "保留原色方式",
        "lightness alone is painted, or the palette matched",
    )


@dataclass(frozen=True, kw_only=True)
class StylizeRequest(PaintingRequest):
    """A picture in another style. ``style_image`` is RGB, of any size up to 16 Mpx, as ``image`` is.

    ``blend`` names up to three further styles, each as ``name`` or ``name:weight``, beside the chosen style's weight of 1.
    """

    kind: ClassVar[str] = "stylize"
    varies: ClassVar[tuple[str, ...]] = (
        "style_image",
        "blend",
        "style_scale",
        "prompt",
        "num_inference_steps",
        "guidance_scale",
    )
    style: str = str_field("", 60, "Style", "风格", help="empty picks the model's first style")
    style_image: Image | None = image_field("Style picture", "风格图片", optional=True)
    blend: tuple[str, ...] = limited(
        (),
        Limits(
            kind="strings", label="Blend with", label_zh="混合风格", maximum=MOST_BLENDED,
            help="further styles, each as name or name:weight; the chosen style has weight 1",
        ),
    )  # fmt: skip
    style_scale: float = float_field(1.0, 0.5, 3.0, "Stroke size", "笔触大小", "above 1: wider strokes")
    max_side: int = int_field(1024, 128, 2048, "Longest side", "最长边", "pixels")
    prompt: str = str_field("", 500, "Prompt", "提示词", help="diffusion models only")
    num_inference_steps: int | None = int_field(None, 1, 1000, "Sampling steps", "采样步数")
    guidance_scale: float | None = float_field(None, 0.0, 20.0, "Guidance scale", "引导强度")

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.blended  # refuses what cannot be read

    @property
    def blended(self) -> tuple[tuple[str, float], ...]:
        """The further styles with their weights.

        Raises:
            InvalidRequestError: a weight is no number above 0 and at most 10.
        """
        return tuple(_weighted(entry) for entry in self.blend)


@dataclass(frozen=True, kw_only=True)
class AllStylesRequest(PaintingRequest):
    """One picture in every style of a model, small."""

    kind: ClassVar[str] = "all_styles"
    max_side: int = int_field(256, 128, 512, "Longest side", "最长边", "pixels of each picture")


@dataclass(frozen=True, kw_only=True)
class StyleSheet:
    """One picture in several styles; the pictures are of one size."""

    images: tuple[Image, ...]
    styles: tuple[str, ...]


def _weighted(entry: str) -> tuple[str, float]:
    """``name`` or ``name:weight``."""
    name, colon, number = entry.partition(":")
    try:
        weight = float(number) if colon else 1.0
    except ValueError:
        weight = 0.0
    if not 0 < weight <= MOST_WEIGHT or not name.strip():
        raise InvalidRequestError(
            f"blend must name styles as name or name:weight, the weight above 0 and at most {MOST_WEIGHT:g}; got {entry!r:.60}.",
            f"混合风格（blend）应写作“名称”或“名称:权重”，权重大于 0 且不超过 {MOST_WEIGHT:g}，收到 {entry!r:.60}。",
        )
    return name.strip(), weight
