"""One pass over a text from left to right: at each place the first rule that fits writes its words.

What a rule has written is never read again, so rules cannot meet each other's output. Every pattern matches a bounded
run, and runs of letters are entered at their beginning only: the time is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

Handler = Callable[[re.Match[str]], str | None]
"""Words in place of the match; None when the rule does not apply after all."""


class Rule(NamedTuple):
    """A pattern and what is said for it."""

    starts: str
    """The characters it may begin with, as the inside of a character class."""
    pattern: str
    handler: Handler


def always(words: str) -> Handler:
    """A handler that says the same whatever was matched."""
    return lambda m: words


class Rules:
    """Rules in order of precedence, looked up by the character they begin with."""

    def __init__(self, rules: Iterable[Rule], flags: int = 0) -> None:
        self._rules = [(re.compile(f"[{r.starts}]"), re.compile(r.pattern, flags), r.handler) for r in rules]
        self._by_char: dict[str, list[tuple[re.Pattern[str], Handler]]] = {}

    def rewrite(self, text: str) -> str:
        """``text`` in words; a word that would touch another gets a space."""
        out: list[str] = []
        position, last, written = 0, "", False
        while position < len(text):
            char = text[position]
            piece, end, fresh = char, position + 1, False
            if not (_letter(char) and position and _letter(text[position - 1])):
                for pattern, handler in self._beginning_with(char):
                    match = pattern.match(text, position)
                    if match is not None and match.end() > position and (words := handler(match)) is not None:
                        piece, end, fresh = words, match.end(), True
                        break
            if piece:
                if (fresh or written) and _touch(last, piece[0]):
                    out.append(" ")
                out.append(piece)
                last = piece[-1]
                written = fresh
            position = end
        return "".join(out)

    def _beginning_with(self, char: str) -> list[tuple[re.Pattern[str], Handler]]:
        found = self._by_char.get(char)
        if found is None:
            found = [(pattern, handler) for starts, pattern, handler in self._rules if starts.match(char)]
            if len(self._by_char) < 4096:
                self._by_char[char] = found
        return found


def is_han(char: str) -> bool:
    """True for a Chinese character."""
    return "㐀" <= char <= "鿿" or char == "〇"


def _letter(char: str) -> bool:
    return char.isalpha() and not is_han(char)


def _touch(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and not is_han(left) and not is_han(right)
