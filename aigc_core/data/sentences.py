"""Sentences, tokens and passages of English and Chinese text.

:func:`split` cuts after sentences and loses nothing: the pieces, joined, are the text. :func:`tokens` gives the terms
that similarity is counted on. :func:`pack` groups sentences into passages that fit a model's window.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLOSERS = "\"'”’」』）)\\]】》»"
# Possessive, and begun only where a run begins: twenty thousand full stops must not take quadratic time.
_CANDIDATE = re.compile(
    rf"(?P<zh>[。！？｡]++[{_CLOSERS}]*+|(?<!…)…++[{_CLOSERS}]++)\s*+"
    rf"|(?P<en>(?<![.!?])[.!?]++[{_CLOSERS}]*+|(?<!…)…++)(?P<gap>\s++)"
    r"|(?P<line>(?<![ \t\r\f\v])[ \t\r\f\v]*+\n\s*+)"
)
_NEVER_LAST = _words(
    "mr mrs ms dr prof st mt gen col sgt capt lt rep sen gov hon rev fig figs eq eqs sec ch vol vols no nos pp p ed eds "
    "vs cf e.g i.e viz al approx est ca jan feb mar apr jun jul aug sept sep oct nov dec"
)
_STARTERS = _words(
    "the a an in on at it its he she they we you i but and however this that these those there then when while after "
    "before since although if for from with by as his her their our my no not one some many most all both each"
)
_BULLET = re.compile(r"[-*•·–—#>]\s|\(?\d{1,3}[.)、]\s?|[一二三四五六七八九十]+、")
_NEAR = 40
"""Characters on either side that decide whether a full stop belongs to an abbreviation."""
SHORT_LINE = 45
"""A line shorter than this many characters, with a capital beginning the next one, is a heading and not wrapped text."""


def split(text: str) -> list[str]:
    """Cut ``text`` after its sentences; ``"".join(split(text)) == text``.

    White space stays with the sentence before it. Abbreviations, initials, decimals and a lower-case letter after the
    stop do not end a sentence; a blank line always does, a single line break where the line is a heading, a list item
    or Chinese.
    """
    pieces: list[str] = []
    start = 0
    for match in _CANDIDATE.finditer(text):
        end = match.end()
        if end < len(text) and text[start:end].strip() and _ends(text, start, match):
            pieces.append(text[start:end])
            start = end
    if start < len(text):
        if pieces and not text[start:].strip():
            pieces[-1] += text[start:]
        else:
            pieces.append(text[start:])
    return pieces


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    after = text[match.end()]
    if match["zh"]:
        return True
    if match["line"] is not None:
        return _line_ends(text, start, match)
    if "\n" in match["gap"] and re.search(r"\n\s*\n", match["gap"]):
        return True
    if after.islower() or after in ",;:，；：、":
        return False
    if match["en"].startswith("…") or match["en"].startswith("..."):
        return True
    before = text[max(start, match.start() - _NEAR) : match.start()]
    return not match["en"].startswith(".") or not _abbreviation(before, text[match.end() : match.end() + _NEAR])


def _abbreviation(before: str, after: str) -> bool:
    """Whether the full stop after ``before`` belongs to an abbreviation or an initial."""
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


def _line_ends(text: str, start: int, match: re.Match[str]) -> bool:
    if match[0].count("\n") > 1:
        return True
    before, after = text[match.start() - 1], text[match.end() :]
    if re.match(rf"[{CJK}。！？；：，、…”’」』）》]", before):
        return True
    line = text[max(start, text.rfind("\n", 0, match.start()) + 1) : match.start()]
    return bool(_BULLET.match(after)) or (len(line) < SHORT_LINE and not after[0].islower() and before not in ",;")


def is_chinese(text: str) -> bool:
    """Whether Chinese characters make up a good part of the letters."""
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
    """Whether an English word carries no content of its own."""
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
