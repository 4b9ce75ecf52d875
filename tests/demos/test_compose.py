"""What the music tab says beside the sound, and which controls a model gets."""

from __future__ import annotations

from aigc_core import registry
from demos.compose import tab as compose
from demos.ui import gallery


def test_every_instrument_of_the_model_has_a_chinese_name() -> None:
    names = registry.find("chorale-ngram").options["instrument"]
    assert set(names) == set(compose.INSTRUMENTS)
    assert [value for _, value in compose.instruments("chorale-ngram")] == ["", *names]
    assert [value for _, value in compose.instruments("musicgen-small")] == [""]


def test_facts_name_key_and_primer_in_both_languages() -> None:
    said = compose.facts({"key": "F# minor", "phrases": 4, "bars": 10, "primer_bars": 2, "primer_notes_left_out": 3})
    assert "F# minor, 4 phrases, 10 bars" in said and "F# 小调" in said
    assert "the first 2 are your primer" in said and "3 earlier notes" in said
    assert compose.facts({"frames": 50}) == ""


def test_a_model_of_sound_is_asked_for_four_bars() -> None:
    instruments, bars = compose.control_updates("musicgen-small")
    assert instruments["choices"] == compose.instruments("musicgen-small") and bars["value"] == 4
    instruments, bars = compose.control_updates("chorale-ngram")
    assert instruments["choices"] == compose.instruments("chorale-ngram") and "value" not in bars


def test_it_opens_with_a_finished_example() -> None:
    made = gallery.example("compose", ".flac")
    assert made is not None and made[1]["task"] == "compose"
