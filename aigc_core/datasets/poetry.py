"""Classical Chinese poems: records to forms, tune patterns (词牌), scripts, rhyme and tone.

A poem is written in *lines* (句), each with the punctuation mark that ends it; 。 ends what rhymes. The regulated forms have
equal lines: 绝句 four, 律诗 eight, of five or seven characters. A 词 follows its tune: a fixed row of unequal lines, read off
the poems that were written to it.

Everything inside is simplified Chinese; :func:`simplified` and :func:`traditional` convert (OpenCC).

Rhyme is judged by modern Mandarin (pypinyin): the final without its medial, and the tone class 平 (1st and 2nd tone) or 仄 (3rd
and 4th). Tang rhymes that Mandarin has lost, and characters of the lost entering tone (入声), are therefore missed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aigc_core.datasets import corpus

REGULATED: Mapping[str, tuple[int, int]] = {"五绝": (5, 4), "七绝": (7, 4), "五律": (5, 8), "七律": (7, 8)}
"""Characters a line, lines."""
_SYNONYMS = {
    "五言绝句": "五绝", "七言绝句": "七绝", "五言律诗": "五律", "七言律诗": "七律", "绝句": "七绝", "律诗": "七律",
}  # fmt: skip
CI, OTHER = "词", "诗"
"""Forms without a fixed row of lines: 词 (by tune), and shi of any other length."""
FORMS = (*REGULATED, CI, OTHER)
MARKS = "，。、"
ANONYMOUS = frozenset({"无名氏", "不详", "佚名", "阙名", ""})
LOST_TUNE = "失调名"
TITLE = 16
"""Longest title kept, in characters."""
PATTERN_POEMS = 15
"""Poems that must share a row of line lengths before it counts as the tune's pattern."""
SAME_RHYME = 0.15
"""Share of a tune's poems in which two feet rhyme, from which on they belong to one group: by chance it is 6 %, and Mandarin
keeps few of the rhymes in the entering tone that tunes such as 满江红 ask for."""

_HAN = r"\u3400-\u9fff\U00020000-\U0003ffff"
_NOTE = re.compile(r"（[^（）]*）|〖[^〖〗]*〗|\([^()]*\)")
_QUOTES = re.compile(r"[《》「」『』“”‘’\"'〈〉]")
_LINE = re.compile(
    rf"(?<![{_HAN}])([{_HAN}]++)([{MARKS}])"
)  # begun where a run begins: a search from inside finds no more
_POEM = re.compile(rf"(?:[{_HAN}]++[{MARKS}])++")
_NUMBER = re.compile(r"(?: |其)[一二三四五六七八九十百]+$")
_DIVINATION = ("兵要望江南", "六十甲子歌")
"""Collections of divination verse: hundreds of poems without literary value."""


@dataclass(frozen=True, kw_only=True)
class Poem:
    """One record, cleaned."""

    form: str
    """One of :data:`FORMS`."""
    tune: str
    """The tune of a 词, else empty."""
    title: str
    author: str
    text: str
    """Lines with their marks, nothing between them."""

    @property
    def lines(self) -> list[tuple[str, str]]:
        """(characters, mark) of every line."""
        return lines_of(self.text)


@dataclass(frozen=True, kw_only=True)
class Line:
    """The constraints that a form puts on one line."""

    length: int
    mark: str
    """The punctuation that ends it."""
    rhyme: str = ""
    """Name of its rhyme group, such as ``a``; empty where it need not rhyme."""
    opens: bool = False
    """True if the line rhymes only when it ends in 平, as the first line of a regulated poem does."""
    tone: str = ""
    """Tone class of its last character, 平 or 仄; empty where either will do."""


Pattern = tuple[Line, ...]


def is_han(text: str) -> bool:
    """True if the text is one or more Chinese characters and nothing else."""
    return re.fullmatch(f"[{_HAN}]+", text) is not None


def lines_of(text: str) -> list[tuple[str, str]]:
    """(characters, mark) of every line of a text."""
    return _LINE.findall(text)


