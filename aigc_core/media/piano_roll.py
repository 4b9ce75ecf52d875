"""A piece as a picture: time from left to right, pitch upwards, one colour a voice, a row of the page every few bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from aigc_core.media.notes import Note

SCALE = 2
"""Drawn at this multiple and shrunk, for smooth edges."""
WIDTH = 1200
PAPER, INK, FAINT, LINE = "#fcfcfe", "#23262f", "#6b7080", "#c9ccd6"
BAND, BLACK_KEY = "#f0f1f6", "#3a3f4b"
VOICES = ("#c8384f", "#dd8a12", "#1f9482", "#3c5fb4", "#8a90a0")
NAMES = ("Soprano", "Alto", "Tenor", "Bass", "Primer")
_SEMITONE, _LEFT, _TOP, _HEAD, _FOOT = 6, 58, 56, 22, 14
_BLACK = (1, 3, 6, 8, 10)


def draw(
    notes: Sequence[Note], bars: int, *, title: str = "", rests: Sequence[int] = (), names: Sequence[str] = NAMES,
    beat: int = 2, metre: int = 4,
) -> Image.Image:  # fmt: skip
    """A picture ``WIDTH`` pixels wide, of a height that depends on ``bars`` alone, so that a growing piece does not jump.

    Args:
        bars: Of the whole piece, be they filled or not.
        rests: Steps at which a phrase comes to rest; marked by a fermata.
        names: Of the voices, in the order of their numbers.
        beat: Steps a beat.
        metre: Beats a bar.
    """
    low, high = _compass([note.pitch for note in notes])
    sheet = _Sheet(bars, (high - low + 1) * _SEMITONE)
    image = Image.new("RGB", (WIDTH * SCALE, sheet.height * SCALE), PAPER)
    pen = _Pen(ImageDraw.Draw(image))
    _legend(pen, notes, title, names)
    bar = beat * metre
    step = sheet.bar_width / bar
    for top, first, last in sheet.rows():
        _grid(pen, top, low, high, (first, last), step * beat, metre)
        for note in notes:
            _note(pen, note, top, high, first * bar, last * bar, step)
        for rest in rests:
            if first * bar <= rest < last * bar:
                _fermata(pen, _LEFT + (rest - first * bar) * step, top - 5)
    return image.reduce(SCALE)


class Box(NamedTuple):
    """A part of the picture, in fractions of its width and height."""

    left: float
    right: float
    top: float
    bottom: float


def bar_boxes(pitches: Sequence[int], bars: int) -> list[Box]:
    """The box of each bar in the picture that :func:`draw` makes of a piece with these pitches."""
    low, high = _compass(pitches)
    band = (high - low + 1) * _SEMITONE
    sheet = _Sheet(bars, band)
    return [
        Box(
            (_LEFT + (bar - first) * sheet.bar_width) / WIDTH,
            (_LEFT + (bar - first + 1) * sheet.bar_width) / WIDTH,
            top / sheet.height,
            (top + band) / sheet.height,
        )
        for top, first, last in sheet.rows()
        for bar in range(first, last)
    ]


class _Sheet:
    """Rows of bars, each ``band`` pixels high."""

    def __init__(self, bars: int, band: int) -> None:
        self._bars, self._per_row = bars, bars if bars <= 8 else 8 if bars <= 32 else 16
        self._pitch = _HEAD + band + _FOOT
        self.height = _TOP + -(-bars // self._per_row) * self._pitch
        self.bar_width = (WIDTH - _LEFT - 16) / self._per_row

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """``(top, first bar, bar after the last)`` of each row; the top in pixels."""
        for row, first in enumerate(range(0, self._bars, self._per_row)):
            yield _TOP + row * self._pitch + _HEAD, first, min(self._bars, first + self._per_row)


class _Pen:
    """Draws in the picture's own pixels."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    def box(self, x0: float, y0: float, x1: float, y1: float, fill: str, radius: float = 0.0) -> None:
        corners = [x0 * SCALE, y0 * SCALE, max(x0 + 0.5, x1) * SCALE - 1, y1 * SCALE - 1]
        self._draw.rounded_rectangle(corners, radius * SCALE, fill=fill)

    def line(self, x0: float, y0: float, x1: float, y1: float, fill: str, width: float = 1.0) -> None:
        self._draw.line([v * SCALE for v in (x0, y0, x1, y1)], fill=fill, width=round(width * SCALE))

    def arc(self, x0: float, y0: float, x1: float, y1: float, fill: str) -> None:
        self._draw.arc([v * SCALE for v in (x0, y0, x1, y1)], 180, 360, fill=fill, width=round(1.6 * SCALE))

    def text(self, x: float, y: float, text: str, fill: str, size: float, anchor: str = "lm") -> float:
        """Write, and return the text's width."""
        font = _font(size * SCALE)
        self._draw.text((x * SCALE, y * SCALE), text, fill=fill, font=font, anchor=anchor)
        return float(self._draw.textlength(text, font=font)) / SCALE


