"""Traces of a browser's runs, kept for it: inputs, the newest state of every output, and whether they still go on.

A run belongs to the browser whose page asked for it, by a key that the browser drew and that nobody can guess; a page is told
by its session. All of it is kept in memory, within the bounds below: what is older or more goes first. Files stay where
:mod:`demos.ui.folders` keeps them, and may be gone before the run is.

:class:`Kept` is all that the page knows of the keeping: a ledger on disk would take its place behind the same methods.
"""

from __future__ import annotations

import re
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from typing import Any, Literal

from demos.ui.updates import Update, merged

PER_TAB = 12
"""Finished runs of one tab that a browser can come back to."""
RUN_BYTES = 1_000_000
"""Texts and numbers of one run; one that leaves more is not kept."""
BROWSER_BYTES = 6_000_000
ALL_BYTES = 200_000_000
BROWSERS = 2000
BROKEN = 50
SESSIONS = 4000
AGE_S = 24 * 3600
_KEY = re.compile(r"[0-9a-f]{32}")

State = Literal["running", "done", "stopped", "failed"]


@dataclass(frozen=True)
class Page:
    """One window of one browser; a reload leaves both names as they are."""

    browser: str
    window: str


@dataclass(eq=False)
class Run:
    """One run of one tab.

    Attributes:
        values: The inputs by field, as the controls sent them.
        shown: The newest value of every output that the run has changed, by component.
        version: Grows with every change of ``shown``, and once more at the end.
        stopping: Somebody has asked it to stop.
    """

    tab: str
    page: Page
    session: str
    values: Mapping[str, Any]
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    began: float = field(default_factory=time.time)
    shown: Update = field(default_factory=dict)
    version: int = 0
    state: State = "running"
    stopping: bool = False

    def note(self, update: Update) -> None:
        """Take in one update that the run has sent to its page."""
        self.shown = merged(self.shown, update)
        self.version += 1

    @cached_property
    def size(self) -> int:
        """Bytes of a finished run, about."""
        return _size(self.shown) + _size(self.values)


class Kept:
    """The runs of all browsers, and which page is whose."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._pages: OrderedDict[str, Page] = OrderedDict()
        """By session."""
        self._running: list[Run] = []
        self._done: OrderedDict[str, deque[Run]] = OrderedDict()
        """By browser, the one that came last at the end; newest run last."""
        self._broken: deque[Run] = deque(maxlen=BROKEN)
        """The runs that were stopped or failed last: a page that was reloaded asks how they ended."""

    def open(self, session: str, browser: Any, window: Any) -> Page | None:
        """Take down whose page ``session`` is; None where the names are not of the form that the page draws."""
        if not (session and _is_key(browser) and _is_key(window)):
            return None
        page = Page(browser, window)
        with self._lock:
            self._pages[session] = page
            self._pages.move_to_end(session)
            while len(self._pages) > SESSIONS:
                self._pages.popitem(last=False)
        return page

    def page(self, session: str) -> Page | None:
        """The page of a session; None for programs."""
        return self._pages.get(session)

    def begin(self, session: str, tab: str, values: Mapping[str, Any]) -> Run | None:
        """A run that begins now; None where the session is no page's."""
        page = self.page(session)
        if page is None:
            return None
        run = Run(tab, page, session, {name: value for name, value in values.items() if _is_plain(value)})
        with self._lock:
            self._running.append(run)
        return run

    def end(self, run: Run, state: State) -> None:
        """The run is over; one that is done and small enough is kept."""
        with self._lock:
            self._running.remove(run)
            run.state = state
            run.version += 1
            if state != "done":
                self._broken.append(run)
            elif run.size <= RUN_BYTES:
                mine = self._done.setdefault(run.page.browser, deque())
                mine.append(run)
                self._done.move_to_end(run.page.browser)
                self._bound(mine, run.tab)

    def running(self, *, session: str | None = None, page: Page | None = None, tab: str | None = None) -> list[Run]:
        """The runs that go on, of a session, of a page's browser, of a tab."""
        with self._lock:
            return [
                run
                for run in self._running
                if session in (None, run.session)
                and (page is None or page.browser == run.page.browser)
                and tab in (None, run.tab)
            ]

    def done(self, page: Page, tab: str) -> list[Run]:
        """The finished runs of a tab that the page's browser can come back to, newest first."""
        oldest = time.time() - AGE_S
        with self._lock:
            return [run for run in reversed(self._done.get(page.browser, ())) if run.tab == tab and run.began > oldest]

    def last(self, page: Page, tab: str) -> Run | None:
        """The newest of the runs that this very window has asked for."""
        return next((run for run in self.done(page, tab) if run.page == page), None)

    def broken(self, page: Page, id: Any) -> Run | None:
        """A run of the page's browser that has ended without a result, not long ago."""
        with self._lock:
            return next((run for run in self._broken if run.id == id and run.page.browser == page.browser), None)

    def forget(self, page: Page, tab: str, id: str | None = None) -> None:
        """Drop one finished run of a tab, or all of them."""
        with self._lock:
            mine = self._done.get(page.browser, deque())
            left = [run for run in mine if run.tab != tab or (id is not None and run.id != id)]
            mine.clear()
            mine.extend(left)

    def _bound(self, mine: deque[Run], tab: str) -> None:
        """Drop the oldest runs beyond the bounds of a tab, a browser and all browsers."""
        here = [run for run in mine if run.tab == tab]
        for run in here[:-PER_TAB]:
            mine.remove(run)
        while sum(run.size for run in mine) > BROWSER_BYTES:
            mine.popleft()
        sizes = {browser: sum(run.size for run in runs) for browser, runs in self._done.items()}
        while len(self._done) > BROWSERS or sum(sizes.values()) > ALL_BYTES:
            browser, _ = self._done.popitem(last=False)
            del sizes[browser]


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def _is_plain(value: Any) -> bool:
    """True for what a control can be given back: a drawing is none of it."""
    return all(isinstance(part, (str, int, float, bool, type(None))) for part in _leaves(value))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def _size(value: Any) -> int:
    """Bytes, about: of texts their characters, of pictures their pixels, of anything else some."""
    return sum(_leaf_size(part) for part in _leaves(value))


def _leaf_size(part: Any) -> int:
    side = getattr(part, "size", None)
    return 4 * side[0] * side[1] if isinstance(side, tuple) else len(part) if isinstance(part, str) else 16
