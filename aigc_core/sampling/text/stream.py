"""Stream text from tokens: never half a character, never a character past a stop string."""

from __future__ import annotations

from collections.abc import Callable, Sequence


class Detokenizer:
    """Turns token ids into text as they arrive.

    A character may be spread over several tokens (most Chinese ones are, in a byte-level vocabulary), and some
    tokenizers write a space only between two tokens. So a few of the last tokens are decoded again with each new one,
    and its text is what that adds, held back while it ends inside a character.

    Args:
        decode: Ids to text; bytes that are no valid UTF-8 become U+FFFD.
    """

    def __init__(self, decode: Callable[[list[int]], str]) -> None:
        self._decode = decode
        self._ids: list[int] = []
        self._start = 0  # of the tokens decoded again: the previous piece, so that spaces come out right
        self._done = 0  # tokens whose text was returned

    def push(self, token_id: int) -> str:
        """The text that is certain now; empty inside a character."""
        self._ids.append(token_id)
        text = self._new_text()
        if text.endswith("\ufffd"):
            return ""
        return self._take(text)

    def flush(self) -> str:
        """The text held back, with U+FFFD for a character that will never be complete."""
        return self._take(self._new_text())

    def _new_text(self) -> str:
        before = self._decode(self._ids[self._start : self._done])
        return self._decode(self._ids[self._start :])[len(before) :]

    def _take(self, text: str) -> str:
        self._start, self._done = self._done, len(self._ids)
        return text


class StopStrings:
    """Lets text through up to the first stop string, wherever the borders of the tokens lie.

    Attributes:
        hit: Whether a stop string was found; nothing passes after it.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.hit = False

    def push(self, text: str) -> str:
        """The text that cannot be the beginning of a stop string."""
        if self.hit:
            return ""
        self._held += text
        found = [at for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if found:
            self.hit = True
            return self._let(min(found))
        return self._let(len(self._held) - self._overlap())

    def flush(self) -> str:
        """The text held back because it might have become a stop string."""
        return "" if self.hit else self._let(len(self._held))

    def _overlap(self) -> int:
        """Length of the longest ending of the text that begins a stop string."""
        longest = max((len(stop) for stop in self._stops), default=1) - 1
        for size in range(min(longest, len(self._held)), 0, -1):
            if any(stop.startswith(self._held[-size:]) for stop in self._stops):
                return size
        return 0

    def _let(self, size: int) -> str:
        passed, self._held = self._held[:size], self._held[size:]
        return passed
