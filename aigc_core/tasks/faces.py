"""Faces: what can be asked of a face model, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from aigc_core.tasks.fields import MAX_SEED, choice_field, float_field, image_field, int_field, str_field
from aigc_core.tasks.request import Request

if TYPE_CHECKING:
    from PIL.Image import Image


SAMPLERS = ("dpmpp_2m", "heun", "ddim", "ddpm")
"""Of :mod:`aigc_core.sampling.diffusion.samplers`, the default first."""


DIRECTIONS = ("age", "smile", "gender", "brightness")
"""Sliders of the face models with a space of latents; one standard deviation of the training faces a unit."""


MAX_TRAJECTORY_STEPS = 100


def direction_field(label: str, label_zh: str, help: str) -> Any:
    return float_field(0.0, -3.0, 3.0, label, label_zh, f"{help}; in standard deviations, 0: as it is")


def age_field() -> Any:
    return direction_field("Age", "年龄", "older above 0, younger below")


def smile_field() -> Any:
    return direction_field("Smile", "微笑", "a wide, open mouth above 0, a small, closed one below")


def gender_field() -> Any:
    return direction_field("Gender", "性别", "towards faces labelled male above 0, female below")


def brightness_field() -> Any:
    return direction_field("Brightness", "亮度", "lighter above 0")


@dataclass(frozen=True, kw_only=True)
class FacesRequest(Request):
    """``count`` pictures of faces; picture i is drawn with ``seed + i``."""

    task: ClassVar[str] = "faces"
    kind: ClassVar[str] = "faces"
    endings: ClassVar[tuple[str, ...]] = (".png",)
    varies: ClassVar[tuple[str, ...]] = (
        "truncation",
        "prompt",
        "negative_prompt",
        "num_inference_steps",
        "guidance_scale",
        "seed_to",
        "frames",
        "sampler",
        "age",
        "smile",
        "gender",
        "brightness",
        "mix_seed",
        "mix_at",
    )
    count: int = int_field(16, 1, 16, "Faces", "张数")
    truncation: float = float_field(1.0, 0.1, 1.5, "Truncation ψ", "截断 ψ", "below 1: cleaner, less varied")
    prompt: str = str_field("a portrait photo of a person", 500, "Prompt", "提示词", help="text-to-image models only")
    negative_prompt: str = str_field("", 500, "Negative prompt", "反向提示词")
    num_inference_steps: int | None = int_field(
        None, 1, 1000, "Sampling steps", "采样步数", "empty: the model's default"
    )
    guidance_scale: float | None = float_field(
        None, 0.0, 20.0, "Guidance scale", "引导强度", "empty: the model's default"
    )
    seed_to: int | None = int_field(None, 0, MAX_SEED, "Morph to seed", "渐变到种子", "walk from seed to this one")
    frames: int = int_field(48, 8, 120, "Frames", "帧数", "of the morph")
    sampler: str = choice_field(
        ("", *SAMPLERS), "Sampler", "采样器", "our diffusion models only; empty: the model's default"
    )
    age: float = age_field()
    smile: float = smile_field()
    gender: float = gender_field()
    brightness: float = brightness_field()
    mix_seed: int | None = int_field(None, 0, MAX_SEED, "Mix with seed", "混合种子", "its details on the other face")
    mix_at: str = choice_field(
        ("middle", "coarse", "fine"), "Mix from", "混合起点", "the resolution from which on the second seed takes over"
    )


@dataclass(frozen=True, kw_only=True)
class FaceTrajectoryRequest(Request):
    """Every step of one face of a diffusion model, with the numbers of its formula."""

    task: ClassVar[str] = "faces"
    kind: ClassVar[str] = "face_trajectory"
    endings: ClassVar[tuple[str, ...]] = (".png", ".json")
    sampler: str = choice_field(("", *SAMPLERS), "Sampler", "采样器", "empty: the model's default")
    num_inference_steps: int | None = int_field(
        None, 1, MAX_TRAJECTORY_STEPS, "Sampling steps", "采样步数", "empty: the model's default"
    )
    guidance_scale: float | None = float_field(
        None, 0.0, 20.0, "Guidance scale", "引导强度", "empty: the model's default"
    )
    prompt: str = str_field("a portrait photo of a person", 500, "Prompt", "提示词")


@dataclass(frozen=True, kw_only=True)
class EditFaceRequest(Request):
    """The face on a photo, cut out as the training faces were, brought into a model's space of latents and moved there."""

    task: ClassVar[str] = "faces"
    kind: ClassVar[str] = "edit_face"
    endings: ClassVar[tuple[str, ...]] = (".png", "-reconstruction.png", "-aligned.png")
    varies: ClassVar[tuple[str, ...]] = ("steps",)
    image: Image = image_field("Photo", "照片")
    steps: int = int_field(
        80, 1, 1000, "Projection steps", "投影步数", "of the search for the latent; the VAE needs none"
    )
    age: float = age_field()
    smile: float = smile_field()
    gender: float = gender_field()
    brightness: float = brightness_field()


