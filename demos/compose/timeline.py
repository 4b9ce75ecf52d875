"""Position in the piano roll and time of each beat of a piece, for the playhead."""

from __future__ import annotations

from collections.abc import Sequence

from aigc_core.media import mel, midi, notes, piano_roll
from demos.ui import playhead
from demos.ui.playhead import Stretch

BEATS = 4
"""Quarter notes a bar."""


def of_piece(file: bytes, bars: int) -> str:
    """The timeline of a piece of ``bars`` bars, from its MIDI file."""
    pitches = [note.pitch for note in notes.read(midi.parse(file))]
    return playhead.timeline(beats(piano_roll.bar_boxes(pitches, bars), midi.clock(file, bars * BEATS)))


def of_sound(duration_s: float) -> str:
    """The timeline of a sound that is shown as a spectrogram."""
    return playhead.timeline([Stretch(*mel.time_axis(), 0.0, 1.0, 0.0, duration_s)])


def beats(bars: Sequence[piano_roll.Box], clock: Sequence[float]) -> list[Stretch]:
    """A stretch for each beat: a piece slows down under fermatas and at its end."""
    made = []
    for number, bar in enumerate(bars):
        width = (bar.right - bar.left) / BEATS
        for beat in range(BEATS):
            left, at = bar.left + beat * width, number * BEATS + beat
            made.append(Stretch(left, left + width, bar.top, bar.bottom, clock[at], clock[at + 1]))
    return made