@cache
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _compass(pitches: Sequence[int]) -> tuple[int, int]:
    """Lowest and highest pitch shown: a choir's from C2 to A5, and whatever lies outside."""
    return min([36, *pitches]) - 1, max([81, *pitches]) + 1


def _legend(pen: _Pen, notes: Sequence[Note], title: str, names: Sequence[str]) -> None:
    x = 16 + pen.text(16, 26, title, INK, 19) + 36
    for voice, name in enumerate(names):
        if voice < 4 or any(n.voice == voice for n in notes):
            pen.box(x, 19, x + 16, 33, VOICES[voice], 4)
            x += 24 + pen.text(x + 24, 26, name, INK, 15) + 22


def _grid(pen: _Pen, top: float, low: int, high: int, bars: tuple[int, int], beat: float, metre: int) -> None:
    """Keyboard at the left, a band for each octave of white and black, bar lines with numbers.

    Args:
        bars: The first one, and the one after the last.
        beat: Pixels of a beat.
    """
    first, last = bars
    right = _LEFT + (last - first) * metre * beat
    bottom = top + (high - low + 1) * _SEMITONE
    for pitch in range(low, high + 1):
        y = top + (high - pitch) * _SEMITONE
        if pitch % 12 in _BLACK:
            pen.box(_LEFT, y, right, y + _SEMITONE, BAND)
            pen.box(_LEFT - 22, y, _LEFT - 10, y + _SEMITONE, BLACK_KEY)
        if pitch % 12 == 0:
            pen.line(_LEFT, y + _SEMITONE, right, y + _SEMITONE, LINE, 0.7)
            pen.text(_LEFT - 28, y + _SEMITONE / 2, f"C{pitch // 12 - 1}", INK, 13, "rm")
    pen.line(_LEFT - 22, top, _LEFT - 22, bottom, LINE, 0.7)
    for bar in range(first, last + 1):
        x = _LEFT + (bar - first) * metre * beat
        pen.line(x, top, x, bottom, FAINT if bar in (first, last) else LINE, 1.0)
        if bar < last:
            pen.text(x + 3, top - 10, str(bar + 1), FAINT, 12)
            for number in range(1, metre):
                at = x + number * beat
                pen.line(at, top, at, bottom, "#e6e8ef", 0.5)


def _note(pen: _Pen, note: Note, top: float, high: int, first: int, last: int, step: float) -> None:
    """The part of a note that lies in this row, which goes from step ``first`` to ``last``."""
    begin = max(note.start, first)
    end = min(note.start + note.length, last)
    if begin >= end:
        return
    y = top + (high - note.pitch) * _SEMITONE
    x = _LEFT + (begin - first) * step
    gap = min(1.2, step / 4)
    pen.box(x + gap / 2, y - 0.5, x + (end - begin) * step - gap, y + _SEMITONE + 0.5, VOICES[note.voice], 2.2)


def _fermata(pen: _Pen, x: float, y: float) -> None:
    pen.arc(x + 1, y - 11, x + 17, y + 5, INK)
    pen.box(x + 7.4, y - 6.5, x + 10.6, y - 3.3, INK, 1.6)
