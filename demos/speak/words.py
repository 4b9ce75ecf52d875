"""The words of a speech under its mel spectrogram, on the same time axis: phonemes above, the written word and pinyin below."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from aigc_core.media import mel
from aigc_core.nlp import phonemes
from aigc_core.tasks.speak import SpokenWord
from demos.speak import symbols
from demos.ui import playhead
from demos.ui.i18n import bilingual, both_text
from demos.ui.playhead import Stretch

WIDTH = 700
"""Pixels of the mel spectrogram on a page, about."""
LANES = 4
"""Rows of words that still read as one axis; a denser speech is shown as running text."""


def view(words: Sequence[SpokenWord], duration_s: float) -> str:
    """The playhead's timeline with the words that it passes; without words the timeline alone."""
    left, right = mel.time_axis()
    stretch = Stretch(left, right, 0.0, 1.0, 0.0, duration_s)
    if not words:
        return playhead.timeline([stretch])
    chinese = any(word.text > "⺀" for word in words) or any(c in "→↗↘↓" for word in words for c in word.phonemes)
    cells = [_Cell(word, chinese) for word in words]
    starts = [
        min(WIDTH * (left + (right - left) * cell.word.edges[0] / duration_s), WIDTH - cell.width) for cell in cells
    ]
    lanes = _lanes(starts, cells)
    aligned = max(lanes) < LANES
    placed = "".join(
        cell.html(f"--at:{100 * start / WIDTH:.2f}%;--lane:{lane}")
        for cell, start, lane in zip(cells, starts, lanes, strict=True)
    )
    kind = f'class="words aligned" style="--lanes:{max(lanes) + 1}"' if aligned else 'class="words"'
    hint = both_text("Click a word or a phoneme to hear it from there.", "点按词语或音素，从该处播放。")
    legend = symbols.legend((word.phonemes for word in words), chinese=chinese)
    return playhead.timeline(
        [stretch], f'<div class="words-scroll"><div {kind}>{placed}</div></div><p>{hint}</p>{legend}'
    )


def of_record(record: Mapping[str, Any]) -> str:
    """The view of a kept speech."""
    words = [SpokenWord(**{**word, "edges": tuple(word["edges"])}) for word in record["words"]]
    return view(words, record["duration_s"])


class _Cell:
    """One word: its lines, and the room that they need."""

    def __init__(self, word: SpokenWord, chinese: bool) -> None:
        self.word, self._chinese = word, chinese
        self._pinyin = phonemes.pinyin(word.text) if word.text > "⺀" else ""

    @property
    def width(self) -> float:
        """Pixels of its longest line, about."""
        written = sum(13 if unicodedata.east_asian_width(c) == "W" else 8.6 for c in self.word.text)
        return max(written, 7.6 * len(self.word.phonemes), 6.6 * len(self._pinyin)) + 8

    def html(self, place: str) -> str:
        edges, known = self.word.edges, symbols.known(chinese=self._chinese)
        sounds = "".join(
            f'<span data-start="{edges[i]:g}" data-end="{edges[i + 1]:g}" title="{html.escape(bilingual(*known.get(c, (c, c))))}">'
            f"{html.escape(c)}</span>"
            for i, c in enumerate(self.word.phonemes)
        )
        pinyin = f"<small>{html.escape(self._pinyin)}</small>" if self._pinyin else ""
        return (
            f'<button type="button" class="word" tabindex="-1" style="{place}" data-start="{edges[0]:g}" data-end="{edges[-1]:g}">'
            f"<i>{sounds}</i><b>{html.escape(self.word.text)}</b>{pinyin}</button>"
        )


def _lanes(starts: Sequence[float], cells: Sequence[_Cell]) -> list[int]:
    """For each word the first row in which it does not touch the one before it there."""
    ends: list[float] = []
    lanes = []
    for start, cell in zip(starts, cells, strict=True):
        lane = next((i for i, end in enumerate(ends) if end <= start), len(ends))
        ends[lane : lane + 1] = [start + cell.width]
        lanes.append(lane)
    return lanes
