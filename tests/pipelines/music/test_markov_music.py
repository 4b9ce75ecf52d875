"""Composed chorales: the promises of the request, the rules of the style, primers, and the stream's protocol."""

from __future__ import annotations

import io
from typing import Any

import mido
import numpy as np
import pytest
from streams import check_stream

from aigc_core.datasets.chorales import Chorale
from aigc_core.engine import Engine
from aigc_core.errors import InvalidRequestError
from aigc_core.evaluation.chorales import longest_copies, measures
from aigc_core.media import midi, notes
from aigc_core.media.notes import Note, Performance
from aigc_core.pipelines.music.chorale_ngram import ChoraleNGram
from aigc_core.pipelines.music.composer import Score, compose
from aigc_core.sampling.music import counterpoint
from aigc_core.sampling.music.chords import Rules, permitted, pick
from aigc_core.tasks.compose import ComposeRequest
from aigc_core.types import Progress


def run(engine: Engine, **values: Any) -> Any:
    return check_stream(engine, ComposeRequest(**values))


def grid(file: bytes, bars: int) -> np.ndarray:  # type: ignore[type-arg]
    """Sounding pitches of the four named tracks, (8 · bars, 4)."""
    parsed = mido.MidiFile(file=io.BytesIO(file))
    found = np.zeros((8 * bars, 4), np.int16)
    for track in parsed.tracks:
        if track.name in ("Soprano", "Alto", "Tenor", "Bass"):
            single = mido.MidiFile(ticks_per_beat=parsed.ticks_per_beat)
            single.tracks.append(track)
            for start, length, pitch in _raw(single):
                found[start : start + length, ("Soprano", "Alto", "Tenor", "Bass").index(track.name)] = pitch
    return found


def _raw(file: mido.MidiFile) -> list[tuple[int, int, int]]:
    time, begun, out = 0, {}, []
    for message in file.tracks[0]:
        time += message.time
        if message.type == "note_on" and message.velocity:
            begun[message.note] = time
        elif message.type in ("note_on", "note_off") and message.note in begun:
            start = begun.pop(message.note)
            out.append((round(start / 240), max(1, round((time - start) / 240)), message.note))
    return out


@pytest.mark.weights
@pytest.mark.parametrize(("bars", "temperature"), [(1, 1.0), (5, 0.0), (8, 1.0), (16, 2.0)])
def test_all_bars_are_filled_in_range_and_end_on_the_tonic(engine: Engine, bars: int, temperature: float) -> None:
    result = run(engine, bars=bars, temperature=temperature, seed=bars)
    pitches = grid(result.output.midi, bars)
    assert (pitches > 0).all(), "a voice is silent"
    for voice, (low, high) in enumerate(counterpoint.RANGES):
        assert low <= pitches[:, voice].min() and pitches[:, voice].max() <= high
    assert (np.diff(pitches, axis=1) <= 0).all(), "voices cross"
    assert (pitches[-4:] == pitches[-1]).all(), "the last chord is held"
    names = "C C# D Eb E F F# G Ab A Bb B".split()
    tonic = names.index({"G#": "Ab"}.get(key := result.info["key"].split()[0], key))
    assert pitches[-1, 3] % 12 == tonic and counterpoint.triad(pitches[-1], tonic)


@pytest.mark.weights
def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_piece(engine: Engine) -> None:
    one, again, other = (run(engine, bars=4, seed=s).output for s in (3, 3, 4))
    assert one.midi == again.midi != other.midi
    assert one.audio.samples.tobytes() == again.audio.samples.tobytes()
    assert one.piano_roll.tobytes() == again.piano_roll.tobytes()


@pytest.mark.weights
def test_the_picture_grows_bar_by_bar_and_keeps_its_size(engine: Engine) -> None:
    events = list(engine.run(ComposeRequest(bars=4, seed=1)))
    previews = [e.preview.piano_roll for e in events if isinstance(e, Progress) and e.preview is not None]
    inked = [int((np.array(p.convert("L")) < 200).sum()) for p in previews]
    assert len(previews) == 5 and inked == sorted(inked) and inked[-1] > 1.5 * inked[0]
    assert {p.size for p in previews} == {events[-1].output.piano_roll.size}


@pytest.mark.weights
def test_tempo_and_instrument_are_obeyed(engine: Engine) -> None:
    slow, fast = (run(engine, bars=4, seed=2, tempo=t).output for t in (60, 120))
    assert slow.audio.duration_s > 1.7 * fast.audio.duration_s
    organ = run(engine, bars=2, seed=2, instrument="organ").output.midi
    programs = {
        m.program for t in mido.MidiFile(file=io.BytesIO(organ)).tracks for m in t if m.type == "program_change"
    }
    assert programs == {19}


