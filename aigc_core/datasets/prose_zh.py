"""Chinese prose as training windows: tidied, encoded, cut and packed, each stretch behind its style's token.

    start of a document:   <|endoftext|> <novel> 却 说 …
    further on in it:      <novel> …                        (now and then without the style)

Only text is to be predicted, and the end of a document, never the style: it is always given, or left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aigc_core.datasets import corpus
from aigc_core.datasets.packing import Sequences, packed
from aigc_core.tokenizers import zh_tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

STYLE_OF: Mapping[str, str] = {"novel": "novel", "essay": "essay", "story": "tale", "howto": "recipe"}
"""The collection's ``kind`` to :data:`aigc_core.tokenizers.zh_tokens.STYLES`."""
TIMES: Mapping[str, int] = {"novel": 1, "essay": 2, "tale": 2, "recipe": 3}
"""Times that each style is seen in an epoch, since novels are nine tenths of the characters."""
OMIT_STYLE = 0.4
SHORTEST = 64
"""Fewest tokens of a document's first stretch, whose length is random so that every epoch cuts at other places."""
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\r]")
_WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")


@dataclass(frozen=True)
class Document:
    style: str
    text: str


def tidy(text: str) -> str:
    """Remove invisible characters, trailing blanks and empty lines; convert full-width letters and digits to ASCII."""
    text = _WIDE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), _UNSEEN.sub("", text))
    lines = (re.sub(r"[ \t\u3000\xa0]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def documents(file: Path, split: str) -> list[Document]:
    """The tidied documents of a split of ``text_zh``."""
    return [Document(STYLE_OF[record["kind"]], tidy(record["text"])) for record in corpus.records(file, split)]


@dataclass(frozen=True)
class Tokens:
    """Documents as one row of token ids."""

    ids: NDArray[np.uint16]
    ends: NDArray[np.int64]
    """End position of each document in the row, exclusive."""
    styles: NDArray[np.uint16]
    """Id of each document's style token."""

    @classmethod
    def of(cls, found: Sequence[Document], tokenizer: Tokenizer) -> Tokens:
        """Encode documents."""
        encodings = tokenizer.encode_batch([document.text for document in found], add_special_tokens=False)
        parts = [np.asarray(encoding.ids, np.uint16) for encoding in encodings]
        styles = np.asarray([zh_tokens.style_id(document.style) for document in found], np.uint16)
        return cls(np.concatenate(parts), np.cumsum([len(part) for part in parts]), styles)

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint16], int]]:
        """Ids and style of each document."""
        start = 0
        for end, style in zip(self.ends.tolist(), self.styles.tolist(), strict=True):
            yield self.ids[start:end], style
            start = end


def stretches(ids: NDArray[np.uint16], style: int, length: int, rng: np.random.Generator) -> Sequences:
    """A document cut into pieces of at most ``length`` tokens, each with the number of its first tokens that are given.

    The last piece ends with the end token, unless the text fills it.
    """
    text = np.concatenate([ids.astype(np.int64), [0]])
    at, size = 0, int(rng.integers(min(SHORTEST, length // 2), length)) if len(ids) + 3 > length else length
    found: Sequences = []
    while at < len(ids):
        styled = [] if rng.random() < OMIT_STYLE else [style]
        head = styled if at else [0, *styled]
        body = text[at : at + size - len(head)]
        found.append((np.concatenate([np.asarray(head, np.int64), body]), max(1, len(head))))
        at, size = at + len(body), length
    return found


def windows(tokens: Tokens, length: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """One epoch: rows of ``length`` tokens in random order, and which of them are to be predicted."""
    times = {zh_tokens.style_id(style): count for style, count in TIMES.items()}
    pieces = [
        piece for ids, style in tokens for _ in range(times[style]) for piece in stretches(ids, style, length, rng)
    ]
    ids, counted = packed([pieces[i] for i in rng.permutation(len(pieces))], length)
    order = rng.permutation(len(ids))
    return ids[order], counted[order]
