"""What pipelines return, one type per task; each can be written to files and shown without knowing the model.

Pictures are PIL images (``RGB``); ``faces`` returns a :class:`Faces`, ``stylize`` and ``inpaint`` one picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image


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


@dataclass(frozen=True, kw_only=True)
class Audio:
    """Mono or stereo sound; ``samples`` float32 in [-1, 1], shape (T,) or (T, 2)."""

    samples: NDArray[np.float32]
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, kw_only=True)
class Token:
    """One generated token, with the likeliest ten at its place, itself included where it is one of them."""

    text: str
    probability: float
    """Under the model, before temperature and truncation."""
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Text:
    """A continuation; ``text`` does not repeat the prompt."""

    text: str
    tokens: tuple[Token, ...] = ()
    stop_reason: str = ""
    """``length``, ``end`` (end-of-text token) or ``stop`` (a stop string)."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Surprise:
    """One token of a given text under a model."""

    text: str
    """Empty inside a character."""
    bits: float
    """−log₂ of its probability."""
    rank: int
    """1: no token was likelier."""
    alternatives: tuple[tuple[str, float], ...] = ()
    """The likeliest five at its place."""

    @property
    def probability(self) -> float:
        return float(2.0**-self.bits)


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """How well a model guesses a text."""

    tokens: tuple[Surprise, ...]
    bytes: int
    """Of the text in UTF-8."""
    vocabulary: int

    @property
    def bits(self) -> float:
        return sum(token.bits for token in self.tokens)

    @property
    def bits_per_byte(self) -> float:
        return self.bits / max(1, self.bytes)

    @property
    def perplexity(self) -> float:
        """A token; compare it between models of one vocabulary only."""
        return float(2.0 ** (self.bits / max(1, len(self.tokens))))

    def to_json(self) -> dict[str, Any]:
        totals = {"bits": self.bits, "bits_per_byte": self.bits_per_byte, "perplexity": self.perplexity}
        return {**asdict(self), **totals}


@dataclass(frozen=True, kw_only=True)
class WatermarkReading:
    """What the watermark detector found in a text."""

    tokens: tuple[str, ...]
    marks: tuple[bool, ...]
    """Whether each token but the first is green after the one before."""
    counted: int
    """Distinct pairs of neighbours."""
    green: int
    gamma: float
    """Share of green tokens to expect in unmarked text."""
    z: float
    p_value: float
    """Chance of at least as many green tokens without the watermark."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class AttentionMaps:
    """Where tokens look: ``weights`` float32 (layers, heads, T, T), row t of a map sums to 1 over the tokens up to t."""

    tokens: tuple[str, ...]
    weights: NDArray[np.float32]

    def to_json(self) -> dict[str, Any]:
        return {"tokens": list(self.tokens), "weights": self.weights.round(5).tolist()}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One of several replies drawn, and how it was judged."""

    text: str
    score: float
    """Nats a token; the highest is kept."""
    given: float
    """log p(reply | conversation)."""
    alone: float
    """log p(reply)."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer, with the exact text the model was given."""

    text: str
    rendered_prompt: str = ""
    prompt_tokens: int = 0
    new_tokens: int = 0
    context_window: int = 0
    dropped_messages: int = 0
    """Oldest messages left out because the window was too small."""
    stop_reason: str = ""
    candidates: tuple[Candidate, ...] = ()
    """Where several replies were drawn: all of them, best first."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class SummaryWord:
    """A word of a summary by a model that can point."""

    text: str
    start: int
    end: int
    """Characters of the source it was most likely copied from; −1 where the source does not have it."""
    copied: float
    """Share of its probability that comes from copying, in [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class SummarySentence:
    text: str
    sources: tuple[int, ...] = ()
    """Indices of the closest source sentences, closest first."""
    unsupported: tuple[str, ...] = ()
    """Numbers and names in it that the source does not contain."""
    words: tuple[SummaryWord, ...] = ()
    """Only from models that can point."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    sentences: tuple[SummarySentence, ...]
    source_sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentences joined, without spaces between Chinese ones."""
        parts = [s.text.strip() for s in self.sentences]
        return "".join(p + ("" if p and ord(p[-1]) > 0x2E80 else " ") for p in parts).strip()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Music:
    """A piece as sound and notes; ``midi`` is a Standard MIDI File, ``piano_roll`` its picture."""

    audio: Audio
    midi: bytes
    piano_roll: Image


@dataclass(frozen=True, kw_only=True)
class Speech:
    audio: Audio
    phonemes: str = ""
    """One utterance a line, a blank line after a paragraph; empty for models that read letters."""
    sentences: tuple[str, ...] = field(default_factory=tuple)
    fresh_from: int = 0
    """In a preview: the sample at which begins what the preview before it did not have."""
