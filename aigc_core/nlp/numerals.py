"""Numbers in running English and Chinese text, brought to one form so that they can be compared.

``1,200`` = ``1200`` = ``1.2 thousand`` = ``twelve hundred`` = ``一千二百``; ``3rd`` = ``third``; ``百分之三十`` = ``30%``.
Units are not compared: 12 % and 12 trams are both 12.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple


class Number(NamedTuple):
    """One number where it stands in a text."""

    start: int
    end: int
    value: Decimal
    ordinal: bool
    """A rank or date: *third*, *3rd*."""
    claim: bool
    """False for words that also mean something else (*one*, *first*, 万一): evidence in a source, no claim in a summary."""


def _numbered(words: str, start: int, step: int) -> dict[str, int]:
    return {word: start + step * i for i, word in enumerate(words.split())}


_UNITS = _numbered(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    0,
    1,
)
_TENS = _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "hundredth": 100,
}  # fmt: skip
_WORDS: dict[str, int] = {**_UNITS, **_TENS, **_ORDINALS}
_NO_CLAIM = frozenset(("zero", "one", "first", "second"))
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SMALL_SCALES = {"十": 10, "百": 100, "千": 1000}
_LARGE_SCALES = {"万": 10**4, "亿": 10**8}
# What may follow a Chinese numeral that counts or dates something; without it, 三 may be part of another word.
_MEASURES = frozenset(
    "年月日号天周时点分秒岁世纪个名位人户家所座栋间辆列台部艘架条段道站节次届期批类种项件份页章卷米里亩吨克斤升度元块角成倍"
    "毫厘公平立英多余%％"
)
_VAGUE = frozenset(("一", "两", "百", "千", "万", "亿", "千万", "百万", "万一", "千百", "一一"))

# Every run is bounded or begun only where it begins: twenty thousand digits must not take quadratic time.
_EN = re.compile(r"(?<![A-Za-z\d.])\d{1,3}(?:,\d{3}){1,20}(?!\d)(?:\.\d++)?|(?<![A-Za-z])\d++(?:\.\d++)?|[A-Za-z]++")
_ZH = re.compile(
    r"(?<!\d)(?P<digits>\d{1,40}(?:,\d{3}){0,20}(?:\.\d{1,40})?)\s{0,4}(?P<scale>[十百千]?[万亿]{1,4}|[百千])"
    r"|[零〇一二三四五六七八九十百千万亿两]{1,60}"
)


def find(text: str) -> list[Number]:
    """All numbers of ``text`` in the order they stand in."""
    chinese = list(_chinese(text))
    ends = [n.end for n in chinese]

    def free(number: Number) -> bool:
        following = bisect_right(ends, number.start)  # the first Chinese number that ends after this one begins
        return following == len(chinese) or chinese[following].start >= number.end

    return sorted([*chinese, *(n for n in _english(text) if free(n))])


def _english(text: str) -> Iterator[Number]:
    """Runs of number words and digits: ``two hundred and five``, ``3.2 million``, ``twenty-fifth``."""
    run: list[re.Match[str]] = []
    for match in _EN.finditer(text):
        if run and not _joins(text[run[-1].end() : match.start()], run[-1][0].lower(), match[0].lower()):
            yield from _closed(run)
            run = []
        if _is_number(match[0]) or (run and (match[0].lower() == "and" or _scale(match[0]))) or _scale(match[0]):
            run.append(match)
        elif run:
            yield from _closed(run)
            run = []
    yield from _closed(run)


def _is_number(word: str) -> bool:
    return word[0].isdigit() or word.lower() in _WORDS


def _scale(word: str) -> int | None:
    word = word.lower()
    return _SCALES.get(word) or _SCALES.get(word.removesuffix("s"))


def _joins(gap: str, last: str, following: str) -> bool:
    if gap not in (" ", "-", "\u2011", "\u00a0"):
        return False
    if following == "and":
        return _scale(last) is not None
    if _scale(following):
        return True
    if last == "and" or _scale(last):
        return following in _WORDS
    return last in _TENS and following in _WORDS and _WORDS[following] < 10


def _closed(run: list[re.Match[str]]) -> Iterator[Number]:
    while run and run[-1][0].lower() == "and":
        run.pop()
    if not any(_is_number(match[0]) for match in run):
        if run and _scale(run[0][0]) and not run[0][0].lower().endswith("s"):  # "a million", "hundred"
            yield Number(run[0].start(), run[-1].end(), _evaluate([m[0] for m in run]), False, True)
        return
    words = [match[0] for match in run]
    claim = len(words) > 1 or words[0].lower() not in _NO_CLAIM
    end = run[-1].end()
    ordinal = words[-1].lower() in _ORDINALS or bool(re.match(r"(?:st|nd|rd|th)\b", run[-1].string[end : end + 3]))
    yield Number(run[0].start(), end, _evaluate(words), ordinal, claim)


def _evaluate(words: list[str]) -> Decimal:
    total, current = Decimal(0), Decimal(0)
    for word in words:
        factor = _scale(word)
        if word[0].isdigit():
            current += Decimal(word.replace(",", ""))
        elif word.lower() in _WORDS:
            current += _WORDS[word.lower()]
        elif factor in (100, 12):
            current = (current or 1) * Decimal(factor)
        elif factor:
            total += (current or 1) * factor
            current = Decimal(0)
    return (total + current).normalize()


def _chinese(text: str) -> Iterator[Number]:
    for match in _ZH.finditer(text):
        start, end = match.span()
        if match["digits"]:
            value = Decimal(match["digits"].replace(",", ""))
            for scale in match["scale"]:
                value *= _SMALL_SCALES.get(scale) or _LARGE_SCALES[scale]
            yield Number(start, end, value.normalize(), False, True)
            continue
        word = match[0]
        before, after = text[max(0, start - 3) : start], text[end : end + 1]
        counts = before.endswith(("第", "百分之", "约", "共", "达")) or after in _MEASURES
        vague = (
            word in _VAGUE
            or word + after in ("十分", "百分", "万分")
            or (word[0] in "十百千万亿" and len(word) < 3 and not counts)
        )
        claim = not vague and (counts or len(word) > 2)
        yield Number(start, end, chinese_value(word).normalize(), before.endswith("第"), claim)


def chinese_value(word: str) -> Decimal:
    """The value of a numeral in Chinese characters: 三千五百万 → 35000000, 二〇二四 → 2024, 十 → 10."""
    if not any(c in _SMALL_SCALES or c in _LARGE_SCALES for c in word):
        return Decimal("".join(str(_DIGITS[c]) for c in word))
    total = section = digit = 0
    for char in word:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _SMALL_SCALES:
            section += (digit or 1) * _SMALL_SCALES[char]
            digit = 0
        elif char == "万":
            total += (section + digit or 1) * 10**4
            section = digit = 0
        else:
            total = (total + section + digit or 1) * 10**8
            section = digit = 0
    return Decimal(total + section + digit)
