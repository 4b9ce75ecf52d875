"""Notes on a grid of eighths, from which pictures, MIDI files and sound are made.

MIDI files are written and read with mido; time there is in ticks, ``TICKS`` to an eighth.
"""

from __future__ import annotations

import io
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

import mido

TICKS = 240
"""MIDI ticks of one step (an eighth note), at 480 a quarter."""
DRUMS = 9
"""The channel that General MIDI keeps for percussion."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """One note of one voice, times in steps of an eighth from the beginning of the piece."""

    start: int
    length: int
    pitch: int
    """MIDI number, 60 is middle C."""
    voice: int
    """0–3 soprano to bass, 4 the primer."""
    velocity: int = 80


@dataclass(frozen=True, kw_only=True)
class Performance:
    """Performance settings: programs, tempo and key."""

    programs: Sequence[int]
    """General MIDI program (0–127) of each voice."""
    tempo: int
    """Quarter notes a minute."""
    slower: Sequence[tuple[int, float]] = ()
    """``(step, factor)``: from this step on the tempo is ``factor`` times the piece's, for fermatas and the end."""
    key: str = ""
    """Key signature in MIDI notation: ``C``, ``F#m``; empty if unknown."""
    breath: int = TICKS // 10
    """Ticks between a note's end and the next one's begin."""
    step: int = TICKS
    """Ticks of the notes' steps; fewer for a finer grid."""
    metre: int = 4
    """Quarter notes a bar."""
    names: Sequence[str] = ("Soprano", "Alto", "Tenor", "Bass", "Primer")
    """Track names, in the order of the voices' numbers."""


def write(notes: Sequence[Note], performance: Performance) -> bytes:
    """A Standard MIDI File (format 1): a track of tempo and metre, then one per voice."""
    file = mido.MidiFile(type=1, ticks_per_beat=2 * TICKS)
    head = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=performance.metre, denominator=4)])
    if performance.key:
        head.append(mido.MetaMessage("key_signature", key=performance.key))
    changes = [(0, 1.0), *performance.slower]
    last = 0
    for step, factor in changes:
        micros = min(round(60e6 / (performance.tempo * factor)), 0xFFFFFF)
        head.append(mido.MetaMessage("set_tempo", tempo=micros, time=(step - last) * performance.step))
        last = step
    file.tracks.append(head)
    for voice in sorted({n.voice for n in notes}):
        file.tracks.append(_track([n for n in notes if n.voice == voice], voice, performance))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _track(notes: Sequence[Note], voice: int, performance: Performance) -> mido.MidiTrack:
    program = performance.programs[min(voice, len(performance.programs) - 1)]
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=performance.names[voice])])
    track.append(mido.Message("program_change", channel=voice, program=program))
    events = []
    for note in notes:
        begin, end = note.start * performance.step, (note.start + note.length) * performance.step - performance.breath
        events.append((begin, 1, note.pitch, note.velocity))
        events.append((end, 0, note.pitch, 0))
    time = 0
    for at, on, pitch, velocity in sorted(events):
        kind = "note_on" if on else "note_off"
        track.append(mido.Message(kind, channel=voice, note=pitch, velocity=velocity, time=at - time))
        time = at
    return track


def read(file: mido.MidiFile, per_quarter: int = 2) -> list[Note]:
    """All notes but the drums', rounded to steps (eighths, unless there are more of them in a quarter), as the primer's voice; in order of time, then from high to low.

    Of several notes of one key that sound at once, the first begun ends first. Where a key has fewer ends than beginnings, a
    note lasts until the key is struck again or its track ends.

    The file's first note begins at step 0 of a bar where its own bars say so; leading silence of whole bars is cut.
    """
    scale = per_quarter / max(1, file.ticks_per_beat)
    found = {
        (round(begin * scale), max(1, round(end * scale) - round(begin * scale)), pitch, velocity)
        for begin, end, pitch, velocity in _spans(file)
    }
    skipped = min((start for start, *_ in found), default=0) // (4 * per_quarter) * (4 * per_quarter)
    notes = [Note(start=s - skipped, length=n, pitch=p, voice=4, velocity=v) for s, n, p, v in found]
    return sorted(notes, key=lambda n: (n.start, -n.pitch, n.length))


def _spans(file: mido.MidiFile) -> Iterator[tuple[int, int, int, int]]:
    """``(begin, end, pitch, velocity)`` of every note, in ticks."""
    struck: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)  # (tick, velocity, end of its track)
    for track in file.tracks:
        time, last = 0, sum(message.time for message in track)
        for message in track:
            time += message.time
            if message.type in ("note_on", "note_off") and message.channel != DRUMS:
                velocity = message.velocity if message.type == "note_on" else 0
                struck[message.channel, message.note].append((time, velocity, last))
    for (_, pitch), events in struck.items():
        beginnings = sum(velocity > 0 for _, velocity, _ in events)
        for begin, end, velocity in _paired(sorted(events, key=itemgetter(0)), patient=2 * beginnings <= len(events)):
            yield begin, end, pitch, velocity


def _paired(events: Sequence[tuple[int, int, int]], *, patient: bool) -> Iterator[tuple[int, int, int]]:
    """``(begin, end, velocity)`` of the notes of one key; unless ``patient``, striking it again ends what sounds."""
    sounding: deque[tuple[int, int, int]] = deque()
    for tick, velocity, last in events:
        if sounding and (velocity == 0 or not patient):
            begin, loudness, _ = sounding.popleft()
            yield begin, tick, loudness
        if velocity > 0:
            sounding.append((tick, velocity, last))
    for begin, loudness, last in sounding:
        yield begin, max(begin, last), loudness
