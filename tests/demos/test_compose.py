"""What the music tab says beside the sound, and which controls a model gets."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageColor

from aigc_core import registry
from aigc_core.catalog import compose as catalog
from aigc_core.media import piano_roll
from aigc_core.media.notes import Note, Performance, write
from aigc_core.tasks.compose import ComposeRequest
from aigc_core.tasks.fields import limits
from demos.compose import tab as compose
from demos.compose import timeline
from demos.ui import gallery, page
from demos.ui.i18n import bilingual


def test_every_instrument_of_the_model_has_a_chinese_name() -> None:
    names = registry.find("chorale-ngram").options["instrument"]
    assert set(names) == set(compose.INSTRUMENTS_ZH)
    for model, own in (("chorale-ngram", names), ("musicgen-small", ())):
        choices = compose.choices_of(model, "instrument", compose.INSTRUMENTS_ZH)
        assert [value for _, value in choices] == ["", *own]


def test_facts_name_key_and_primer_in_both_languages() -> None:
    said = compose.facts({"key": "F# minor", "phrases": 4, "bars": 10, "primer_bars": 2, "primer_notes_left_out": 3})
    assert "F# minor, 4 phrases, 10 bars" in said and "F# 小调" in said
    assert "the first 2 are your primer" in said and "3 earlier notes" in said
    assert compose.facts({"frames": 50}) == ""


def test_facts_do_without_phrases() -> None:
    said = compose.facts({"key": "Eb major", "bars": 8, "style": "pop"})
    assert "Eb major, 8 bars" in said and "Eb 大调，8 小节" in said and "phrases" not in said


def test_a_model_of_sound_is_asked_for_four_bars() -> None:
    updates = compose.control_updates("musicgen-small")
    assert updates["bars"]["value"] == 4 and [value for _, value in updates["instrument"]["choices"]] == [""]
    assert "value" not in compose.control_updates("chorale-ngram")["bars"]


@pytest.fixture
def with_music_gpt(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The row of the music transformer among the others."""
    monkeypatch.setattr(catalog, "ROWS", (*catalog.ROWS, catalog.MUSIC_GPT))
    registry._table.cache_clear()
    yield
    registry._table.cache_clear()


@pytest.mark.usefixtures("with_music_gpt")
def test_style_key_and_use_of_the_primer_come_with_a_row_that_honours_them(tmp_path: Path) -> None:
    """The choices are the row's own; for the others the controls are hidden and hold their defaults."""
    updates = compose.control_updates("music-gpt")
    assert [value for _, value in updates["style"]["choices"]] == ["", "chorale", "pop"]
    assert updates["key"]["choices"][1] == (bilingual("C major", "C 大调"), "C major")
    assert [value for _, value in compose.control_updates("chorale-ngram")["key"]["choices"]] == [""]

    demo, _ = page.make(["compose"], page.parser().parse_args(["--outputs", str(tmp_path)]))
    fields = next(fn for fn in demo.fns.values() if fn.api_name == "compose")
    shown = {str(block.label): block.visible for block in fields.inputs}
    labels = {name: limits(ComposeRequest, name).label for name in ("style", "key", "primer_as")}
    assert all(not next(v for label, v in shown.items() if name in label) for name in labels.values())


def test_the_timeline_slows_down_where_the_piece_does() -> None:
    """Two bars of four beats, the second at half speed: the playhead takes twice as long for it."""
    notes = [Note(start=2 * i, length=2, pitch=60, voice=0) for i in range(8)]
    file = write(notes, Performance(programs=(0,), tempo=120, slower=((8, 0.5),)))
    stretches = json.loads(html.unescape(timeline.of_piece(file, 2).split('"')[3]))
    assert [round(one[5] - one[4], 3) for one in stretches] == [0.5] * 4 + [1.0] * 4
    assert stretches[0][4] == 0 and [one[0] for one in stretches[1:]] == [one[1] for one in stretches[:-1]]


def test_the_timeline_lies_on_the_notes_of_the_picture() -> None:
    """A lone note at the third beat of bar ten is where the timeline says that its beat is."""
    note = Note(start=9 * 8 + 4, length=2, pitch=60, voice=0)
    picture = np.asarray(piano_roll.draw([note], 12)).astype(int)
    red = np.abs(picture[60:] - np.array(ImageColor.getrgb(piano_roll.VOICES[0]))).sum(axis=2) < 12
    rows, columns = np.nonzero(red)
    height, width = picture.shape[:2]
    beat = timeline.beats(piano_roll.bar_boxes([60], 12), list(range(49)))[9 * 4 + 2]
    assert beat.left * width == pytest.approx(columns.min(), abs=3) and beat.right * width == pytest.approx(
        columns.max(), abs=3
    )
    assert beat.top * height <= rows.min() + 60 and rows.max() + 60 <= beat.bottom * height


def test_it_opens_with_a_finished_example() -> None:
    made = gallery.example("compose", ".flac")
    assert made is not None and made[1]["task"] == "compose"
