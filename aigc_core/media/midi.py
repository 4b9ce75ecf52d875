"""Standard MIDI Files: read within limits, add a recipe as a text event."""

from __future__ import annotations

import io

import mido

from aigc_core.errors import InvalidRequestError

MAX_NOTES = 20_000


def parse(data: bytes) -> mido.MidiFile:
    """A MIDI file with at least one note.

    Raises:
        InvalidRequestError: not a MIDI file, without notes, or with too many.
    """
    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except Exception as error:  # mido lets through whatever its parsing runs into
        raise InvalidRequestError(
            "The primer could not be read as a MIDI file.", "无法将引子读作 MIDI 文件。"
        ) from error
    notes = sum(m.type == "note_on" and m.velocity > 0 for track in file.tracks for m in track)
    if not 1 <= notes <= MAX_NOTES:
        raise InvalidRequestError(
            f"The primer must hold between 1 and {MAX_NOTES} notes; got {notes}.",
            f"引子应含 1 到 {MAX_NOTES} 个音符，收到 {notes} 个。",
        )
    return file


def with_text(data: bytes, text: str) -> bytes:
    """The same file with ``text`` (ASCII) as the first event of its first track."""
    file = mido.MidiFile(file=io.BytesIO(data))
    file.tracks[0].insert(0, mido.MetaMessage("text", text=text, time=0))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()
