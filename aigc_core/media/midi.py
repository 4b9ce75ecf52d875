"""Standard MIDI Files: read within limits and with patience, add a recipe as a text event.

Programs write files that the standard (RP-001) does not allow: keys that do not exist, chunks of their own, fewer tracks
than announced, notes that never end. None of that changes what is heard, so the reader here passes over it.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import mido

from aigc_core import files
from aigc_core.errors import InvalidRequestError

MAX_BYTES = 1_000_000
MAX_NOTES = 20_000
MAX_TRACKS = 1_000
MAX_BEATS = 20_000
"""Quarter notes, nearly three hours at 120 a minute; a damaged time makes a file seem longer than that."""
TICKS_PER_BEAT = 480
"""Ticks per quarter note for a file whose division is not in ticks."""
_TEMPO = 500_000  # microseconds a quarter note, where a file says nothing
_PREFACE = 1024  # bytes of another wrapping (RIFF, MacBinary) that may stand before the header
_FRAMES = {24: 24.0, 25: 25.0, 29: 30_000 / 1001, 30: 30.0}
_LENGTHS = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_SYSTEM = {0xF1: 1, 0xF2: 2, 0xF3: 1}


class _Event(NamedTuple):
    """``kind`` is ``on``, ``off`` or ``tempo``; ``key`` the channel and pitch, ``value`` the velocity or microseconds."""

    tick: int
    kind: str
    key: tuple[int, int] = (0, 0)
    value: int = 0


class _Track(NamedTuple):
    events: list[_Event]
    end: int
    """Tick of its last event, whatever that is."""


def parse(data: bytes) -> mido.MidiFile:
    """A MIDI file's notes, in a track for each of the file's own that has any; nothing else of it.

    Raises:
        InvalidRequestError: not a MIDI file, empty, without notes, too long or too large; says which.
    """
    division, tracks = _read(files.read(data, MAX_BYTES))
    count = sum(event.kind == "on" for track in tracks for event in track.events)
    if not 1 <= count <= MAX_NOTES:
        raise InvalidRequestError(
            ("The primer holds no notes. " if count == 0 else "The primer is too long. ")
            + f"It must hold between 1 and {MAX_NOTES} notes; got {count}.",
            ("引子中没有音符。" if count == 0 else "引子过长。") + f"应含 1 到 {MAX_NOTES} 个音符，收到 {count} 个。",
        )
    if division >= 0x8000:
        tracks = _in_beats(tracks, division)
        division = TICKS_PER_BEAT
    division = division or TICKS_PER_BEAT
    beats = max(event.tick for track in tracks for event in track.events if event.kind == "on") / division
    if beats > MAX_BEATS:
        raise InvalidRequestError(
            f"The primer may last at most {MAX_BEATS:,} quarter notes; a note of it begins after {beats:,.0f}. "
            "Please cut it, or check whether the file is damaged.",
            f"引子最长 {MAX_BEATS:,} 个四分音符，其中有音符在 {beats:,.0f} 个四分音符之后才开始。请截短，或检查文件是否损坏。",
        )
    return _rebuilt(tracks, division)


def _read(data: bytes) -> tuple[int, list[_Track]]:
    """Division (ticks a quarter note, or SMPTE from 0x8000 on) and tracks, unknown chunks passed over."""
    start = data.find(b"MThd", 0, _PREFACE)
    if start < 0 or len(data) < start + 14:
        raise InvalidRequestError(
            "The primer could not be read as a MIDI file: "
            + ("it has no MThd header." if start < 0 else "it breaks off inside its header."),
            "无法将引子读作 MIDI 文件：" + ("缺少 MThd 文件头。" if start < 0 else "文件头不完整。"),
        )
    size = int.from_bytes(data[start + 4 : start + 8], "big")
    division = int.from_bytes(data[start + 12 : start + 14], "big")
    position = _end_of_chunk(data, start + 8, max(6, size))
    tracks = []
    while position + 8 <= len(data):
        begin = position + 8
        end = _end_of_chunk(data, begin, int.from_bytes(data[position + 4 : begin], "big"))
        if data[position : position + 4] == b"MTrk":
            track, size = _track(data[begin:end])
            tracks.append(track)
            end = begin + size if data[begin + size :].startswith(b"MTrk") else end  # it said that it was longer
        position = end
        if len(tracks) > MAX_TRACKS:
            raise InvalidRequestError(
                f"The primer may have at most {MAX_TRACKS} tracks.", f"引子最多 {MAX_TRACKS} 条音轨。"
            )
    return division, tracks


def _end_of_chunk(data: bytes, begin: int, size: int) -> int:
    """End of the chunk: where its header says if another chunk or the end of the file follows there, else at the
    next track."""
    end = begin + size
    name, after = data[end : end + 4], end + 8 + int.from_bytes(data[end + 4 : end + 8], "big")
    if end == len(data) or name == b"MTrk" or (name.isalnum() and after <= len(data)):
        return end
    following = data.find(b"MTrk", begin)
    return following if following >= 0 else len(data)


def _track(data: bytes) -> tuple[_Track, int]:
    """The track and how many of its bytes that took."""
    events: list[_Event] = []
    end = used = 0
    for tick, status, body, used in _messages(data):  # noqa: B007
        end = tick
        if status == 0xFF51 and len(body) == 3:
            events.append(_Event(tick, "tempo", value=max(1, int.from_bytes(body, "big"))))
        elif status < 0xF0 and status & 0xF0 in (0x80, 0x90) and body[0] < 128:
            sounds = status >= 0x90 and body[1] > 0
            events.append(_Event(tick, "on" if sounds else "off", (status & 15, body[0]), min(body[1], 127)))
    return _Track(events, end), used


def _messages(data: bytes) -> Iterator[tuple[int, int, bytes, int]]:
    """``(tick, status, data, position after it)`` up to the end of track; a meta event's status is ``0xFF00 + type``.

    A status in force goes on after meta and system events, as many programs have it; bytes that follow none are skipped.
    """
    position = tick = status = 0
    try:
        while True:
            delta, position = _number(data, position)
            tick += delta
            if data[position] >= 0x80:
                first, position = data[position], position + 1
            else:
                first = status
            if first in (0xFF, 0xF0, 0xF7):
                kind = 0xFF00 + data[position] if first == 0xFF else first
                size, begin = _number(data, position + (first == 0xFF))
                position = begin + size
                yield tick, kind, data[begin:position], position
                if kind == 0xFF2F:
                    return
            elif first < 0x80:
                position += 1
            else:
                size = _LENGTHS.get(first & 0xF0, _SYSTEM.get(first, 0))
                if position + size > len(data):
                    return
                status = first if first < 0xF0 else status
                position += size
                yield tick, first, data[position - size : position], position
    except IndexError:  # cut off inside a number
        return


def _number(data: bytes, position: int) -> tuple[int, int]:
    """A variable-length number and the position after it."""
    value = 0
    for at in range(position, position + 4):
        value = value << 7 | data[at] & 0x7F
        if data[at] < 0x80:
            return value, at + 1
    return value, position + 4


def _in_beats(tracks: Sequence[_Track], division: int) -> list[_Track]:
    """SMPTE time, ticks of a frame, as ticks of a quarter note: a file's tempi (120 where it has none) say how many."""
    per_second = _FRAMES.get(256 - (division >> 8), 25.0) * max(1, division & 0xFF)
    changes = sorted((e.tick, e.value) for t in tracks for e in t.events if e.kind == "tempo")
    starts, beats, micros = [0], [0.0], [_TEMPO]
    for tick, tempo in changes:
        beats.append(beats[-1] + (tick - starts[-1]) / per_second * 1e6 / micros[-1])
        starts.append(tick)
        micros.append(tempo)

    def converted(tick: int) -> int:
        i = bisect_right(starts, tick) - 1
        return round((beats[i] + (tick - starts[i]) / per_second * 1e6 / micros[i]) * TICKS_PER_BEAT)

    return [_Track([e._replace(tick=converted(e.tick)) for e in t.events], converted(t.end)) for t in tracks]


