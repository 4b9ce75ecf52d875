"""A user's notes as the voices of a style: a melody to accompany, or a beginning to go on from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from aigc_core.tokenizers.music_tokens import SINGING, VOICES_OF, Note

CENTRE = 71
"""Pitch about which a melody lies best for a soprano, and over an accompaniment."""


def melody(notes: Iterable[Note], style: str) -> list[Note]:
    """The highest note at each onset, until the next one, moved by octaves to where the leading voice is at home."""
    highest: dict[int, Note] = {}
    for note in notes:
        if note.start not in highest or note.pitch > highest[note.start].pitch:
            highest[note.start] = note
    line = sorted(highest.values())
    mean = sum(note.pitch for note in line) / max(len(line), 1)
    shift = 12 * round((CENTRE - mean) / 12)
    moved = [note._replace(voice=VOICES_OF[style][0], pitch=note.pitch + shift) for note in line]
    return sung(moved)


def voices(notes: Iterable[Note], style: str) -> list[Note]:
    """All notes in voices of the style: the highest at each onset leads.

    In a chorale the lowest becomes the bass, the next two alto and tenor, and what is left over is dropped; in a song the rest
    is the piano's.
    """
    chords: defaultdict[int, list[Note]] = defaultdict(list)
    for note in notes:
        chords[note.start].append(note)
    leading, *others = VOICES_OF[style]
    found = []
    for chord in chords.values():
        top, *rest = sorted(chord, key=lambda n: -n.pitch)
        found.append(top._replace(voice=leading))
        if style == "chorale":
            rest = [*rest[:-1][:2], *rest[-1:]]
            found += [n._replace(voice=v) for n, v in zip(rest[:-1], others[:-1], strict=False)]
            found += [n._replace(voice=others[-1]) for n in rest[-1:]]
        else:
            found += [n._replace(voice=others[-1]) for n in rest]
    return sung(found)


def sung(notes: Iterable[Note]) -> list[Note]:
    """Notes sorted, those of a singer or of a leading voice cut off where the next one begins."""
    leading = {parts[0] for parts in VOICES_OF.values()}
    following: dict[int, int] = {}
    kept = []
    for note in sorted(notes, reverse=True):
        single = note.voice < SINGING or note.voice in leading
        if single and note.voice in following:
            note = note._replace(length=min(note.length, following[note.voice] - note.start))
        if note.length > 0:
            following[note.voice] = note.start
            kept.append(note)
    return kept[::-1]
