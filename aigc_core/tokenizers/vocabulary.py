"""Words and their numbers for a model that can copy: a fixed vocabulary, extended by the source's own unknown words.

See et al. 2017 (arXiv 1704.04368), section 2.2: a source word outside the vocabulary gets a number of its own, valid for this
source alone, from ``len(vocabulary)`` on. The network reads it as :data:`UNKNOWN` but can write it, by pointing at it.

Words are compared in lower case; what is written takes the source's letters, or those usual in the training texts. Beside
its word every source position has a few plain facts, as in the feature-rich encoder of Nallapati et al. 2016 (arXiv
1602.06023, section 2.2): how often the word occurs, which sentence, where in the sentence, what the letters look like.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aigc_core.errors import CheckpointError

END, TITLE, TLDR, UNKNOWN = range(4)
"""Special numbers: the end; the beginning of a title and of a one-sentence summary; a word without a number."""
SPECIALS = ("<end>", "<title>", "<tldr>", "<unknown>")
FEATURES = (8, 8, 16, 5)
"""Values of each fact: occurrences, sentence, place in the sentence (clipped), shape."""
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_HAN}]|[^\W\d_{_HAN}]+(?:['’][^\W\d_{_HAN}]+)?|\d+(?:[.,]\d+)*|[^\w\s]|_")
_STOPS = frozenset(".!?。！？")
Ints = NDArray[np.int64]


class Word(NamedTuple):
    """A word, number or mark, and where it stands."""

    text: str
    start: int
    end: int

    @property
    def key(self) -> str:
        return self.text.lower()


def words(text: str) -> list[Word]:
    """Words, numbers and single marks, in order; only white space is left out. A Chinese character is a word of its own."""
    return [Word(m[0], m.start(), m.end()) for m in _WORD.finditer(text)]


@dataclass(frozen=True)
class Reading:
    """A source as the network sees it. T words."""

    words: tuple[Word, ...]
    ids: Ints
    """(T,) in the vocabulary."""
    extended: Ints
    """(T,), unknown words numbered from ``len(vocabulary)`` on in order of appearance."""
    features: Ints
    """(T, 4), each below its entry of :data:`FEATURES`."""
    unknown: tuple[str, ...]
    """Keys of the extension."""


class Vocabulary:
    """Numbers of words; ``forms`` are the usual spellings, the first four :data:`SPECIALS`."""

    def __init__(self, forms: Sequence[str]) -> None:
        self.forms = tuple(forms)
        self._ids = {form.lower(): i for i, form in enumerate(forms) if i >= len(SPECIALS)}

    def __len__(self) -> int:
        return len(self.forms)

    def id(self, key: str) -> int:
        """Number of a lower-case word; :data:`UNKNOWN` if it has none."""
        return self._ids.get(key, UNKNOWN)

    def read(self, text: str, limit: int | None = None) -> Reading:
        """The first ``limit`` words of a source."""
        found = words(text)[:limit]
        ids = np.array([self.id(w.key) for w in found], np.int64)
        unknown: dict[str, int] = {}
        extended = ids.copy()
        for j in np.flatnonzero(ids == UNKNOWN):
            extended[j] = unknown.setdefault(found[j].key, len(self) + len(unknown))
        return Reading(tuple(found), ids, extended, _features(found, text), tuple(unknown))

    def write(self, text: str, unknown: Sequence[str]) -> Ints:
        """Extended numbers of a summary; :data:`UNKNOWN` for words neither here nor among the source's ``unknown``."""
        own = {key: len(self) + i for i, key in enumerate(unknown)}
        return np.array([own.get(w.key, self.id(w.key)) for w in words(text)], np.int64)

    def save(self, folder: Path) -> None:
        """Write ``vocabulary.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vocabulary.json").write_text(json.dumps(self.forms, ensure_ascii=False, indent=0) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Vocabulary:
        """Read ``vocabulary.json``.

        Raises:
            CheckpointError: it is missing or holds something else.
        """
        file = folder / "vocabulary.json"
        try:
            forms = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{file} cannot be read: {error}", f"无法读取 {file}：{error}") from error
        if tuple(forms[: len(SPECIALS)]) != SPECIALS:
            raise CheckpointError(f"{file} is not a vocabulary.", f"{file} 不是词表文件。")
        return cls(forms)


def build(documents: Iterable[str], summaries: Iterable[str], size: int, weight: int = 5) -> Vocabulary:
    """The most frequent words, those of summaries counted ``weight`` times, in the documents' usual spelling."""
    counts: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = {}
    for text in documents:
        opening = True
        for word in words(text):
            counts[word.key] += 1
            if not opening:
                spellings.setdefault(word.key, Counter())[word.text] += 1
            opening = word.text in _STOPS
    for text in summaries:
        for word in words(text):
            counts[word.key] += weight
    kept = sorted(counts, key=lambda key: (-counts[key], key))[: size - len(SPECIALS)]
    return Vocabulary([*SPECIALS, *(spellings[k].most_common(1)[0][0] if k in spellings else k for k in kept)])


def _features(found: Sequence[Word], text: str) -> Ints:
    """(T, 4): occurrences − 1, number of the sentence, place in it, shape of the letters."""
    counts = Counter(w.key for w in found)
    rows, sentence, place = [], 0, 0
    for word in found:
        rows.append((counts[word.key] - 1, sentence, place, _shape(word.text)))
        place += 1
        if word.text in _STOPS and (word.text in "。！？" or text[word.end : word.end + 1].isspace()):
            sentence, place = sentence + 1, 0
    facts: Ints = np.minimum(np.array(rows, np.int64).reshape(-1, len(FEATURES)), np.array(FEATURES) - 1)
    return facts


def _shape(word: str) -> int:
    """0 lower case, 1 capitalised, 2 several capitals, 3 digits, 4 a mark."""
    if word[0].isdigit():
        return 3
    if not word[0].isalpha():
        return 4
    capitals = sum(c.isupper() for c in word)
    return 2 if capitals > 1 else int(capitals == 1)