@dataclass(frozen=True, kw_only=True)
class SketchFaceRequest(Request):
    """``count`` faces in the place of a drawing; face i is drawn with ``seed + i``."""

    task: ClassVar[str] = "faces"
    kind: ClassVar[str] = "sketch_face"
    endings: ClassVar[tuple[str, ...]] = (".png", "-drawing.png")
    image: Image = image_field("Drawing", "草图")
    strength: float = float_field(
        0.45, 0.0, 1.0, "Strength", "强度", "share of the steps: 0 keeps the drawing, 1 nearly forgets it"
    )
    count: int = int_field(1, 1, 16, "Faces", "张数")
    prompt: str = str_field("a portrait photo of a person", 500, "Prompt", "提示词")
    num_inference_steps: int | None = int_field(
        None, 1, 1000, "Sampling steps", "采样步数", "empty: the model's default"
    )
    guidance_scale: float | None = float_field(
        None, 0.0, 20.0, "Guidance scale", "引导强度", "empty: the model's default"
    )


@dataclass(frozen=True, kw_only=True)
class NearestFacesRequest(Request):
    """How far ``count`` generated faces are from the nearest training face: new, or copied?"""

    task: ClassVar[str] = "faces"
    kind: ClassVar[str] = "nearest_faces"
    endings: ClassVar[tuple[str, ...]] = (".png", ".json")
    count: int = int_field(8, 1, 16, "Faces", "张数")


@dataclass(frozen=True, kw_only=True)
class Faces:
    """Pictures, picture i from ``seeds[i]``; ``frames`` of the walk from one seed to another, if one was asked for."""

    images: tuple[Image, ...]
    seeds: tuple[int, ...]
    frames: tuple[Image, ...] = ()
    enlarge: int = 1
    """How many times larger the contact sheet shows them; the faces' own files keep the network's pixels."""


@dataclass(frozen=True, kw_only=True)
class TrajectoryStep:
    """One step of a diffusion sampler, from noise level ``sigma`` to ``sigma_next``; pictures of the network's own size."""

    i: int
    """From 0."""
    sigma: float
    sigma_next: float
    """0 in the last step."""
    noisy: Image
    """x_t, decoded where the model works on latents, scaled to the range of a picture."""
    denoised: Image
    """D(x_t, σ): the clean picture that the network expects."""
    after: Image
    """x of the next level, shown as ``noisy`` is."""
    formula: str
    """What the sampler computed, in the paper's symbols: ``x' = D + (σ'/σ)·(x − D)``."""
    filled: str
    """The same with this step's numbers in it."""
    numbers: Mapping[str, float]
    """The coefficients by symbol."""


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """The whole way of one face from noise."""

    steps: tuple[TrajectoryStep, ...]
    sampler: str
    """A function of aigc_core/sampling/diffusion/samplers.py."""
    seed: int
    teleported: bool = False
    """Whether the first step is :func:`~aigc_core.sampling.diffusion.samplers.teleport`'s."""
    enlarge: int = 1

    def to_json(self) -> dict[str, Any]:
        """All but the pictures."""
        pictures = ("noisy", "denoised", "after")
        steps = [{k: v for k, v in vars(step).items() if k not in pictures} for step in self.steps]
        return {"sampler": self.sampler, "seed": self.seed, "teleported": self.teleported, "steps": steps}


@dataclass(frozen=True, kw_only=True)
class FaceEdit:
    """A photo's face as a model sees it, and moved along the directions asked for; pictures of the network's size."""

    aligned: Image
    """The part of the photo that was used, turned and scaled as the training faces are."""
    reconstruction: Image
    """Encoded and decoded, or the nearest face that the generator can draw."""
    edited: Image
    aligned_by: str
    """``eyes`` (found by a detector) or ``centre`` (no face was found: the middle of the photo)."""
    error: float
    """Mean absolute difference of ``aligned`` and ``reconstruction``, in levels of 0…255."""
    enlarge: int = 1

    def to_json(self) -> dict[str, Any]:
        return {"aligned_by": self.aligned_by, "error": self.error}


@dataclass(frozen=True, kw_only=True)
class FaceSketch:
    """Faces begun from a drawing, face i from ``seeds[i]``."""

    drawing: Image
    """As the model got it, of its own size."""
    noisy: Image
    """With the noise of the first face."""
    images: tuple[Image, ...]
    seeds: tuple[int, ...]
    enlarge: int = 1


@dataclass(frozen=True, kw_only=True)
class NearestFaces:
    """Generated faces and how far each is from the nearest training face, beside real faces that were not trained on.

    Distances are Euclidean, between features of EfficientNet-Lite0.
    """

    images: tuple[Image, ...]
    seeds: tuple[int, ...]
    distances: tuple[float, ...]
    """Of each face to the nearest training face."""
    held_out: tuple[float, ...]
    """The same for real faces kept out of training, ascending."""
    enlarge: int = 1

    @property
    def closer(self) -> tuple[float, ...]:
        """Share of the held-out faces that are closer to a training face than each generated one; near 0: suspicious."""
        return tuple(sum(d < own for d in self.held_out) / len(self.held_out) for own in self.distances)

    @property
    def threshold(self) -> float:
        """Distance below which only 1 % of the held-out faces lie: closer than this looks copied."""
        return self.held_out[len(self.held_out) // 100]

    def to_json(self) -> dict[str, Any]:
        """All but the pictures."""
        return {
            "seeds": list(self.seeds), "distances": list(self.distances), "closer": list(self.closer),
            "threshold": self.threshold, "held_out": list(self.held_out),
        }  # fmt: skip
