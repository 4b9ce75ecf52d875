"""Text by Shannon's recipe of 1948, for which a book is model enough: no counting, no table.

"One opens a book at random and selects a letter … this letter is recorded. The book is then opened to another page and one
reads until this letter is encountered. The succeeding letter is then recorded" (A Mathematical Theory of Communication,
section 3). With the last n − 1 letters in the place of one, this draws from the book's n-gram frequencies exactly.
"""

from __future__ import annotations

import numpy as np


def write(book: str, order: int, length: int, rng: np.random.Generator) -> str:
    """``length`` characters, each drawn after the last ``order`` − 1; a context that the book has only at its end is cut."""
    text = ""
    while len(text) < length:
        context = text[len(text) - order + 1 :] if order > 1 else ""
        text += _following(book, context, rng)
    return text


def _following(book: str, context: str, rng: np.random.Generator) -> str:
    """The character after a random occurrence of the context."""
    while context:
        places = _places(book, context)
        if places:
            return book[places[int(rng.integers(len(places)))]]
        context = context[1:]
    return book[int(rng.integers(len(book)))]


def _places(book: str, context: str) -> list[int]:
    """Positions right after each occurrence of the context."""
    found, at = [], book.find(context)
    while 0 <= at < len(book) - len(context):
        found.append(at + len(context))
        at = book.find(context, at + 1)
    return found


def longest_copy(text: str, book: str) -> int:
    """Length of the longest stretch of the text that stands in the book."""
    longest = 0
    for start in range(len(text)):
        while text[start : start + longest + 1] in book and start + longest < len(text):
            longest += 1
    return longest
