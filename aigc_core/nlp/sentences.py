"""Sentences, tokens and passages of English and Chinese text.

:func:`split` cuts after sentences and loses nothing: the pieces, joined, are the text. :func:`tokens` gives the terms
that similarity is counted on. :func:`pack` groups sentences into passages that fit a model's window.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLOSERS = "\"'”’」』）)\\]】》»"
_QUOTES = "\"'”’」』»"
_EMOJI = "\u2600-\u27bf\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\ufe0f\u200d"
_BREAK = "\n\r\x85\u2028\u2029"
_TAIL = rf"[{_CLOSERS}]*+(?: ?+[{_EMOJI}]++)?+"
# Possessive, and begun only where a run begins: twenty thousand full stops must not take quadratic time.
_CANDIDATE = re.compile(
    rf"(?P<zh>[。！？｡।۔؟]++{_TAIL}|(?<!…)…++[{_CLOSERS}]++)\s*+"
    rf"|(?P<en>(?<![.!?])[.!?]++{_TAIL}|(?<!…)…++)(?P<gap>\s++)"
    rf"|(?P<tight>(?<![.!?．])[.!?．]++{_TAIL})(?=\S)"
    rf"|(?P<line>(?<!\s)[^\S{_BREAK}]*+[{_BREAK}]\s*+)"
)
_NEVER_LAST = _words(
    "mr mrs ms dr prof st mt gen col sgt capt lt rep sen gov hon rev fig figs eq eqs sec ch vol vols no nos pp p ed eds "
    "vs cf e.g i.e viz al approx est ca jan feb mar apr jun jul aug sept sep oct nov dec"
)
_SELDOM_LAST = _words(
    "etc inc ltd co corp jr sr dept univ assn bros blvd ave rd apt tel min max incl excl misc resp a.m p.m u.s u.k ph.d "
    "m.d b.a m.a b.sc m.sc a.d b.c"
)
"""May end a sentence, but not before a lower-case word."""
_STARTERS = _words(
    "the a an in on at it its he she they we you i but and however this that these those there then when while after "
    "before since although if for from with by as his her their our my no not one some many most all both each"
)
_ENDINGS = _words(
    "com org net edu gov mil int info biz name io ai app dev me tv co uk us eu de fr it es nl be ch at cn jp kr in ru br au "
    "ca no se fi pl cz hk tw sg my so to is as by txt md pdf doc docx xls xlsx ppt csv json xml html htm css js ts py rb go "
    "rs java cpp sh exe zip gz tar jpg jpeg png gif svg bmp webp mp mp3 mp4 wav mid avi mov log ini cfg toml yaml yml"
)
"""Endings of web addresses and file names; a stop before one of them ends no sentence."""
_NUMBER_FIRST = r"\d{1,3}[.)、](?=\D|$)\s?|\(\d{1,3}\)"
_BULLET = re.compile(
    rf"[-*•·–—#>]\s|{_NUMBER_FIRST}|[(（]?[A-Za-z][.)]\s|[ivx]{{1,4}}[.)]\s|[一二三四五六七八九十]{{1,3}}[、.．]|[①-⑳]"
)
_ENUMERATOR = re.compile(
    r"(?:^\s*[(（#]?\d{1,3}|^\s*[A-Za-z]|^\s*[ivxIVX]{1,5}|^\s*第?[一二三四五六七八九十]{1,3}|[:：]\s*1|[;；(（]\s*\d{1,3})\Z"
)
"""The text before a stop that numbers a list's item and ends no sentence."""
_NEAR = 40
"""Characters on either side that decide whether a full stop belongs to an abbreviation."""
SHORT_LINE = 45
"""A line shorter than this many characters, with a capital beginning the next one, is a heading and not wrapped text."""


class _Case(NamedTuple):
    """The use of capitals in a text."""

    stops: bool
    """Sentences begin with small letters: nearly as many do as begin with capitals."""
    lines: bool
    """The same for the beginnings of lines."""


def split(text: str) -> list[str]:
    """Cut ``text`` after its sentences; ``"".join(split(text)) == text``, and no piece is white space alone.

    White space stays with the sentence before it. Abbreviations, initials, decimals, web addresses, the numbers of a list's
    items, and a lower-case letter after the stop do not end a sentence (the last does in texts that use no capitals); a
    blank line always does, a single line break where the line is a heading, a list item or Chinese. In Chinese an ASCII
    stop counts like 。
    """
    case = _case(text)
    pieces: list[str] = []
    start = 0
    begun = len(text) - len(text.lstrip())
    for match in _CANDIDATE.finditer(text, begun):
        if match.end() < len(text) and _ends(text, start, match, case):
            pieces.append(text[start : match.end()])
            start = match.end()
    if start < len(text):
        pieces.append(text[start:])
    return pieces


