"""A playhead on the picture of a sound: it follows the sound, and a click on the picture plays from there.

The script (``playhead.js``) brings together the three of one tab: the sound (a block of class ``sounding``, with the browser's own
player), its picture (``with-playhead``), and the timeline, which says where in the picture each stretch of time is.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import gradio as gr

from demos.ui.i18n import Text, both_text

SOUNDING, PICTURE = "sounding", "with-playhead"


class Stretch(NamedTuple):
    """A stretch of time and its place: fractions of the picture's width and height, then seconds."""

    left: float
    right: float
    top: float
    bottom: float
    start: float
    end: float


def sound(value: str | None) -> gr.Audio:
    """A sound in the browser's own player, whose position the script can read and set."""
    return gr.Audio(
        value,
        type="filepath",
        interactive=False,
        show_label=False,
        buttons=["download"],
        waveform_options=gr.WaveformOptions(show_recording_waveform=False),
        elem_classes=[SOUNDING, "made"],
    )


def previous(said: Text) -> None:
    """The words above a sound that another one is about to replace; seen only then."""
    gr.HTML(f"<p>{both_text(*said)}</p>", elem_classes=["previous-note"], padding=False)


def timeline(stretches: Sequence[Stretch], inside: str = "") -> str:
    """HTML that tells the script where time runs; ``inside`` may hold elements with ``data-start`` and ``data-end`` (seconds)."""
    numbers: list[Any] = [[round(number, 5) for number in stretch] for stretch in stretches]
    return f'<div class="timeline" data-stretches="{html.escape(json.dumps(numbers, separators=(",", ":")))}">{inside}</div>'
