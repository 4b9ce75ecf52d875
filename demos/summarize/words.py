"""Words of a summary by a model that can point: shaded by how far each was copied, linked to its place in the source."""

from __future__ import annotations

import html
from collections.abc import Sequence

from aigc_core.nlp.clauses import pieces
from aigc_core.tasks.summarize import SummarySentence
from demos.ui.i18n import Text, both_text

LEGEND = Text(
    "Shade: share of the word's probability that was copied from the source; point at a word for the figure and its place.",
    "底色深浅表示该词的概率中有多少来自复制原文；指向某个词可查看数值及其在原文中的位置。",
)


def body(sentence: SummarySentence, text: str) -> str:
    """The sentence as HTML, each word a span; ``text`` is the source it was made from."""
    places = _places(text)
    parts: list[str] = []
    at = 0
    for word in sentence.words:
        start = sentence.text.find(word.text, at)
        if start < 0:
            continue
        bad = " sum-bad" if any(word.text in fact for fact in sentence.unsupported) else ""
        link = ""
        home = next(((i, word.start - a) for i, a, b in places if a <= word.start < b), None)
        if home is not None:
            link = f' data-i="{home[0]}" data-a="{home[1]}" data-b="{home[1] + word.end - word.start}"'
        parts.append(
            f'{html.escape(sentence.text[at:start])}<span class="sum-w{bad}" style="--copied:{word.copied:.2f}"'
            f' title="{word.copied:.0%}"{link}>{html.escape(word.text)}</span>'
        )
        at = start + len(word.text)
    return "".join(parts) + html.escape(sentence.text[at:])


def legend(sentences: Sequence[SummarySentence]) -> str:
    """What the shades mean, where there are any."""
    shown = any(sentence.words for sentence in sentences)
    return f'<p class="sum-legend sum-shades">{both_text(*LEGEND)}</p>' if shown else ""


def _places(text: str) -> list[tuple[int, int, int]]:
    """(number, first character, end) of the source's sentences as the source view numbers them."""
    places: list[tuple[int, int, int]] = []
    at = 0
    for piece in pieces(text).texts:
        if kept := piece.strip():
            start = at + piece.index(kept)
            places.append((len(places), start, start + len(kept)))
        at += len(piece)
    return places
