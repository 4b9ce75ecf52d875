"""What a tab shows before anything was run, in the page's language: kept results, one for each of the two.

A page comes with the English one. Where its language is Chinese, or becomes so, the other takes its place, and back again, as
long as nobody has touched it: no run has begun, which takes the opening's mark away, and the controls are as the opening left them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from demos.ui.updates import Update, value_of


class Opening:
    """The opening of one tab; one that is the same in both languages is not set.

    Args:
        fields: The tab's own mapping of controls by request field, which grows while the tab is built.
    """

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields
        self._english: Update = {}
        self._chinese: Update = {}
        self._mark: Any = None

    def set(self, mark: Any, english: Update, chinese: Update) -> None:
        """Values by component, the same components in both.

        Args:
            mark: The one of them that every run empties.
        """
        assert english.keys() == chinese.keys() and english[mark] and chinese[mark]
        self._mark, self._english, self._chinese = mark, english, chinese

    @property
    def watched(self) -> Sequence[Any]:
        """The components that tell whether the opening was touched."""
        fields = set(self._fields.values())
        return [part for part in self._english if part in fields or part is self._mark]

    def exchanged(self, language: Any, held: Mapping[Any, Any]) -> Update:
        """The opening in ``language`` where the other one stands untouched; nothing anywhere else.

        Args:
            language: As of ``<html lang>``; None where the page does not want it exchanged.
            held: The present values of :attr:`watched`.
        """
        here, other = self._in(language)
        return dict(here) if other and self._is_held(other, held) else {}

    def reopened(self, language: Any, left: Mapping[Any, Any]) -> Update:
        """The opening in ``language`` for a page that has just come, in English, and whose controls were left untouched.

        Args:
            language: As above.
            left: The values of those controls that the browser has noted.
        """
        here, _ = self._in(language)
        for opening in (self._english, self._chinese):
            values = {part: value_of(left.get(part), self._english[part]) for part in self.watched}
            if here and self._is_held(opening, {**values, self._mark: opening[self._mark]}):
                return {} if opening is here is self._english else dict(here)
        return {}

    def _in(self, language: Any) -> tuple[Update, Update]:
        """The opening in a language, and the other one."""
        if not isinstance(language, str):
            return {}, {}
        chinese = language.startswith("zh")
        return (self._chinese, self._english) if chinese else (self._english, self._chinese)

    def _is_held(self, opening: Update, held: Mapping[Any, Any]) -> bool:
        return all(_is_same(held.get(part), opening[part]) for part in self.watched)


def _is_same(held: Any, value: Any) -> bool:
    return bool(held == value) or (held in (None, "") and value in (None, ""))
