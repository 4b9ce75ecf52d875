"""Full text search over the lessons and the glossary, in both languages at once."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from aigc_core.lessons import check, course, glossary, markup
from aigc_core.lessons.course import Language

MAX_QUERY = 100
"""Characters of a query that are looked at."""
_TITLE = 6
"""Factor by which a word in a title counts more."""
_LATIN = re.compile(r"[a-zà-öø-ÿ0-9]+", re.I)
_HAN = re.compile(r"[\u3400-\u9fff]+")
_AROUND = 60
"""Characters of a lesson that are shown on both sides of what was found."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A lesson or a term in one language."""

    kind: str
    """``lesson`` or ``term``."""
    key: str
    language: Language
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A document with the place where it says what was looked for."""

    document: Document
    excerpt: str


@dataclass(frozen=True)
class _Index:
    documents: tuple[Document, ...]
    postings: Mapping[str, Mapping[int, int]]
    """Piece → number of a document → how often it stands there."""
    lengths: tuple[int, ...]


def search(query: str, limit: int = 12, folder: Path = course.TEXT) -> list[Hit]:
    """Documents that have every word of a query, best first (BM25); a last word may be the beginning of one."""
    wanted = list(dict.fromkeys(_pieces(query[:MAX_QUERY])))
    if not wanted:
        return []
    index = _index(folder, _state(folder))
    scores: defaultdict[int, float] = defaultdict(float)
    found: list[set[int]] = []
    for piece in wanted:
        matching = _matching(index, piece)
        found.append(set(matching))
        rarity = math.log(1 + len(index.documents) / (1 + len(matching)))
        for number, count in matching.items():
            scores[number] += rarity * 2.2 * count / (count + 1.2 * (0.4 + 0.6 * _length(index, number)))
    everywhere = set.intersection(*found)
    best = sorted(everywhere, key=lambda number: (-scores[number], number))[:limit]
    return [Hit(document=index.documents[n], excerpt=_excerpt(index.documents[n].text, query)) for n in best]


def _length(index: _Index, number: int) -> float:
    """Length of a document, relative to the average."""
    return index.lengths[number] * len(index.lengths) / (sum(index.lengths) or 1)


def _matching(index: _Index, piece: str) -> Mapping[int, int]:
    """Occurrences of a piece in each document; a Latin one also as the beginning of a word."""
    if _HAN.match(piece):
        return index.postings.get(piece, {})
    total: Counter[int] = Counter()
    for word, counts in index.postings.items():
        if word.startswith(piece):
            total.update(counts)
    return total


def _pieces(text: str) -> Iterator[str]:
    """Latin words in lower case, Chinese in pairs of characters (and a single one that stands alone)."""
    yield from (word.lower() for word in _LATIN.findall(text))
    for run in _HAN.findall(text):
        yield from (run[i : i + 2] for i in range(max(1, len(run) - 1)))


def _state(folder: Path) -> tuple[int, ...]:
    """A key that changes when a lesson does."""
    return tuple(file.stat().st_mtime_ns for file in sorted(folder.glob("*.md")))


@lru_cache(maxsize=2)
def _index(folder: Path, state: tuple[int, ...]) -> _Index:
    documents = tuple(_documents(folder))
    postings: defaultdict[str, dict[int, int]] = defaultdict(dict)
    lengths = []
    for number, document in enumerate(documents):
        counts = Counter(_pieces(document.text))
        counts.update(dict.fromkeys(_pieces(document.title), _TITLE))
        lengths.append(counts.total())
        for piece, count in counts.items():
            postings[piece][number] = count
    return _Index(documents, dict(postings), tuple(lengths))


def _documents(folder: Path) -> Iterator[Document]:
    for language in course.LANGUAGES:
        for lesson in course.lessons(language, folder):
            text = " ".join(map(markup.plain, [*lesson.goals, *check.texts(lesson)]))
            yield Document(kind="lesson", key=lesson.slug, language=language, title=lesson.title, text=text)
        yield from _entries(glossary.terms().values(), language)


def _entries(terms: Iterable[glossary.Term], language: Language) -> Iterator[Document]:
    at = course.LANGUAGES.index(language)
    for term in terms:
        text = markup.plain(term.about[at])
        yield Document(kind="term", key=term.key, language=language, title=term.name[at], text=text)


def _excerpt(text: str, query: str) -> str:
    """The text around the first word that was looked for."""
    words = [*_LATIN.findall(query), *_HAN.findall(query)]
    places = [place for word in words if (place := text.lower().find(word.lower())) >= 0]
    at = min(places, default=0)
    start, end = max(0, at - _AROUND), at + 2 * _AROUND
    return f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"