def poems(file: Path, split: str) -> Iterator[Poem]:
    """Usable poems of ``poetry_zh.jsonl.xz``: complete, without editors' notes or gaps.

    Raises:
        InvalidRequestError: no such file, or another kind.
    """
    for record in corpus.records(file, split):
        if (poem := read(record)) is not None:
            yield poem


def read(record: Mapping[str, Any]) -> Poem | None:
    """One record with ``k`` kind, ``t`` title, ``a`` author, ``p`` lines; None where it cannot be used."""
    text = normalised("".join(record["p"]))
    if not _POEM.fullmatch(text) or record["t"].startswith(_DIVINATION):
        return None
    title, tune = simplified(_NOTE.sub("", record["t"])), ""
    if record["k"] == "ci":
        tune, title = title.split("・")[-1], ""
    title = _NUMBER.sub("", title).replace(" ", "")[:TITLE]
    author = simplified(record["a"])
    return Poem(
        form=CI if tune else form_of(_LINE.findall(text)),
        tune=tune,
        title=title if is_han(title) else "",
        author="" if author in ANONYMOUS or not is_han(author) else author,
        text=text,
    )


def normalised(text: str) -> str:
    """Simplified, without notes, quotation marks and spaces; every mark one of :data:`MARKS`."""
    return simplified(cleaned(text))


def cleaned(text: str) -> str:
    """Without notes, quotation marks and spaces; every mark one of :data:`MARKS`."""
    text = _QUOTES.sub("", _NOTE.sub("", text))
    return re.sub(r"\s", "", text).translate(str.maketrans("！？；：,.!?;:", "。。，，，。。。，，"))


