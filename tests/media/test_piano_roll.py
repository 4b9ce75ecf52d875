"""Notes to MIDI and back, to a picture, and to sound."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np
import pytest
from PIL import ImageColor

from aigc_core.media import midi, notes, piano_roll, synth
from aigc_core.media.notes import Note, Performance

CHORD = [Note(start=2 * i, length=2, pitch=p + i, voice=v) for i in range(4) for v, p in enumerate((72, 67, 64, 48))]
PLAYED = Performance(programs=(0, 0, 0, 0), tempo=120, slower=((4, 0.5),), key="C")


def test_written_notes_are_read_back() -> None:
    read = notes.read(midi.parse(notes.write(CHORD, PLAYED)))
    assert {(n.start, n.length, n.pitch) for n in read} == {(n.start, n.length, n.pitch) for n in CHORD}


def test_bars_tempo_and_programs_are_in_the_file() -> None:
    file = mido.MidiFile(file=io.BytesIO(notes.write(CHORD, PLAYED)))
    tempi = [m.tempo for m in file.tracks[0] if m.type == "set_tempo"]
    assert tempi == [500_000, 1_000_000]
    assert [t.name for t in file.tracks[1:]] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert file.length == pytest.approx(4 * 0.25 + 4 * 0.5, abs=0.06)


def test_percussion_is_left_out_and_times_are_rounded_to_eighths() -> None:
    file = mido.MidiFile(ticks_per_beat=96)
    track = mido.MidiTrack()
    track += [
        mido.Message("note_on", note=60, velocity=80, time=50), mido.Message("note_on", channel=9, note=36, velocity=80),
        mido.Message("note_off", note=60, time=90), mido.Message("note_off", channel=9, note=36),
    ]  # fmt: skip
    file.tracks.append(track)
    assert [(n.start, n.length, n.pitch) for n in notes.read(file)] == [(1, 2, 60)]


def test_each_note_is_where_it_belongs_in_its_voices_colour() -> None:
    image = piano_roll.draw([Note(start=8, length=4, pitch=72, voice=0), Note(start=0, length=8, pitch=48, voice=3)], 4)
    pixels = np.array(image).astype(int)

    def area(colour: str) -> tuple[float, float]:
        found = np.abs(pixels[60:] - np.array(ImageColor.getrgb(colour))).sum(axis=2) < 12
        rows, columns = np.nonzero(found)
        return float(rows.mean()), float(columns.mean())

    high, low = area(piano_roll.VOICES[0]), area(piano_roll.VOICES[3])
    assert high[0] < low[0] and high[1] > low[1]
    step = (piano_roll.WIDTH - 58 - 16) / 32
    assert high[1] == pytest.approx(58 + 10 * step, abs=3)
    assert low[0] - high[0] == pytest.approx(24 * 6, abs=2)


@pytest.mark.parametrize("bars", [1, 8, 16, 64])
def test_a_growing_piece_keeps_its_size(bars: int) -> None:
    assert piano_roll.draw([], bars).size == piano_roll.draw(CHORD, bars, title="Chorale in C major", rests=[4]).size


@pytest.mark.weights
def test_sound_is_the_same_each_time_and_holds_the_notes_played(real_weights: Callable[[str], list[Path]]) -> None:
    soundfont = real_weights("chorale-ngram")[1] / "pretty_midi" / "TimGM6mb.sf2"
    tone = [Note(start=0, length=8, pitch=69, voice=0)]
    file = notes.write(tone, Performance(programs=(19,), tempo=120))

    def played() -> np.ndarray:  # type: ignore[type-arg]
        rendering = synth.render(file, soundfont)
        while True:
            try:
                next(rendering)
            except StopIteration as done:
                return done.value.samples  # type: ignore[no-any-return]

    first = played()
    assert first.tobytes() == played().tobytes()
    assert first.shape[1] == 2 and np.abs(first).max() == pytest.approx(synth.PEAK, abs=1e-3)
    spectrum = np.abs(np.fft.rfft(first[: synth.SAMPLE_RATE, 0]))
    partials = [spectrum[f - 4 : f + 5].max() for f in (440, 466)]
    assert partials[0] > 20 * partials[1], "A4 must sound, and not its neighbour"
