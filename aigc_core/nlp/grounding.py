"""Check a summary against its source: the closest source sentences, and numbers and names that the source lacks.

Links are cosine similarities of TF-IDF vectors, tf = 1 + ln n, idf = ln(1 + N / df) over the source's N sentences (Salton
and Buckley 1988). The check for unsupported facts is literal on purpose: it cannot see a true paraphrase (*a dozen
stations* for a list of twelve), nor a false statement made of words that the source has. It catches what language models
invent most visibly: figures, people, places.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aigc_core.nlp import numerals
from aigc_core.nlp.clauses import pieces
from aigc_core.nlp.sentences import CJK, is_stopword, split, tokens
from aigc_core.tasks.summarize import Summary, SummarySentence

MIN_SIMILARITY = 0.12
"""Cosine below which a source sentence is no source."""
MAX_LINKS = 3
_CACHED_SENTENCES = 4096
_TAGGED = 500
"""Characters of a Chinese sentence that are searched for names: the tagger needs up to half a millisecond for each."""
_LETTER = rf"(?:(?![{CJK}])[^\W\d_])"
_WORD = re.compile(rf"{_LETTER}(?:(?:(?![{CJK}])[\w.&])*(?![{CJK}])[\w&])?(?:['’]{_LETTER}+)?")
_OPENERS = "\"'“‘「『(（:：;；—–-•*\n"


class Source:
    """A source text, prepared once and asked about many summary sentences.

    Args:
        text: The source.

    Attributes:
        sentences: Of bounded length and number, see :mod:`aigc_core.nlp.clauses`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces = pieces(text)
        self.sentences = tuple(piece.strip() for piece in self.pieces.texts if piece.strip())
        self._first = {sentence: i for i, sentence in reversed(list(enumerate(self.sentences)))}
        self._squeezed = _squeeze(text)
        numbers = numerals.find(text)
        self._numbers = {n.value for n in numbers}
        self._amounts = {n.value for n in numbers if not n.ordinal or text[n.start].isdigit()}  # on the 8th = 8 May
        self._words = {_bare(w) for w in _WORD.findall(text)} | {p for w in _WORD.findall(text) for p in _parts(w)}
        self._acronyms = _acronyms(text)
        counts = [Counter(tokens(s)) for s in self.sentences]
        frequency = Counter(term for count in counts for term in count)
        self._idf = {term: float(np.log(1 + len(counts) / n)) for term, n in frequency.items()}
        self._postings = self._inverted(counts)
        self._known: dict[str, SummarySentence] = {}

    def summary(self, text: str | Sequence[str]) -> Summary:
        """Ground every sentence of ``text``; white space around sentences is dropped."""
        parts = split(text) if isinstance(text, str) else text
        kept = [part.strip() for part in parts if part.strip()]
        return Summary(sentences=tuple(self._ground(piece) for piece in kept), source_sentences=self.sentences)

    def no_longer(self, summary: Summary, sentences: int) -> Summary:
        """The summary, or where it is longer than the source, the source's own first sentences."""
        most = len(self.text.strip())
        for candidate in (summary, self.summary(self.sentences[:sentences])):
            if len(candidate.text) <= most:
                return candidate
        return self.summary([self.text])

    def facts(self) -> dict[str, int]:
        """Facts about the source for the result, and how overlong sentences were split, if any were."""
        _, cut, sentences = self.pieces
        facts = {"source_sentences": len(self.sentences)}
        if cut:
            facts["cut_sentences"] = cut
        if sentences > len(self.sentences):
            facts["merged_sentences"] = sentences
        return facts

    def _ground(self, sentence: str) -> SummarySentence:
        if sentence not in self._known:
            if len(self._known) >= _CACHED_SENTENCES:
                self._known.clear()
            self._known[sentence] = SummarySentence(
                text=sentence, sources=self.closest(sentence), unsupported=self.unsupported(sentence)
            )
        return self._known[sentence]

    # --- links ---

    def closest(self, sentence: str) -> tuple[int, ...]:
        """Indices of the nearest source sentences, nearest first; an exact copy links to its original alone."""
        if sentence in self._first:
            return (self._first[sentence],)
        if not self.sentences:
            return ()
        scores = np.zeros(len(self.sentences), np.float32)  # (N,)
        for term, weight in self._weights(Counter(tokens(sentence))).items():
            if term in self._postings:
                rows, weights = self._postings[term]
                scores[rows] += weights * np.float32(weight)
        best = np.argsort(-scores, kind="stable")[:MAX_LINKS]
        floor = max(MIN_SIMILARITY, 0.6 * float(scores[best[0]]))
        return tuple(int(i) for i in best if scores[i] >= floor)

    def _weights(self, count: Counter[str]) -> dict[str, float]:
        """Unit TF-IDF vector by term; a term the source lacks has a place in it too, and so lengthens the norm."""
        unknown = float(np.log(1 + len(self.sentences)))
        weights = {term: float(1 + np.log(n)) * self._idf.get(term, unknown) for term, n in count.items()}
        norm = float(np.sqrt(sum(weight**2 for weight in weights.values()))) or 1.0
        return {term: weight / norm for term, weight in weights.items()}

    def _inverted(self, counts: Sequence[Counter[str]]) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Inverted index: the sentences of each term with its weights; a full matrix could take 400 MB."""
        found: dict[str, list[tuple[int, float]]] = {}
        for i, count in enumerate(counts):
            for term, weight in self._weights(count).items():
                found.setdefault(term, []).append((i, weight))
        return {
            term: (np.array([i for i, _ in rows], np.int64), np.array([w for _, w in rows], np.float32))
            for term, rows in found.items()
        }

    # --- unsupported facts ---

    def unsupported(self, sentence: str) -> tuple[str, ...]:
        """Numbers and names of ``sentence`` that the source does not contain, as they are written, in order."""
        if _squeeze(sentence) in self._squeezed:
            return ()
        numbers = [
            n
            for n in numerals.find(sentence)
            if n.claim and n.value not in (self._numbers if n.ordinal else self._amounts)
        ]
        found = [(n.start, sentence[n.start : n.end]) for n in numbers]
        for start, name in [*self._english_names(sentence), *self._chinese_names(sentence)]:
            if not any(a < start + len(name) and start < a + len(other) for a, other in found):
                found.append((start, name))
        return tuple(dict.fromkeys(text for _, text in sorted(found)))

    def _english_names(self, sentence: str) -> list[tuple[int, str]]:
        """Runs of capitalised words that the source lacks; a sentence's first word only as part of such a run."""
        words = list(_WORD.finditer(sentence))
        capitals = [m for m in words if m[0][0].isupper()]
        if len(words) > 3 and len(capitals) > 0.7 * len(words):  # a headline in title case
            return []
        names: list[tuple[int, str]] = []
        run: list[re.Match[str]] = []
        for match in [*words, None]:
            joined = bool(run) and match is not None and sentence[run[-1].end() : match.start()] in (" ", " & ", "-")
            if run and not joined:
                names += self._run(sentence, run)
                run = []
            if match is not None and self._is_strange(match[0]):
                run.append(match)
            elif run:
                names += self._run(sentence, run)
                run = []
        return names

    def _run(self, sentence: str, run: list[re.Match[str]]) -> list[tuple[int, str]]:
        if len(run) == 1 and _begins(sentence, run[0].start()) and not _is_mixed(run[0][0]):
            return []
        name = sentence[run[0].start() : run[-1].end()]
        return [(run[0].start(), re.sub(r"['’]s?$", "", name))]

    def _is_strange(self, word: str) -> bool:
        bare = _bare(word)
        if not (word[0].isupper() or _is_mixed(word)) or (is_stopword(bare) and bare != "may") or bare == "i":
            return False
        if numerals.find(word) and word.isalpha():  # Three, at the beginning of a sentence
            return False
        if bare in self._words or bare.rstrip("s") in self._words or bare + "s" in self._words:
            return False
        return bare.replace(".", "") not in self._acronyms

    def _chinese_names(self, sentence: str) -> list[tuple[int, str]]:
        """People, places and organisations by jieba's part-of-speech tags, and 《titles》, that the source lacks."""
        if not re.search(f"[{CJK}]", sentence):
            return []
        found = [
            (m.start(1), m[1]) for m in re.finditer(r"《([^《》]+)》", sentence) if _squeeze(m[1]) not in self._squeezed
        ]
        tagged = _tagger().cut(sentence[:_TAGGED])
        place = 0
        for pair in tagged:
            start, place = place, place + len(pair.word)
            if pair.flag in ("nr", "nrt", "nrfg", "ns", "nt") and len(pair.word) > 1 and pair.word not in self.text:
                found.append((start, pair.word))
        return found


