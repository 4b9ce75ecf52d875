"""Prepare a text for speech: sentences in words, each with its language; phonemes come later."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from aigc_core.nlp import sentences, text_normalization
from aigc_core.nlp.text_normalization import addresses

Language = Literal["en", "zh"]
TONES = "→↗↓↘"


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence as written and in words."""

    text: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A text in words."""

    language: Language
    paragraphs: tuple[tuple[Sentence, ...], ...]
    dropped: str
    """Characters that nobody says, each once."""

    @property
    def text(self) -> str:
        """The words, a paragraph a line; reading them gives themselves."""
        lines = ("".join(s.words + " " * s.text[-1:].isspace() for s in p).strip() for p in self.paragraphs)
        return "\n".join(lines).strip("\n")


def read(text: str, default: Language = "en") -> Reading:
    """Write a text out.

    Args:
        default: The language of text without words; see :func:`language_of`.
    """
    kept, dropped = text_normalization.clean(text)
    kept, mute = _pronounceable(kept)
    language = language_of(kept, default)
    left = ""
    paragraphs = []
    for paragraph in kept.split("\n"):
        pieces = []
        for sentence in sentences.split(paragraph):
            words = text_normalization.write_out(sentence, language_of(sentence, language))
            left += text_normalization.leftover(words)
            pieces.append(Sentence(text=sentence, words=text_normalization.without_leftover(words)))
        paragraphs.append(tuple(pieces))
    dropped = "".join(dict.fromkeys(dropped + mute + left))
    return Reading(language=language, paragraphs=tuple(paragraphs), dropped=dropped)


def language_of(text: str, default: Language = "en") -> Language:
    """``zh`` when Chinese characters outnumber Latin words (or, in phonemes, when tones are marked), else ``en``.

    Args:
        default: The language of text without words, such as ``1:1000``, ``3L`` or an address.
    """
    if re.search(f"[a-zə-ʒ](?:[{TONES}])", text):
        return "zh"
    words = re.findall(r"[A-Za-zÀ-ɏ']+", addresses.without(text))
    han = sum(map(text_normalization.is_han, text))
    if not han and all(len(word) < 2 for word in words):
        return default
    return "zh" if han > len(words) else "en"


def _pronounceable(text: str) -> tuple[str, str]:
    """The text with a space for each Chinese character that has no reading, and those characters."""
    if not any(map(text_normalization.is_han, text)):
        return text, ""
    from pypinyin.constants import PINYIN_DICT

    mute = dict.fromkeys(c for c in text if text_normalization.is_han(c) and ord(c) not in PINYIN_DICT)
    return "".join(" " if c in mute else c for c in text), "".join(mute)