@pytest.mark.weights
def test_a_primer_stays_at_the_head_and_sets_the_key(engine: Engine) -> None:
    scale = [Note(start=2 * i, length=2, pitch=p, voice=0) for i, p in enumerate((62, 64, 66, 67, 69, 71, 73, 74))]
    data = notes.write(scale, Performance(programs=(0,), tempo=90))
    result = run(engine, bars=2, seed=5, primer=data)
    assert result.info["key"] == "D major" and result.info["primer_bars"] == 2 and result.info["bars"] == 4
    heard = notes.read(midi.parse(result.output.midi))
    assert [n.pitch for n in heard if n.start < 16] == [n.pitch for n in scale]
    ours = grid(result.output.midi, 4)[16:]
    assert (ours > 0).all() and ours[-1, 3] % 12 == 2
    assert abs(int(ours[0, 0]) - 74) <= 9, "the melody goes on from where the primer ended"


@pytest.mark.weights
def test_the_primer_changes_what_follows(engine: Engine) -> None:
    first = run(engine, bars=4, seed=6).output.midi
    follow = [
        run(engine, bars=2, seed=7, primer=p).output.midi for p in (first, run(engine, bars=4, seed=8).output.midi)
    ]
    assert grid(follow[0], 6)[32:].tobytes() != grid(follow[1], 6)[32:].tobytes()


@pytest.mark.weights
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"primer": b"no midi"}, "could not be read"),
        ({"prompt": "jazz"}, "does not support prompt"),
        ({"instrument": "kazoo"}, "no instrument 'kazoo'"),
    ],
)
def test_what_it_cannot_do_is_refused(engine: Engine, values: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        run(engine, **values)


# --- without weights: a little corpus made here ------------------------------------------------------------------------


def cadence(shift: int) -> Chorale:
    """I–IV–V–I in quarters under one fermata, transposed."""
    chords = [(72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48)]
    pitches = np.repeat(np.array(chords, np.int16) + shift, 2, axis=0)
    attacks = np.zeros((8, 4), np.bool_)
    attacks[::2] = True
    fermatas = np.array([False] * 6 + [True] * 2)
    return Chorale(
        name="x", pitches=pitches, attacks=attacks, fermatas=fermatas, start=6, tonic=shift % 12, mode="major"
    )


def test_transposed_copies_are_one_piece_to_the_model() -> None:
    one, three = ChoraleNGram.fit([cadence(0)] * 3), ChoraleNGram.fit([cadence(0), cadence(2), cadence(-3)])
    last = (72, 67, 64, 48)
    from aigc_core.sampling.music.phrases import Phase

    arguments = (0, (0, 0, 0, 0), last, Phase(2, 2, 1), 0, (0, 0, 0, 0))
    assert np.allclose(one.probabilities(*arguments), three.probabilities(*arguments))
    assert one.probabilities(*arguments).argmax() == 2 * 72 + 1


def test_a_tiny_corpus_still_gives_a_whole_piece() -> None:
    model = ChoraleNGram.fit([cadence(0)] * 3)
    score = Score(minor=0, shift=0)
    for _ in compose(model, score, 3, 1.0, np.random.default_rng(0)):
        pass
    pitches, attacks = score.grid()
    assert pitches.shape == attacks.shape == (24, 4)
    assert longest_copies([pitches[:4]], [pitches]) == [4]


def test_rules_forbid_parallels_crossings_and_leaps() -> None:
    last = (72, 67, 64, 48)
    tokens = [2 * 74 + 1, 0, 0, 0]  # the soprano steps up
    bass = permitted(3, tokens, last, Rules(shift=0), 256)
    assert not bass[2 * 50 + 1], "octaves in parallel with the soprano"
    assert bass[2 * 53 + 1] and bass[2 * 48] and not bass[2 * 47], "a held note stays where it is"
    alto = permitted(1, tokens, last, Rules(shift=0), 256)
    assert not alto[2 * 75 + 1] and not alto[2 * 57 + 1], "above the soprano; a leap of ten"
    assert not permitted(0, [0] * 4, last, Rules(shift=7), 256)[2 * 74 + 1], "too high where it will sound"


def test_parallels_are_found_in_both_directions_and_only_when_voices_move() -> None:
    before = np.array([72, 67, 64, 60], np.int16)
    assert counterpoint.parallels(before, before + 2)
    assert not counterpoint.parallels(before, before)
    assert not counterpoint.parallels(before, np.array([71, 67, 62, 55], np.int16))


def test_measures_of_a_cadence() -> None:
    piece = cadence(0).pitches
    found = measures([piece], [0])
    assert found["authentic ending %"] == 100 and found["consonant intervals %"] == 100
    assert found["chords a beat"] == pytest.approx(2 * 3 / 7)


def test_temperature_sharpens() -> None:
    p = np.array([0.5, 0.3, 0.2])
    rng = np.random.default_rng(0)
    cold, hot = ([pick(p, t, rng) for _ in range(2000)] for t in (0.3, 1.0))
    assert pick(p, 0.0, rng) == 0 and pick(np.zeros(3), 1.0, rng) is None
    assert hot.count(0) / 2000 == pytest.approx(0.5, abs=0.04)
    expected = 0.5 ** (1 / 0.3) / sum(q ** (1 / 0.3) for q in (0.5, 0.3, 0.2))
    assert cold.count(0) / 2000 == pytest.approx(expected, abs=0.04)
