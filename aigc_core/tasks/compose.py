"""Music: request and output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from aigc_core.tasks.audio import Audio
from aigc_core.tasks.fields import Limits, choice_field, float_field, int_field, limited, str_field
from aigc_core.tasks.request import Request

if TYPE_CHECKING:
    from PIL.Image import Image


KEYS = (
    *(f"{tonic} major" for tonic in ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")),
    *(f"{tonic} minor" for tonic in ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")),
)
"""Major, then minor, in semitones from C."""


@dataclass(frozen=True, kw_only=True)
class ComposeRequest(Request):
    """A piece of music; ``primer`` is the content of a Standard MIDI File to go on from."""

    task: ClassVar[str] = "compose"
    kind: ClassVar[str] = "compose"
    endings: ClassVar[tuple[str, ...]] = (".wav", ".mid", ".png")
    varies: ClassVar[tuple[str, ...]] = (
        "instrument",
        "prompt",
        "primer",
        "primer_as",
        "style",
        "key",
    )
    bars: int = int_field(16, 1, 64, "Bars", "小节数")
    temperature: float = float_field(1.0, 0.0, 2.0, "Temperature", "温度", "0 always takes the likeliest note")
    tempo: int = int_field(96, 40, 220, "Tempo", "速度", "quarter notes a minute")
    instrument: str = str_field("", 40, "Instrument", "乐器", help="empty picks the model's first")
    prompt: str = str_field("", 500, "Prompt", "提示词", help="text-to-music models only")
    primer: bytes | None = limited(
        None, Limits(kind="bytes", label="Primer MIDI", label_zh="引子 MIDI", maximum=1_000_000, optional=True)
    )
    primer_as: str = choice_field(
        ("beginning", "melody"), "Primer is", "引子用作", "a beginning to go on from, or a melody to accompany"
    )
    style: str = str_field("", 20, "Style", "风格", help="empty picks the model's first")
    key: str = str_field("", 20, "Key", "调性", help="such as C major or A minor; empty: the model chooses")


@dataclass(frozen=True, kw_only=True)
class Music:
    """A piece as sound and notes; ``midi`` is a Standard MIDI File, ``piano_roll`` its picture."""

    audio: Audio
    midi: bytes
    piano_roll: Image
