"""Scan a Chinese poem: which form its lines have, which tones the form asks for, which lines rhyme. No network is asked.

The rules are those that constrain our poet (:mod:`aigc_core.sampling.text.verse`): in a regulated poem the 2nd, 4th and 6th
characters alternate between level (平) and oblique (仄), the lines of a couplet are opposite and neighbouring couplets begin
alike (粘对), rhyming lines end in 平 and the others in 仄. Tones are those of Mandarin today: a character that had the entering
tone (入声) may have become level, and then counts as level here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aigc_core.datasets import poetry
from aigc_core.datasets.poetry import CI, MARKS, OTHER, REGULATED, Line, Pattern
from aigc_core.errors import InvalidRequestError
from aigc_core.sampling.text.verse import wanted_tone
from aigc_core.tasks.continue_text import Scansion, Syllable, VerseLine


def scan(text: str, form: str, tunes: Mapping[str, Pattern]) -> Scansion:
    """The scansion of a poem in either script.

    Args:
        form: A regulated form or a tune, simplified; empty for the form that the lines have.
        tunes: The patterns of the tunes known.

    Raises:
        InvalidRequestError: not Chinese verse, no such form, or lines of other lengths than those of the form asked for.
    """
    typed = _punctuated(text)
    lines = poetry.lines_of(typed)
    if not lines or "".join(characters + mark for characters, mark in lines) != typed:
        raise InvalidRequestError(
            f"text must be Chinese characters in lines that end in punctuation; got {text.strip()[:20]!r}.",
            f"文本须为汉字，每句以标点结尾，收到“{text.strip()[:20]}”。",
        )
    plain = [poetry.simplified(characters) for characters, _ in lines]
    if list(map(len, plain)) != [len(characters) for characters, _ in lines]:  # a phrase whose length changes
        plain = [characters for characters, _ in lines]
    name, pattern = _form(form, lines, tunes)
    return Scansion(
        form=name, lines=tuple(_line(pattern, plain, i, characters, mark) for i, (characters, mark) in enumerate(lines))
    )


def _punctuated(text: str) -> str:
    """The poem without spaces; where the lines of the page stand without marks, marks take the place of their ends."""
    rows = [poetry.cleaned(row) for row in text.splitlines() if row.strip()]
    if not any(mark in row for row in rows for mark in MARKS):
        return "".join(row + "，。"[i % 2] for i, row in enumerate(rows))
    joined = "".join(rows)
    return joined if joined[-1:] in MARKS else joined + "。"


def _form(asked: str, lines: Sequence[tuple[str, str]], tunes: Mapping[str, Pattern]) -> tuple[str, Pattern]:
    """The name of the form and the rules of its lines; of a form unknown, lines that end in 。 rhyme."""
    found = poetry.shape(lines)
    patterns = {**{form: poetry.regulated(form) for form in REGULATED}, **tunes}
    if asked:
        if asked not in patterns:
            raise InvalidRequestError(
                f"form {asked!r} is unknown. Choose 五绝, 七绝, 五律, 七律 or one of {len(tunes)} tunes, or leave it empty.",
                f"没有体裁“{asked}”。可选五绝、七绝、五律、七律，或 {len(tunes)} 种词牌之一，也可留空。",
            )
        wanted = [line.length for line in patterns[asked]]
        if [length for length, _ in found] != wanted:
            raise InvalidRequestError(
                f"{asked} has lines of {_numbers(wanted)} characters; these have {_numbers([n for n, _ in found])}.",
                f"{asked}各句字数为 {_numbers(wanted)}，而这首为 {_numbers([n for n, _ in found])}。",
            )
        return asked, patterns[asked]
    regulated = poetry.form_of(list(lines))
    if regulated not in (CI, OTHER):
        return regulated, patterns[regulated]
    lengths = [length for length, _ in found]
    alike = [tune for tune, pattern in tunes.items() if [line.length for line in pattern] == lengths]
    if alike:
        exact = [tune for tune in alike if tuple((line.length, line.mark) for line in tunes[tune]) == found]
        tune = (exact or alike)[0]  # editors differ about marks
        return tune, tunes[tune]
    return "", tuple(Line(length=length, mark=mark, rhyme="a" * (mark == "。")) for length, mark in found)


def _numbers(lengths: Sequence[int]) -> str:
    """Line lengths, "7, 7, 5"; equal ones once, "4 × 7"."""
    if len(set(lengths)) == 1:
        return f"{len(lengths)} × {lengths[0]}"
    return re.sub(r"((?:\d+, ){12}).+", r"\1…", ", ".join(map(str, lengths)))


def _line(pattern: Pattern, plain: Sequence[str], at: int, typed: str, mark: str) -> VerseLine:
    """One line; ``plain`` are all lines in simplified characters."""
    rule, text = pattern[at], plain[at]
    syllables = []
    for i, (shown, character) in enumerate(zip(typed, text, strict=True)):
        last = i == len(text) - 1
        wanted = rule.tone if last else wanted_tone(poetry.sound, pattern, [*plain[:at], text[:i]])
        tone = poetry.sound(character)[1]
        syllables.append(Syllable(character=shown, tone=tone, wanted=wanted, fits=_fits(character, tone, wanted)))
    rhyme = poetry.sound(text[-1])[0]
    feet = [
        i
        for i in range(len(pattern))
        if rule.rhyme and pattern[i].rhyme == rule.rhyme and _rhyming(pattern[i], plain[i])
    ]
    if at not in feet:
        return VerseLine(syllables=tuple(syllables), mark=mark, rhyme=rhyme)
    agrees = "" if at == feet[0] else _agree(plain[feet[0]][-1], text[-1])
    return VerseLine(syllables=tuple(syllables), mark=mark, group=rule.rhyme, rhyme=rhyme, rhymes=agrees)


def _agree(first: str, other: str) -> str:
    """Whether two characters rhyme: ``yes``, ``other`` (by another reading of one of them) or ``no``."""
    if poetry.rhymes(first, other):
        return "yes"
    return "other" if poetry.readings(first) & poetry.readings(other) else "no"


def _rhyming(rule: Line, text: str) -> bool:
    """Whether a line with a rhyme group takes part: an opening line does if it ends in 平."""
    return not rule.opens or poetry.sound(text[-1])[1] == "平"


def _fits(character: str, tone: str, wanted: str) -> str:
    if not wanted or not tone:
        return ""
    if tone == wanted:
        return "yes"
    return "other" if any(tone == wanted for _, tone in poetry.readings(character)) else "no"
