"""MIDI files as programs write them: harmless defects are passed over, harmful ones named."""

from __future__ import annotations

import io
import struct
import time
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_core.errors import InvalidRequestError
from aigc_core.media import inputs, midi, notes
from aigc_core.tasks.compose import ComposeRequest
from aigc_core.tasks.fields import limits
from demos.ui.fields import make_request

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
END = b"\x00\xff\x2f\x00"


def number(value: int) -> bytes:
    digits = [value & 127]
    while value := value >> 7:
        digits.append(value & 127 | 128)
    return bytes(reversed(digits))


def chunk(name: bytes, data: bytes, size: int | None = None) -> bytes:
    return name + struct.pack(">I", len(data) if size is None else size) + data


def head(kind: int = 0, tracks: int = 1, division: int = 480) -> bytes:
    return chunk(b"MThd", struct.pack(">HHH", kind, tracks, division))


def on(delta: int, pitch: int, velocity: int = 80) -> bytes:
    return number(delta) + bytes((0x90, pitch, velocity))


def off(delta: int, pitch: int) -> bytes:
    return number(delta) + bytes((0x80, pitch, 64))


def scale(ticks: int = 480) -> bytes:
    return b"".join(on(0, pitch) + off(ticks, pitch) for pitch in SCALE)


def heard(data: bytes) -> list[tuple[int, int, int]]:
    return [(n.start, n.length, n.pitch) for n in notes.read(midi.parse(data))]


