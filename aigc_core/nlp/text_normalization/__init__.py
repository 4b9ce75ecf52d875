"""Text normalisation for speech: numbers, dates, money, abbreviations and symbols in words, in English and Chinese.

:func:`clean` brings characters to one spelling; :func:`write_out` puts words in place of everything that is not one;
:func:`english` and :func:`chinese` do that and turn the punctuation into the kind that the phonemes use.
"""

from __future__ import annotations

import re
from typing import Literal

from aigc_core.nlp.text_normalization import chinese_rules, english_rules
from aigc_core.nlp.text_normalization.cleaning import clean, leftover, listed, without_leftover
from aigc_core.nlp.text_normalization.english_numbers import cardinal, ordinal
from aigc_core.nlp.text_normalization.scan import is_han

__all__ = [
    "cardinal", "chinese", "clean", "english", "is_han", "leftover", "listed", "ordinal", "punctuated", "without_leftover",
    "write_out",
]  # fmt: skip

_PUNCTUATION = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"[、，]", ", "), (r"。", ". "), (r"！", "! "), (r"？", "? "), (r"：", ": "), (r"；", "; "), (r"(?<!\.)\.{3,}+", "…"),
        (r"[《「【«]", " “"), (r"[》」】»]", "” "), (r"[（\[{]", " ("), (r"[）\]}]", ") "),
        (r"([,;!?])(?=[^\s”\")'.!?,])|(:)(?=[^\s\d])", r"\1\2 "),
        (r"[*_<>|\\^`~#/·→←§]", " "), (r"(?<! ) {2,}+", " "), (r" ([,.;:!?…])", r"\1"),
    )
]  # fmt: skip


def write_out(text: str, language: Literal["en", "zh"]) -> str:
    """One cleaned sentence in words, its punctuation as it was."""
    return chinese_rules.write_out(text) if language == "zh" else english_rules.write_out(text)


def english(text: str) -> str:
    """``It cost $3.50`` → ``It cost three dollars and fifty cents``, with punctuation for the phonemes."""
    return punctuated(write_out(text, "en"))


def chinese(text: str) -> str:
    """``2023年花了3.5元`` → ``二零二三年花了三点五元``; punctuation becomes the ASCII kind that the phonemes use."""
    return punctuated(write_out(text, "zh"))


def punctuated(text: str) -> str:
    """Written-out text with the marks that Kokoro knows; signs that nobody says become spaces."""
    for pattern, replacement in _PUNCTUATION:
        text = pattern.sub(replacement, text)
    return text.strip()
