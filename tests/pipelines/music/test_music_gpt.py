"""The music transformer's pipeline, on a small network with random weights."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise
from typing import Any

import mido
import pytest
import tunes

from aigc_core import checkpoint, registry, support
from aigc_core.catalog.compose import MUSIC_GPT
from aigc_core.engine import drain
from aigc_core.errors import InvalidRequestError
from aigc_core.media import notes
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.sampling.music import lines
from aigc_core.tasks.compose import ComposeRequest
from aigc_core.tokenizers.music_tokens import Note
from aigc_core.types import Local, Progress

CONFIG = GPTConfig(
    vocab_size=768, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=1,
    num_key_value_heads=1, head_dim=32, max_position_embeddings=1024,
)  # fmt: skip


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("music-gpt")
    checkpoint.save(folder, GPT(CONFIG), CONFIG)
    return registry.build(replace(MUSIC_GPT, source=Local(folder=folder)), [folder])


def midi_of(piece: list[Note], voices: int = 3) -> bytes:
    played = [notes.Note(start=n.start, length=n.length, pitch=n.pitch, voice=min(n.voice, voices)) for n in piece]
    return notes.write(played, notes.Performance(programs=(0, 0, 0, 0), tempo=90, step=120))


def sounding(file: bytes, name: str) -> list[tuple[int, int]]:
    """Onset in sixteenths and pitch of the notes of one track."""
    found, time = [], 0
    for track in mido.MidiFile(file=io.BytesIO(file)).tracks:
        time = 0
        for message in track:
            time += message.time
            if message.type == "note_on" and message.velocity and track.name == name:
                found.append((time // 120, message.pitch if hasattr(message, "pitch") else message.note))
    return found


@pytest.mark.weights
@pytest.mark.parametrize("style", ["chorale", "pop"])
def test_a_piece_of_the_wanted_style_and_key_comes_as_sound_notes_and_picture(pipeline: Any, style: str) -> None:
    request = ComposeRequest(bars=3, style=style, key="G minor", seed=4)
    events = list(pipeline.stream(request))
    assert all(isinstance(event, Progress) for event in events[:-1])
    result = events[-1]
    assert result.info["key"] == "G minor" and result.info["style"] == style and result.info["bars"] == 3
    assert result.output.audio.duration_s > 1 and result.output.piano_roll.width == 1200
    parsed = mido.MidiFile(file=io.BytesIO(result.output.midi))
    tracks = {track.name for track in parsed.tracks[1:]}
    assert tracks <= ({"Soprano", "Alto", "Tenor", "Bass"} if style == "chorale" else {"Melody", "Bridge", "Piano"})
    again = drain(pipeline.stream(request)).output
    other = drain(pipeline.stream(replace(request, seed=5))).output
    assert again.midi == result.output.midi != other.midi


@pytest.mark.weights
def test_a_melody_is_kept_and_a_beginning_is_gone_on_from(pipeline: Any) -> None:
    tune = [n for n in tunes.chorale(bars=2).notes if n.voice == 0]
    primer = midi_of(tune)
    made = drain(pipeline.stream(ComposeRequest(bars=4, primer=primer, primer_as="melody")))
    assert sounding(made.output.midi, "Soprano") == [(n.start, n.pitch) for n in tune] and made.info["bars"] == 2
    made = drain(pipeline.stream(ComposeRequest(bars=2, primer=midi_of(list(tunes.chorale(bars=2).notes)))))
    assert made.info["bars"] == 4 and made.info["primer_bars"] == 2
    assert sounding(made.output.midi, "Soprano")[:8] == [(n.start, n.pitch) for n in tune]


def test_what_the_row_does_not_have_is_refused(pipeline: Any) -> None:
    with pytest.raises(InvalidRequestError, match="no key 'H major'"):
        support.check_options(ComposeRequest(key="H major"), MUSIC_GPT)
    with pytest.raises(InvalidRequestError, match="no style 'jazz'"):
        support.check_options(ComposeRequest(style="jazz"), MUSIC_GPT)


def test_any_notes_become_voices_that_can_be_sung() -> None:
    chord = [Note(0, 0, pitch, 16) for pitch in (48, 55, 60, 64, 67, 72)] + [Note(4, 0, 74, 4)]
    four = lines.voices(chord, "chorale")
    assert [(n.voice, n.pitch, n.length) for n in four] == [
        (0, 72, 4),
        (1, 67, 16),
        (2, 64, 16),
        (3, 48, 16),
        (0, 74, 4),
    ]
    song = lines.voices(chord, "pop")
    assert [n.pitch for n in song if n.voice == 4] == [72, 74] and len(song) == len(chord)
    low = lines.melody([n._replace(pitch=n.pitch - 36) for n in chord], "chorale")
    assert {n.pitch % 12 for n in low} == {0, 2} and all(60 < n.pitch < 84 for n in low)
    assert all(a.start + a.length <= b.start for a, b in pairwise(low))
