"""Phonemes as numbers: 0 is the silence at either end of an utterance, then come the symbols of Kokoro's alphabet."""

from __future__ import annotations

from aigc_core.nlp.phonemes import ALPHABET

EDGE = 0
VOCABULARY = 1 + len(ALPHABET)
LANGUAGES = ("en", "zh")
_NUMBERS = {symbol: i for i, symbol in enumerate(ALPHABET, 1)}


def encode(phonemes: str) -> list[int]:
    """Numbers of the phonemes between two edges; symbols outside of the alphabet are left out."""
    return [EDGE, *(_NUMBERS[symbol] for symbol in phonemes if symbol in _NUMBERS), EDGE]