def _rebuilt(tracks: Sequence[_Track], division: int) -> mido.MidiFile:
    file = mido.MidiFile(ticks_per_beat=division)
    for track in tracks:
        notes = [event for event in track.events if event.kind != "tempo"]
        messages, last = mido.MidiTrack(), 0
        for tick, kind, (channel, pitch), velocity in notes:
            message = mido.Message("note_" + kind, channel=channel, note=pitch, velocity=velocity, time=tick - last)
            messages.append(message)
            last = tick
        if notes:
            messages.append(mido.MetaMessage("end_of_track", time=track.end - last))
            file.tracks.append(messages)
    return file


def clock(data: bytes, beats: int) -> list[float]:
    """Seconds at which each of the first ``beats`` quarter notes begins and the last one ends.

    Raises:
        InvalidRequestError: not a MIDI file.
    """
    division, tracks = _read(data)
    changes = sorted((e.tick, e.value) for track in tracks for e in track.events if e.kind == "tempo")
    seconds, last, micros = 0.0, 0, _TEMPO
    times: list[float] = []
    for tick in range(0, (beats + 1) * division, division):
        while changes and changes[0][0] <= tick:
            at, tempo = changes.pop(0)
            seconds, last, micros = seconds + (at - last) * micros / division / 1e6, at, tempo
        times.append(seconds + (tick - last) * micros / division / 1e6)
    return times


def with_text(data: bytes, text: str) -> bytes:
    """The same file with ``text`` (ASCII) as the first event of its first track."""
    file = mido.MidiFile(file=io.BytesIO(data))
    file.tracks[0].insert(0, mido.MetaMessage("text", text=text, time=0))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()