@cache
def _tagger() -> Any:
    """jieba's tagger; its dictionary takes about a second to load, so only sentences that need it do."""
    import logging

    import jieba.posseg

    jieba.setLogLevel(logging.WARNING)
    return jieba.posseg


def compression(summary: Summary, source: str) -> float:
    """Characters of the summary over characters of the source, white space left out."""
    whole = len(re.sub(r"\s", "", source))
    return len(re.sub(r"\s", "", summary.text)) / whole if whole else 0.0


def _squeeze(text: str) -> str:
    return " ".join(text.split()).casefold()


def _bare(word: str) -> str:
    return re.sub(r"['’]s?$", "", word).casefold()


def _parts(word: str) -> list[str]:
    return [part.casefold() for part in re.split(r"[.&'’_]", word) if part]


def _is_mixed(word: str) -> bool:
    """Capitals or digits inside: iPhone, McDonald, NATO, B612."""
    return any(c.isupper() or c.isdigit() for c in word[1:])


def _begins(sentence: str, place: int) -> bool:
    """True if the capital at ``place`` may be due to its position: first in a sentence, a quotation or a clause."""
    before = sentence[:place].rstrip(" ")
    return not before or before[-1] in _OPENERS or before[-1] in ".!?。！？"


def _acronyms(text: str) -> set[str]:
    """Initials of two to five neighbouring words: the source's European Central Bank supports ECB."""
    words = [w for w in _WORD.findall(text) if not is_stopword(w)]
    initials = "".join(w[0].casefold() if w[0].isupper() else " " for w in words)
    return {
        initials[i : i + n]
        for n in (2, 3, 4, 5)
        for i in range(len(initials) - n + 1)
        if " " not in initials[i : i + n]
    }