def _case(text: str) -> _Case:
    first = re.match(r"\W*+([A-Za-z])", text)
    letters = [first[1]] if first else []
    for found in re.finditer(r"(?<=[^.…][.!?])\s++[\"'“‘(]?([A-Za-z])", text):
        before = re.search(r"([A-Za-z][A-Za-z.]*)[.!?]\Z", text[max(0, found.start() - _NEAR) : found.start()])
        if before and before[1].lower() not in _NEVER_LAST | _SELDOM_LAST and len(before[1]) > 1:
            letters.append(found[1])
    lower = sum(map(str.islower, letters))
    heads = re.findall(rf"(?:\A|[{_BREAK}])[^\S{_BREAK}]*+([A-Za-z])", text)
    return _Case(stops=2 * lower > len(letters), lines=bool(heads) and not any(map(str.isupper, heads)))


def _ends(text: str, start: int, match: re.Match[str], case: _Case) -> bool:
    after = text[match.end()]
    if match[0][0] in ".．" and _ENUMERATOR.search(text[max(start, match.start() - _NEAR) : match.start()]):
        return _blank_line(match[0])
    if match["zh"]:
        return True
    if match["line"] is not None:
        return _line_ends(text, start, match, case)
    if match["tight"] is not None:
        return _tight_ends(text, match, case)
    if _blank_line(match["gap"]):
        return True
    if after in ",;:，；：、":
        return False
    before = text[max(start, match.start() - _NEAR) : match.start()]
    if after.islower() and not _next_line_item(match["gap"], text[match.end() : match.end() + 8]):
        return case.stops and _ends_small(before, match["en"], text[match.end() : match.end() + _NEAR])
    if match["en"].startswith("…") or match["en"].startswith("..."):
        return True
    return not match["en"].startswith(".") or not _abbreviation(before, text[match.end() : match.end() + _NEAR])


def _ends_small(before: str, stop: str, after: str) -> bool:
    """True if a stop before a small letter ends a sentence, in a text without capitals."""
    if stop.startswith(("...", "…")) or stop[-1] in _QUOTES:  # "stop!" she said
        return False
    found = re.search(r"([A-Za-z][A-Za-z.]*)$", before)
    if not found or not stop.startswith("."):
        return True
    word = found[1].lower()
    if word in _SELDOM_LAST:
        return False
    return not _abbreviation(before, after) and (len(word) > 1 or word == "i" or not after[:2].strip().isalpha())


def _tight_ends(text: str, match: re.Match[str], case: _Case) -> bool:
    """True if a stop without white space after it ends a sentence."""
    place, end = match.start(), match.end()
    before, after = text[max(0, place - _NEAR) : place], text[end : end + _NEAR]
    if not before or after[0] in ",;:，；：、.!?。！？…":
        return False
    chinese = re.match(rf"[{CJK}“‘「『《（(\"]", after) is not None
    if re.match(rf"[{CJK}]", before[-1]):
        return chinese or after[0].isupper() or (match[0][0] in "!?" and not after[0].isdigit())
    if match[0][0] == "．" or chinese:
        return chinese and (before[-1] in f"{_CLOSERS}%％℃" or _whole_word(before))
    word = re.search(r"(?:\A|[\s\"'“‘(])([A-Za-z]+(?:['’-][A-Za-z]+)*,?)\Z", before)
    following = re.match(r"[\"“‘(]?([A-Za-z]+)['’]?[a-z]*(?=\s|,\s|\Z|[.!?])", after)
    if not word or not following or len(word[1]) < 2 or not word[1][-1].islower():  # no address, no name of a file
        return False
    first = following[1]
    if not _whole_word(before) or first.lower() in _ENDINGS - {
        "it",
        "in",
        "no",
        "my",
        "so",
        "to",
        "is",
        "as",
        "by",
        "at",
    }:
        return False
    if first[0].isupper():
        return first[1:].islower() or first in ("I", "A")
    return case.stops and (first not in _ENDINGS or is_stopword(word[1]))


def _whole_word(before: str) -> bool:
    """True if the text ends in a word of letters that is not an abbreviation."""
    word = re.search(r"(?<![A-Za-z.])[A-Za-z]{2,}\Z", before)
    return word is not None and word[0].lower() not in _NEVER_LAST | _SELDOM_LAST


def _blank_line(gap: str) -> bool:
    return max(gap.count("\n"), gap.count("\r"), gap.count("\u2028"), gap.count("\x85")) > 1 or "\u2029" in gap