WHOLE = head() + chunk(b"MTrk", scale() + END)
EXPECTED = [(2 * i, 2, pitch) for i, pitch in enumerate(SCALE)]
SPLIT = scale()[: len(scale()) // 2], scale()[len(scale()) // 2 :]
HARMLESS = {
    "whole": WHOLE,
    "an impossible key": head() + chunk(b"MTrk", b"\x00\xff\x59\x02\x0b\x05" + scale() + END),
    "a key of another length": head() + chunk(b"MTrk", b"\x00\xff\x59\x01\x0b" + scale() + END),
    "an impossible metre": head() + chunk(b"MTrk", b"\x00\xff\x58\x04\x00\xff\x00\x00" + scale() + END),
    "a tempo of zero": head() + chunk(b"MTrk", b"\x00\xff\x51\x03\x00\x00\x00" + scale() + END),
    "an unknown chunk first": head(1, 2) + chunk(b"XFIH", b"abcd") + chunk(b"MTrk", scale() + END),
    "an unknown chunk last": WHOLE + chunk(b"XFKM", b"abc"),
    "an unknown chunk that holds a track's name": head()
    + chunk(b"JUNK", b"..MTrk\0\0\0\1...")
    + chunk(b"MTrk", scale() + END),
    "fewer tracks than announced": head(1, 5) + chunk(b"MTrk", scale() + END),
    "more tracks than announced": head(1, 0) + chunk(b"MTrk", END) + chunk(b"MTrk", scale() + END),
    "rubbish at the end": WHOLE + b"\0\0\0 made by nobody \xff\xff",
    "another header size": chunk(b"MThd", struct.pack(">HHH", 0, 1, 480) + b"more") + chunk(b"MTrk", scale() + END),
    "wrapped in RIFF": b"RIFF\xff\0\0\0RMIDdata\xff\0\0\0" + WHOLE,
    "no end of track": head() + chunk(b"MTrk", scale()),
    "a track said to be longer": head() + chunk(b"MTrk", scale() + END, 9999),
    "a track said to be shorter": head() + chunk(b"MTrk", scale() + END, 20),
    "a track said to be empty": head() + chunk(b"MTrk", scale() + END, 0),
    "a track said to hold the next one": head(1, 2)
    + chunk(b"MTrk", END, 12 + len(scale() + END))
    + chunk(b"MTrk", scale() + END),
    "running status": head()
    + chunk(
        b"MTrk", b"\0\x90" + b"".join(bytes((p, 80)) + number(480) + bytes((p, 0, 0)) for p in SCALE) + b"\xff\x2f\0"
    ),
    "running status over a meta event": head()
    + chunk(
        b"MTrk",
        on(0, 60)
        + b"\0\xff\x01\x02hi"
        + number(480)
        + b"\x3c\x00"
        + b"".join(on(0, p) + off(480, p) for p in SCALE[1:])
        + END,
    ),
    "data without a status": head() + chunk(b"MTrk", b"\0\x3c\0\x40" + scale() + END),
    "system messages": head() + chunk(b"MTrk", b"\0\xf0\x03\x01\x02\xf7\0\xf8\0\xf2\x01\x02\0\xf6" + scale() + END),
    "texts of no encoding": head() + chunk(b"MTrk", b"\0\xff\x03\x04\xff\xfe\x80\x81" + scale() + END),
    "unknown meta events": head() + chunk(b"MTrk", b"\0\xff\x90\x02\x3c\x40\0\xff\x7f\x01\x00" + scale() + END),
    "velocity 0 for the end": head() + chunk(b"MTrk", b"".join(on(0, p) + on(480, p, 0) for p in SCALE) + END),
    "ends without beginnings": head() + chunk(b"MTrk", off(0, 50) + off(0, 60) + scale() + off(0, 72) + END),
    "no division": head(division=0) + chunk(b"MTrk", scale() + END),
    "25 frames of 40": head(division=0xE728) + chunk(b"MTrk", scale(500) + END),
    "24 frames of 100": head(division=0xE864) + chunk(b"MTrk", scale(1200) + END),
    "30 frames of 80, 60 a minute": head(division=0xE250)
    + chunk(b"MTrk", b"\0\xff\x51\x03\x0f\x42\x40" + scale(2400) + END),
    "29.97 frames of 100": head(division=0xE364) + chunk(b"MTrk", scale(1499) + END),
    "a tempo that changes in SMPTE time": head(1, 2, 0xE728)
    + chunk(b"MTrk", number(2000) + b"\xff\x51\x03\x0f\x42\x40" + END)
    + chunk(b"MTrk", b"".join(on(0, p) + off(500 if i < 4 else 1000, p) for i, p in enumerate(SCALE)) + END),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_harmless_defects_change_nothing(case: str) -> None:
    assert heard(HARMLESS[case]) == EXPECTED


def test_open_notes_end_with_their_track() -> None:
    body = b"".join(on(480 if i else 0, p) for i, p in enumerate(SCALE))
    assert heard(head() + chunk(b"MTrk", body + number(480) + END[1:])) == [
        (2 * i, 2 * (8 - i), p) for i, p in enumerate(SCALE)
    ]
    assert [n[2] for n in heard(head() + chunk(b"MTrk", body))] == list(SCALE)
    long = chunk(b"MTrk", on(0, 40) + off(480 * 20, 40) + END)
    assert (0, 2, 60) in heard(head(1, 2) + chunk(b"MTrk", on(0, 60) + number(480) + END[1:]) + long), "its own track"


def test_notes_of_one_pitch_that_overlap() -> None:
    overlapping = on(0, 60) + on(480, 60) + off(480, 60) + off(480, 60)
    assert heard(head() + chunk(b"MTrk", overlapping + END)) == [(0, 4, 60), (2, 4, 60)]
    at_once = on(0, 60) + on(480, 60) + off(0, 60) + off(480, 60)  # begun again before it ends, at the same tick
    assert heard(head() + chunk(b"MTrk", at_once + END)) == [(0, 2, 60), (2, 2, 60)]
    one_end_lost = on(0, 60) + on(480, 60) + off(480, 60)
    assert heard(head() + chunk(b"MTrk", one_end_lost + END)) == [(0, 2, 60), (2, 2, 60)]
    two_channels = on(0, 60) + b"\0\x91\x3c\x50" + off(480, 60) + number(480) + b"\x81\x3c\x40"
    assert heard(head() + chunk(b"MTrk", two_channels + END)) == [(0, 2, 60), (0, 4, 60)]


def test_a_note_without_length_is_heard() -> None:
    assert heard(head() + chunk(b"MTrk", on(0, 60) + off(0, 60) + on(480, 62) + off(480, 62) + END)) == [(0, 1, 60), (2, 2, 62)]  # fmt: skip


def test_a_cut_file_gives_what_is_there() -> None:
    assert heard(WHOLE[: len(WHOLE) // 2])[:2] == EXPECTED[:2]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"hello, world, this is no music", "could not be read as a MIDI file: it has no MThd"),
        (b"MThd\0\0\0\6\0", "breaks off inside its header"),
        (head(), "holds no notes"),
        (head() + chunk(b"MTrk", END), "holds no notes"),
        (head() + chunk(b"MTrk", b"\0\xc0\x05" + END), "holds no notes"),
        (WHOLE.ljust(1_000_001, b"\0"), "at most 1 MB"),
        (head(1, 2000) + chunk(b"MTrk", END) * 2000, "at most 1000 tracks"),
        (head(division=1) + chunk(b"MTrk", on((1 << 28) - 1, 60) + off(1, 60) + END), "at most 20,000 quarter notes"),
        (head() + chunk(b"MTrk", (on((1 << 28) - 1, 60) + off((1 << 28) - 1, 60)) * 9000 + END), "quarter notes"),
    ],
)
def test_harmful_ones_are_named(data: bytes, words: str) -> None:
    start = time.process_time()
    with pytest.raises(InvalidRequestError, match=words) as caught:
        midi.parse(data)
    assert caught.value.zh != str(caught.value) and time.process_time() - start < 10


def test_an_empty_file_is_refused_wherever_it_comes_in(tmp_path: Path) -> None:
    (tmp_path / "empty.mid").touch()
    for give in (
        lambda: inputs.read(limits(ComposeRequest, "primer"), tmp_path / "empty.mid"),
        lambda: make_request(ComposeRequest, {"primer": str(tmp_path / "empty.mid")}),
        lambda: ComposeRequest(primer=b""),
    ):
        with pytest.raises(InvalidRequestError, match="is empty"):
            give()


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(sorted(HARMLESS.values())),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8),
    st.integers(0, 400),
    st.binary(max_size=8),
)
def test_damaged_files_are_read_or_refused(
    sample: bytes, changes: list[tuple[int, int]], cut: int, insert: bytes
) -> None:
    data = bytearray(sample)
    for at, value in changes:
        data[at % len(data)] = value
    start = time.process_time()
    try:
        read = notes.read(midi.parse(bytes(data[:cut]) + insert + bytes(data[cut:])))
        assert all(0 <= n.pitch < 128 and n.length >= 1 and n.start >= 0 and 1 <= n.velocity < 128 for n in read)
    except InvalidRequestError:
        pass
    assert time.process_time() - start < 10


def test_what_is_written_here_is_read_as_mido_reads_it() -> None:
    file = midi.parse(WHOLE)
    again = mido.MidiFile(file=io.BytesIO(WHOLE))
    assert [m for m in file.tracks[0] if not m.is_meta] == [m for m in again.tracks[0] if not m.is_meta]