def form_of(lines: list[tuple[str, str]]) -> str:
    """The regulated form of equally long lines that end in ，。 by turns, else :data:`OTHER`."""
    lengths = {len(characters) for characters, _ in lines}
    marks = "".join(mark for _, mark in lines)
    for form, (length, count) in REGULATED.items():
        if lengths == {length} and marks == "，。" * (count // 2):
            return form
    return OTHER


def form_name(text: str) -> str:
    """The usual name, simplified, of a form or tune in either script: 七言絕句 and 七絕 are 七绝."""
    form = simplified(text).strip()
    return _SYNONYMS.get(form, form)


# --- patterns -------------------------------------------------------------------------------------------------------------


def regulated(form: str) -> Pattern:
    """Even lines rhyme in 平, the first may; the other odd ones end in 仄 and so never rhyme."""
    length, count = REGULATED[form]
    first = Line(length=length, mark="，", rhyme="a", opens=True)
    odd, even = Line(length=length, mark="，", tone="仄"), Line(length=length, mark="。", rhyme="a", tone="平")
    return (first, even, *(odd, even) * (count // 2 - 1))


def tune_patterns(collection: Iterable[Poem]) -> dict[str, Pattern]:
    """The commonest row of lines of every tune, most written tunes first.

    A line that ends in 。 is a rhyming foot; it joins the group it rhymes with most often, if in at least
    :data:`SAME_RHYME` of the poems (菩萨蛮 changes its rhyme every second line). A foot alone in its group is free.
    """
    rows: dict[str, Counter[tuple[tuple[int, str], ...]]] = defaultdict(Counter)
    kept: dict[str, list[list[tuple[str, str]]]] = defaultdict(list)
    for poem in collection:
        if poem.tune and poem.tune != LOST_TUNE:
            rows[poem.tune][shape(poem.lines)] += 1
            kept[poem.tune].append(poem.lines)
    patterns = {}
    for tune, counted in sorted(rows.items(), key=lambda item: -sum(item[1].values())):
        row, number = counted.most_common(1)[0]
        if number >= PATTERN_POEMS:
            alike = [lines for lines in kept[tune] if shape(lines) == row]
            patterns[tune] = _with_rhymes(row, alike)
    return patterns


def shape(lines: Iterable[tuple[str, str]]) -> tuple[tuple[int, str], ...]:
    """(length, mark) of every line."""
    return tuple((len(characters), mark) for characters, mark in lines)


def _with_rhymes(row: tuple[tuple[int, str], ...], alike: list[list[tuple[str, str]]]) -> Pattern:
    groups: list[list[int]] = []
    for i, (_, mark) in enumerate(row):
        if mark == "。":
            agreeing = [sum(rhymes(lines[group[-1]][0][-1], lines[i][0][-1]) for lines in alike) for group in groups]
            if agreeing and max(agreeing) >= SAME_RHYME * len(alike):
                groups[agreeing.index(max(agreeing))].append(i)
            else:
                groups.append([i])
    groups = [group for group in groups if len(group) > 1]
    names = {i: chr(ord("a") + g) for g, group in enumerate(groups) for i in group}
    return tuple(Line(length=length, mark=mark, rhyme=names.get(i, "")) for i, (length, mark) in enumerate(row))


def written(pattern: Pattern) -> str:
    """A pattern as text, ``7a。7a。5b。5b。``: length, rhyme group, mark."""
    return "".join(f"{line.length}{line.rhyme}{line.mark}" for line in pattern)


def parsed(text: str) -> Pattern:
    """The inverse of :func:`written`."""
    return tuple(
        Line(length=int(length), rhyme=rhyme, mark=mark)
        for length, rhyme, mark in re.findall(rf"(?<!\d)(\d++)([a-z]?)([{MARKS}])", text)
    )


# --- scripts --------------------------------------------------------------------------------------------------------------


@cache
def _converter(name: str) -> Any:
    import opencc

    return opencc.OpenCC(name)


def simplified(text: str) -> str:
    """Traditional characters turned to simplified ones; others stay."""
    return str(_converter("t2s").convert(text))


def traditional(text: str) -> str:
    """Simplified characters turned to traditional ones, by phrases where a character has several (后 → 後, 皇后 → 皇后)."""
    return str(_converter("s2t").convert(text))


# --- rhyme and tone -------------------------------------------------------------------------------------------------------

_MEDIALS = (
    ("iang", "ang"), ("uang", "ang"), ("iong", "ong"), ("ueng", "eng"), ("ing", "eng"), ("uan", "an"), ("van", "an"), ("ian", "an"),
    ("uen", "en"), ("un", "en"), ("vn", "en"), ("in", "en"), ("iao", "ao"), ("iou", "ou"), ("iu", "ou"), ("uai", "ai"), ("uei", "ei"),
    ("ui", "ei"), ("uo", "o"), ("ia", "a"), ("ua", "a"), ("ve", "ie"), ("e", "o"),
)  # fmt: skip
_RHYMES = dict(_MEDIALS)


@cache
def sound(character: str) -> tuple[str, str]:
    """(rhyme, tone class) of a character: the rhyme is the final without its medial, ``-i`` after zh, ch, sh, r, z, c, s.

    Empty strings for what has no Mandarin reading. Of several readings the commonest counts.
    """
    from pypinyin import Style, pinyin

    final = pinyin(character, style=Style.FINALS_TONE3, strict=True, errors="ignore", neutral_tone_with_five=True)
    if not final or not final[0][0]:
        return "", ""
    return _heard(_initial(character), final[0][0])


def _heard(initial: str, final: str) -> tuple[str, str]:
    """Rhyme and tone class of a final with its tone number, ``uang1``."""
    body, tone = final[:-1], final[-1]
    if body == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        body = "-i"
    return _RHYMES.get(body, body), "平" if tone in "12" else "仄"


@cache
def readings(character: str) -> frozenset[tuple[str, str]]:
    """(rhyme, tone class) of all Mandarin readings of a character, as :func:`sound` gives them."""
    from pypinyin import Style, pinyin
    from pypinyin.contrib.tone_convert import to_finals_tone3, to_initials

    found = pinyin(character, style=Style.TONE3, heteronym=True, errors="ignore", neutral_tone_with_five=True)
    sounds = set()
    for reading in found[0] if found else ():
        final = to_finals_tone3(reading, strict=True, neutral_tone_with_five=True)
        if final:
            sounds.add(_heard(to_initials(reading, strict=True), final))
    return frozenset(sounds)


def _initial(character: str) -> str:
    from pypinyin import Style, pinyin

    return str(pinyin(character, style=Style.INITIALS, strict=True)[0][0])


def rhymes(one: str, other: str) -> bool:
    """True if two characters share rhyme and tone class."""
    return bool(sound(one)[0]) and sound(one) == sound(other)