def _next_line_item(gap: str, after: str) -> bool:
    """True if a list item follows on the next line."""
    return any(c in gap for c in _BREAK) and _BULLET.match(after) is not None


def _abbreviation(before: str, after: str) -> bool:
    """True if the full stop after ``before`` belongs to an abbreviation or an initial."""
    found = re.search(r"([A-Za-z][A-Za-z.]*)$", before)
    if not found:
        return False
    word = found[1]
    if word.lower() in _NEVER_LAST:
        return word.lower() not in ("no", "p", "ch", "sec") or after[0].isdigit()
    following = re.match(r"[\"“'‘(]?([A-Za-z]+)", after)
    starter = following is not None and following[1].lower() in _STARTERS
    if re.fullmatch(r"[A-Z](\.[A-Z])*", word):  # J. Smith, U.S. Senate
        return word != "I" and not starter
    return re.fullmatch(r"[a-z](\.[a-z])+", word) is not None and not starter and not after[0].isupper()


def _line_ends(text: str, start: int, match: re.Match[str], case: _Case) -> bool:
    if _blank_line(match[0]):
        return True
    before, after = text[match.start() - 1], text[match.end() : match.end() + 8]
    if re.match(rf"[{CJK}。！？；：，、…”’」』）》]", before):
        return True
    if _BULLET.match(after):
        return True
    if before in ",;" or match.start() - start >= SHORT_LINE:
        return False
    return not after[0].islower() or case.lines


def is_chinese(text: str) -> bool:
    """True if a good part of the letters are Chinese characters."""
    chinese = len(re.findall(f"[{CJK}]", text))
    words = len(re.findall(r"[A-Za-z]+", text))
    return chinese > 0 and chinese >= words


# --- terms -------------------------------------------------------------------------------------------------------------

_STOPWORDS = _words(
    "a about above after again all also although am an and another any are as at be because been before being below "
    "between both but by can could did do does doing down during each either else every few for from further had has "
    "have having he her here hers him his how however i if in into is it its itself just may me might more most much "
    "must my neither no nor not now of off on once only or other our ours out over own per rather same shall she should "
    "since so some such than that the their theirs them then there these they this those though through thus to too "
    "under until up upon us very was we were what when where whether which while who whom whose why will with within "
    "without would yet you your yours"
)
_CHINESE_STOP = frozenset("的了和是在也都与及或而但就被把对于这那其之以为有中等将并从到由上下不很还又再更最个们")
_TERM = re.compile(rf"[A-Za-z]+(?:['’][A-Za-z]+)?|\d+(?:[.,]\d+)*|[{CJK}]+")


def tokens(text: str) -> list[str]:
    """The content terms of ``text``: English words and numbers, and for Chinese the bigrams of characters.

    English words are lower-cased, stripped of plural and possessive endings, stop words left out. Bigrams that begin or
    end with a function word (的, 了, …) are left out; bigrams need no dictionary and know every new name.
    """
    terms: list[str] = []
    for run in _TERM.findall(text):
        if re.match(f"[{CJK}]", run):
            terms += _bigrams(run)
        elif run.lower() not in _STOPWORDS and (word := _stem(run.lower())) not in _STOPWORDS:
            terms.append(word)
    return terms


def is_stopword(word: str) -> bool:
    """True if an English word carries no content of its own."""
    return word.lower() in _STOPWORDS


def _bigrams(run: str) -> list[str]:
    if len(run) == 1:
        return [] if run in _CHINESE_STOP else [run]
    return [a + b for a, b in pairwise(run) if a not in _CHINESE_STOP and b not in _CHINESE_STOP]


def _stem(word: str) -> str:
    word = re.sub(r"['’]s?$", "", word).replace(",", "")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


# --- passages ----------------------------------------------------------------------------------------------------------


def pack(sentences: Sequence[str], cost: Callable[[str], int], limit: int) -> list[str]:
    """Group consecutive sentences into as few passages as fit, none of which costs more than ``limit``.

    Args:
        cost: Tokens of a text; a sentence that alone costs more than ``limit`` is halved until it fits.
    """
    passages: list[str] = []
    room = 0
    for piece in (part for sentence in sentences for part in _halved(sentence, cost, limit)):
        price = cost(piece)
        if price > room:
            passages.append("")
            room = limit
        passages[-1] += piece
        room -= price
    return passages


def _halved(text: str, cost: Callable[[str], int], limit: int) -> list[str]:
    if cost(text) <= limit or len(text) < 2:
        return [text]
    middle = len(text) // 2
    space = text.find(" ", middle, middle + 40)
    cut = middle if space < 0 else space + 1
    if cut >= len(text):
        cut = middle
    return _halved(text[:cut], cost, limit) + _halved(text[cut:], cost, limit)
