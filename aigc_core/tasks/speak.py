"""Speech: request and output."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from aigc_core.tasks.audio import Audio
from aigc_core.tasks.fields import float_field, str_field
from aigc_core.tasks.request import Request


@dataclass(frozen=True, kw_only=True)
class SpeakRequest(Request):
    task: ClassVar[str] = "speak"
    kind: ClassVar[str] = "speak"
    endings: ClassVar[tuple[str, ...]] = (".wav", ".png")
    varies: ClassVar[tuple[str, ...]] = (
        "voice",
        "phonemes",
    )
    text: str = str_field("", 2000, "Text", "文本")
    voice: str = str_field("", 40, "Voice", "音色", help="empty: one that speaks the text's language")
    speed: float = float_field(1.0, 0.5, 2.0, "Speed", "语速", "1: as recorded")
    phonemes: str = str_field("", 16000, "Phonemes", "音素", help="IPA, used instead of the text when not empty")


@dataclass(frozen=True, kw_only=True)
class SpokenWord:
    """A word as it was spoken."""

    text: str
    """The word as it is written; empty where that is not known, as when phonemes were given."""
    phonemes: str
    edges: tuple[float, ...]
    """Phoneme i sounds from second ``edges[i]`` to ``edges[i + 1]``."""


@dataclass(frozen=True, kw_only=True)
class Speech:
    audio: Audio
    phonemes: str = ""
    """One utterance a line, a blank line after a paragraph; empty for models that read letters."""
    sentences: tuple[str, ...] = field(default_factory=tuple)
    fresh_from: int = 0
    """In a preview: the first sample that the previous preview did not contain."""
    words: tuple[SpokenWord, ...] = ()
    """In order of time; empty for models that do not tell how long each phoneme lasts, and in previews."""
