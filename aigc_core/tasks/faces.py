"""Faces: requests and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from aigc_core.tasks.fields import MAX_SEED, choice_field, float_field, image_field, int_field, str_field
from aigc_core.tasks.request import Request

if TYPE_CHECKING:
    from PIL.Image import Image


SAMPLERS = ("dpmpp_2m", "heun", "ddim", "ddpm")
"""Functions of :mod:`aigc_core.sampling.diffusion.samplers`, the default first."""


DIRECTIONS = ("age", "smile", "gender", "brightness")
"""Attribute sliders of the latent face models, in standard deviations of the training faces."""


MAX_COUNT = 16
"""Most faces of a request."""
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
    """Ask for ``count`` faces; face i is sampled with ``seed + i``."""

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
        "candidates",
    )
    count: int = int_field(16, 1, MAX_COUNT, "Faces", "张数")
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
    candidates: int = int_field(
        0,
        0,
        64,
        "Draw more, show the best",
        "多画几张，只留最好的",
        "faces to draw, of which a face detector and the distance to training faces choose; 0: no choice",
    )

    @property
    def chooses(self) -> bool:
        """True where more faces are drawn than shown."""
        return self.candidates > self.count


@dataclass(frozen=True, kw_only=True)
class FaceTrajectoryRequest(Request):
    """Ask for every sampling step of one face, with the numbers of its formula."""

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
    """Edit the face on a photo: align it as the training faces are, invert it to a latent, and shift that along the
    sliders."""

    task: ClassVar[str] = "faces"
    kind: ClassVar[str] = "edit_face"
    keeps_pictures: ClassVar[bool] = False
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
    """Turn a drawing into ``count`` faces; face i is sampled with ``seed + i``."""

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
    """Ask how far ``count`` generated faces are from the nearest training face: are they new, or copied?"""

    task: ClassVar[str] = "faces"
    kind: ClassVar[str] = "nearest_faces"
    endings: ClassVar[tuple[str, ...]] = (".png", ".json")
    count: int = int_field(8, 1, 16, "Faces", "张数")


@dataclass(frozen=True, kw_only=True)
class FaceScore:
    """The two measures by which the best faces are chosen, see :mod:`aigc_core.pipelines.faces.best`."""

    detector: float
    """A face detector's score, 0…1; 0 where it finds no face."""
    distance: float
    """Distance to the nearest training face, between features of EfficientNet-Lite0."""


@dataclass(frozen=True, kw_only=True)
class Faces:
    """Faces, face i from ``seeds[i]``, and the ``frames`` of a walk between two seeds, if one was asked for."""

    images: tuple[Image, ...]
    seeds: tuple[int, ...]
    frames: tuple[Image, ...] = ()
    display_scale: int = 1
    """Magnification on the contact sheet; the faces' own files keep the network's pixels."""
    scores: tuple[FaceScore, ...] = ()
    """Scores of all candidates, best first, when the best of more candidates are shown."""
    rejects: tuple[Image, ...] = ()
    """The candidates that are not shown, best first."""
    reject_seeds: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TrajectoryStep:
    """One step of a diffusion sampler from noise level ``sigma`` to ``sigma_next``; pictures of the network's size."""

    i: int
    """From 0."""
    sigma: float
    sigma_next: float
    """0 in the last step."""
    noisy: Image
    """x_t, decoded where the model works on latents, scaled to the range of a picture."""
    denoised: Image
    """D(x_t, σ): the network's estimate of the clean picture."""
    after: Image
    """x of the next level, shown as ``noisy`` is."""
    formula: str
    """The sampler's update in TeX, in the paper's symbols and with this step's numbers."""
    numbers: Mapping[str, float]
    """The coefficients by symbol."""
    latent: Image | None = None
    """x_t as it is where the model works on latents: a square of grey maps, one per channel, mid-grey 0; None for pixels."""


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """All sampling steps of one face."""

    steps: tuple[TrajectoryStep, ...]
    sampler: str
    """A function of aigc_core/sampling/diffusion/samplers.py."""
    seed: int
    teleported: bool = False
    """True if the first step is :func:`~aigc_core.sampling.diffusion.samplers.teleport`."""
    display_scale: int = 1

    def to_json(self) -> dict[str, Any]:
        """All but the pictures."""
        pictures = ("noisy", "denoised", "after", "latent")
        steps = [{k: v for k, v in vars(step).items() if k not in pictures} for step in self.steps]
        return {"sampler": self.sampler, "seed": self.seed, "teleported": self.teleported, "steps": steps}


@dataclass(frozen=True, kw_only=True)
class FaceEdit:
    """A photo's face reconstructed by a model and edited; pictures of the network's size."""

    aligned: Image
    """The face cut from the photo, aligned as the training faces are."""
    reconstruction: Image
    """The face after encoding and decoding, or the nearest face found in the generator's latent space."""
    edited: Image
    aligned_by: str
    """``eyes`` (found by a detector) or ``centre`` (no face was found: the middle of the photo)."""
    error: float
    """Mean absolute difference of ``aligned`` and ``reconstruction``, in levels of 0…255."""
    display_scale: int = 1

    def to_json(self) -> dict[str, Any]:
        return {"aligned_by": self.aligned_by, "error": self.error}


@dataclass(frozen=True, kw_only=True)
class FaceSketch:
    """Faces started from a drawing, face i with ``seeds[i]``."""

    drawing: Image
    """The drawing at the model's resolution."""
    noisy: Image
    """The drawing with the first face's noise added."""
    images: tuple[Image, ...]
    seeds: tuple[int, ...]
    display_scale: int = 1


@dataclass(frozen=True, kw_only=True)
class NearestFaces:
    """Generated faces and their distance to the nearest training face, beside those of held-out real faces.

    Distances are Euclidean, between features of EfficientNet-Lite0.
    """

    images: tuple[Image, ...]
    seeds: tuple[int, ...]
    distances: tuple[float, ...]
    """Distance of each face to the nearest training face."""
    held_out: tuple[float, ...]
    """The same for held-out real faces, ascending."""
    display_scale: int = 1

    @property
    def closer(self) -> tuple[float, ...]:
        """For each generated face, the share of held-out faces closer to a training face; a share near 0 is
        suspicious."""
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
