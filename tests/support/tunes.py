"""A few notes to train and test on: scales in four voices, written into the format of ``music_notes.npz``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aigc_core.datasets.music_notes import Piece
from aigc_core.tokenizers.music_tokens import Note

DEGREES = (0, 3, 4, 0, 3, 4, 4, 0)


def pitch(tonic: int, degree: int) -> int:
    """A degree of the major scale; 7 is the octave."""
    return tonic + 12 * (degree // 7) + (0, 2, 4, 5, 7, 9, 11)[degree % 7]


def chorale(tonic: int = 60, bars: int = 4) -> Piece:
    """Four voices in parallel triads, I IV V I, a quarter each: not art, but easily learnt."""
    notes = [
        Note(4 * beat, voice, pitch(tonic, above + DEGREES[beat % 8]), 4)
        for beat in range(4 * bars)
        for voice, above in enumerate((7, 4, 2, -7))
    ]
    return Piece(name=f"scale-{tonic}", style="chorale", tempo=90.0, metre=4, notes=tuple(notes))


def song(tonic: int = 60, bars: int = 4) -> Piece:
    """A melody over broken chords."""
    notes = []
    for step in range(0, 16 * bars, 4):
        notes.append(Note(step, 4, pitch(tonic, 7 + DEGREES[step // 4 % 8]), 4))
        notes += [Note(step + i, 6, tonic - 12 + (0, 4, 7, 12)[i], 2) for i in range(4)]
    return Piece(name=f"song-{tonic}", style="pop", tempo=120.0, metre=4, notes=tuple(sorted(notes)))


def save(file: Path) -> None:
    """Two pieces of each style to train on, and two to judge by."""
    splits = {60: "train", 62: "train", 63: "val", 65: "val"}
    pieces = [(made(tonic), split) for made in (chorale, song) for tonic, split in splits.items()]
    notes = [n for piece, _ in pieces for n in piece.notes]
    np.savez(
        file,
        onset=np.array([6 * n.start for n in notes], np.int32),
        dur=np.array([6 * n.length for n in notes], np.int16),
        pitch=np.array([n.pitch for n in notes], np.uint8),
        vel=np.full(len(notes), 80, np.uint8),
        track=np.array([n.voice % 4 for n in notes], np.uint8),
        offsets=np.cumsum([0, *(len(piece.notes) for piece, _ in pieces)]),
        src=np.array([{"chorale": "jsb", "pop": "pop909"}[piece.style] for piece, _ in pieces]),
        name=np.array([piece.name for piece, _ in pieces]),
        bpm=np.array([piece.tempo for piece, _ in pieces], np.float32),
        split=np.array([split for _, split in pieces]),
        ticks_per_beat=np.int32(24),
    )
