"""The pieces of ``music_notes.npz``: Bach's chorales in four voices and pop songs as melody, bridge and piano, in sixteenths.

The file gives times in ticks, 24 a quarter, and neither metre nor upbeat. Both are estimated here: of bars of three or four beats,
counted from each of their beats, those win whose first beats carry the longest notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aigc_core.errors import InvalidRequestError
from aigc_core.tokenizers.music_tokens import HIGHEST, LOWEST, METRES, STEPS_PER_BEAT, Note

STYLE_OF = {"jsb": "chorale", "pop909": "pop"}
FIRST_VOICE = {"chorale": 0, "pop": 4}
"""Index of a style's first voice in :data:`aigc_core.tokenizers.music_tokens.VOICES`; the file counts from 0 in every style."""
FOUR_BEATS = 0.15
"""Head start of bars of four beats: most music has them."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One piece, its first bar beginning at 0; an upbeat is the end of that bar."""

    name: str
    style: str
    tempo: float
    """Quarter notes a minute."""
    metre: int
    """Beats a bar."""
    notes: tuple[Note, ...]

    @property
    def bars(self) -> int:
        return 1 + self.notes[-1].start // (self.metre * STEPS_PER_BEAT)


def read(file: Path, split: str) -> list[Piece]:
    """The pieces of one split.

    Raises:
        InvalidRequestError: no such file, or not this one.
    """
    try:
        with np.load(file) as arrays:
            data = {name: arrays[name] for name in arrays.files}
        chosen = [i for i in range(len(data["src"])) if data["split"][i] == split]
        return [_piece(data, i) for i in chosen]
    except (OSError, KeyError, ValueError) as error:
        raise InvalidRequestError(
            f"{file} is not music_notes.npz: {error}", f"{file} 不是 music_notes.npz：{error}"
        ) from error


def _piece(data: dict[str, NDArray[np.generic]], i: int) -> Piece:
    part = slice(*data["offsets"][i : i + 2])
    style = STYLE_OF[str(data["src"][i])]
    columns = [np.asarray(data[name][part], np.int64) for name in ("onset", "track", "pitch", "dur")]
    ticks = int(data["ticks_per_beat"]) // STEPS_PER_BEAT
    notes = quantised(np.stack(columns, axis=1), ticks, FIRST_VOICE[style])
    metre, upbeat = estimated_metre(notes)
    shift = (-upbeat % metre) * STEPS_PER_BEAT
    return Piece(
        name=str(data["name"][i]),
        style=style,
        tempo=float(np.asarray(data["bpm"])[i]),
        metre=metre,
        notes=tuple(n._replace(start=n.start + shift) for n in notes),
    )


def quantised(rows: NDArray[np.int64], ticks: int, first_voice: int) -> list[Note]:
    """Rows of onset, track, pitch and duration on the nearest sixteenth; of notes that fall together the longest stays.

    Args:
        ticks: Of a sixteenth.
    """
    grid = rows.copy()
    grid[:, 0] = (rows[:, 0] + ticks // 2) // ticks
    grid[:, 3] = np.maximum((rows[:, 3] + ticks // 2) // ticks, 1)
    longest: dict[tuple[int, int, int], int] = {}
    for start, track, pitch, length in grid.tolist():
        if LOWEST <= pitch <= HIGHEST:
            key = (start, track + first_voice, pitch)
            longest[key] = max(length, longest.get(key, 0))
    return [Note(*key, length) for key, length in sorted(longest.items())]


def estimated_metre(notes: list[Note]) -> tuple[int, int]:
    """Beats a bar, and beats before the first bar line.

    A beat weighs as much as the notes that begin on it are long, up to a half note each.
    """
    beats = notes[-1].start // STEPS_PER_BEAT + 1
    weight = np.zeros(beats)
    for note in notes:
        if note.start % STEPS_PER_BEAT == 0:
            weight[note.start // STEPS_PER_BEAT] += min(note.length, 2 * STEPS_PER_BEAT)
    scores: dict[tuple[int, int], float] = {}
    for metre in METRES:
        for upbeat in range(min(metre, beats)):
            scores[metre, upbeat] = float(weight[upbeat::metre].mean() / max(weight.mean(), 1e-9)) + FOUR_BEATS * (
                metre == 4
            )
    return max(scores, key=lambda key: (scores[key], -key[1]))
