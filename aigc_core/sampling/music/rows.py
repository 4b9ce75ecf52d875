"""A piece as rows of tokens: its key found, transposed, cut at bar lines."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from aigc_core.datasets.chorales import shift_to_home
from aigc_core.datasets.music_notes import Piece
from aigc_core.sampling.music import primer
from aigc_core.tokenizers import music_tokens
from aigc_core.tokenizers.music_tokens import HIGHEST, LOWEST, PREFIX, Header

OCTAVE = range(-6, 6)
"""Semitones by which a training piece may be shifted: every key once."""


@dataclass(frozen=True)
class Rows:
    """The rows of one piece.

    Attributes:
        header: Of the whole piece, in its own key.
        shifts: Semitones that keep all its notes on the keyboard, and the least shift to C major or A minor.
    """

    piece: Piece
    header: Header
    shifts: tuple[int, ...]
    home: int

    @classmethod
    def of(cls, piece: Piece) -> Rows:
        tonic, mode = primer.key([primer.Sounding(n.start, n.length, n.pitch) for n in piece.notes])
        header = Header(
            style=piece.style, metre=piece.metre, tonic=tonic, mode=mode, tempo=piece.tempo,
            density=music_tokens.density(piece.style, len(piece.notes), piece.bars * piece.metre),
        )  # fmt: skip
        pitches = [n.pitch for n in piece.notes]
        low, high = LOWEST - min(pitches), HIGHEST - max(pitches)
        home = shift_to_home(tonic, mode)
        return cls(piece, header, tuple(s for s in OCTAVE if low <= s <= high), min(max(home, low), high))

    def row(self, *, shift: int = 0, first: int = 0, bars: int | None = None, lead: bool = False) -> list[int]:
        """Tokens of ``bars`` bars from bar ``first`` on, or of all that follow."""
        left = self.piece.bars - first
        bars = left if bars is None else min(bars, left)
        size, notes = self.header.bar, self.piece.notes
        begin, end = (bisect_left(notes, (at * size,)) for at in (first, first + bars))
        moved = (n._replace(start=n.start - first * size, pitch=n.pitch + shift) for n in notes[begin:end])
        header = Header(
            **vars(self.header) | {"tonic": (self.header.tonic + shift) % 12, "middle": first > 0, "lead": lead}
        )
        return music_tokens.encode(header, moved, bars, left)


class Held(NamedTuple):
    """A row to judge models by: how surprising are its notes?"""

    style: str
    ids: list[int]

    @property
    def notes(self) -> int:
        return sum(token >= music_tokens.NOTE for token in self.ids)


def held_out(pieces: list[Piece], length: int, every: int = 1) -> list[Held]:
    """The beginning of each chorale and of each song, and the song's middle, in C major or A minor, up to ``length`` tokens."""
    found = []
    for piece in pieces[::every]:
        rows = Rows.of(piece)
        for first in (0,) if piece.style == "chorale" else (0, piece.bars // 2):
            found.append(Held(piece.style, rows.row(shift=rows.home, first=first, bars=length // PREFIX)[:length]))
    return found


def drawn(rows: Rows, length: int, rng: np.random.Generator) -> list[int]:
    """A row to train on, of at most ``length`` tokens: any key, either layout, from the beginning or any bar."""
    shift = int(rng.choice(rows.shifts)) if rows.shifts else 0
    first = 0 if rng.random() < 0.4 else int(rng.integers(rows.piece.bars))
    return rows.row(shift=shift, first=first, bars=length // PREFIX, lead=bool(rng.random() < 0.5))[:length]
