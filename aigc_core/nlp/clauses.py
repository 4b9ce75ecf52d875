"""Sentences of bounded length and number: what summarizers choose from.

A text may come without a stop, or as a stop after every letter. A sentence that is too long is cut after clauses, else
after words, else anywhere; where there are too many sentences, the shortest neighbours are taken together. The pieces,
joined, are the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from aigc_core.nlp.sentences import CJK, split

LONGEST = 400
"""Widest piece, a Chinese character counting twice."""
MOST = 1000
"""Most pieces of a text: similarity of every two of them is 8 MB."""
_CLAUSE = re.compile(rf"(?:[，、；：—]++|[,;:](?=[\s{CJK}\"'“”‘’])|(?<=\s)[-–](?=\s)|\n)[\"'”’」』）)\]】》]*+\s*+")
_WORD = re.compile(r"\s*+\S++\s*+|\s++")
_WIDE = re.compile(f"[{CJK}，。、；：！？]")


class Pieces(NamedTuple):
    """A text in pieces."""

    texts: list[str]
    cut: int
    """Sentences that were too long."""
    sentences: int
    """Sentences before any were cut or taken together."""


def pieces(text: str, longest: int = LONGEST, most: int = MOST) -> Pieces:
    """Sentences no wider than ``longest``, at most ``most`` of them where so few can hold the text.

    Width is counted without the white space at both ends. None is white space alone, unless the text is.
    """
    sentences = split(text)
    found: list[str] = []
    cut = 0
    for sentence in sentences:
        parts = shortened(sentence, longest)
        cut += len(parts) > 1
        found += parts
    return Pieces(_merged(found, len(text), most), cut, len(sentences))


def shortened(sentence: str, longest: int = LONGEST) -> list[str]:
    """A sentence in as few stretches of whole clauses as are no wider than ``longest``."""
    if width(sentence.strip()) <= longest:
        return [sentence]
    parts: list[str] = []
    for clause in _after(_CLAUSE, sentence):
        if width(clause.strip()) <= longest:
            parts.append(clause)
            continue
        for word in _WORD.findall(clause):
            parts += [word] if width(word.strip()) <= longest else _chopped(word, max(1, longest // 2))
    return _packed(parts, longest)


def width(text: str) -> int:
    """Characters, Chinese ones and their marks counted twice."""
    return len(text) + len(_WIDE.findall(text))


def _after(mark: re.Pattern[str], text: str) -> list[str]:
    """The text cut after every match."""
    ends = [found.end() for found in mark.finditer(text)]
    borders = [0, *(end for end in ends if 0 < end < len(text)), len(text)]
    return [text[a:b] for a, b in pairwise(borders)]


def _chopped(word: str, size: int) -> list[str]:
    """A word without an end, in pieces of ``size`` characters; white space around it stays with its ends."""
    bare = word.strip()
    lead, tail = word[: word.index(bare[0])], word[len(word.rstrip()) :]
    chopped = [bare[i : i + size] for i in range(0, len(bare), size)]
    return [lead + chopped[0], *chopped[1:-1], chopped[-1] + tail] if len(chopped) > 1 else [word]


def _packed(parts: Iterable[str], longest: int) -> list[str]:
    """Neighbours joined as long as they are no wider together than ``longest``."""
    packed: list[list[str]] = []
    room = -1
    for part in parts:
        whole, bare = width(part), width(part.strip())
        if not packed or (bare and bare > room):
            packed.append([])
            room = longest + width(part) - width(part.lstrip())
        packed[-1].append(part)
        room -= whole
    return ["".join(group) for group in packed]


def _merged(texts: list[str], length: int, most: int) -> list[str]:
    """Join neighbouring pieces until at most ``most`` are left, each with about its share of the text."""
    if len(texts) <= most:
        return texts
    share = -(-length // most)
    groups: list[list[str]] = []
    size = share
    for text in texts:
        if size >= share:
            groups.append([])
            size = 0
        groups[-1].append(text)
        size += len(text)
    return ["".join(group) for group in groups]
