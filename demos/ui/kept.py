"""Traces of a browser's runs, kept for it: inputs, the newest state of every output, and whether they still go on.

A run belongs to the browser whose page asked for it, by a key that the browser drew and that nobody can guess; a page is told
by its session. What goes on is kept in memory; what has ended lies in the ledger of jobs (:mod:`aigc_core.jobs`) as a
snapshot, on disk or in memory as the ledger is. Files stay where :mod:`demos.ui.folders` keeps them, and may be gone before
the run is.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Literal

from aigc_core.jobs.ledger import Ledger, Snapshot, owner_of
from aigc_core.jobs.sqlite import SqliteLedger
from demos.ui.updates import Update, merged

PER_TAB = 12
"""Finished runs of one tab that are listed there; the ledger may hold more."""
RUN_BYTES = 1_000_000
"""Texts and numbers of one run; of one that leaves more, the inputs alone are kept."""
BROKEN = 50
SESSIONS = 4000
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
        request: Gradio's, by which the parts of the app that serve it find the run.
        shown: The newest value of every output that the run has changed, by component.
        stored: The same of a run that is over, as the ledger keeps it; see :mod:`demos.ui.shown`.
        version: Grows with every change of ``shown``, and once more at the end.
        stopping: Somebody has asked it to stop.
    """

    tab: str
    page: Page
    session: str
    values: Mapping[str, Any]
    request: Any = None
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    began: float = field(default_factory=time.time)
    shown: Update = field(default_factory=dict)
    stored: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    state: State = "running"
    stopping: bool = False

    @property
    def owner(self) -> str:
        """The name of the browser in the ledger."""
        return owner_of(self.page.browser)

    def note(self, update: Update) -> None:
        """Take in one update that the run has sent to its page."""
        self.shown = merged(self.shown, update)
        self.version += 1

    def snapshot(self) -> Snapshot:
        """The run as the ledger keeps it."""
        size = len(json.dumps(self.stored)) + len(json.dumps(self.values))
        fits = size <= RUN_BYTES
        return Snapshot(
            id=self.id, owner=self.owner, window=owner_of(self.page.window), place=self.tab, inputs=self.values,
            shown=self.stored if fits else {}, listed=self.state == "done" and fits, size=size if fits else 0, created=self.began,
        )  # fmt: skip


class Kept:
    """The runs of all browsers, and which page is whose.

    Args:
        ledger: Where runs go when they are over; one in memory where none is given.
    """

    def __init__(self, ledger: Ledger | None = None) -> None:
        self._ledger = ledger if ledger is not None else SqliteLedger()
        self._lock = RLock()
        self._pages: OrderedDict[str, Page] = OrderedDict()
        """By session."""
        self._running: list[Run] = []
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

    def begin(self, session: str, tab: str, values: Mapping[str, Any], request: Any = None) -> Run | None:
        """A run that begins now; None where the session is no page's."""
        page = self.page(session)
        if page is None:
            return None
        plain = {name: value for name, value in values.items() if _is_plain(value)}
        run = Run(tab, page, session, plain, request)
        with self._lock:
            self._running.append(run)
        return run

    def end(self, run: Run, state: State, stored: Mapping[str, Any] | None = None) -> None:
        """The run is over; of one that is done, what it has ``stored`` is kept."""
        with self._lock:
            self._running.remove(run)
            run.state = state
            run.version += 1
            if state != "done":
                self._broken.append(run)
                return
        run.stored = stored or {}
        self._ledger.keep(run.snapshot())

    def of(self, request: Any) -> Run | None:
        """The run that an event of the page has begun; None where it has begun none."""
        with self._lock:
            return next((run for run in self._running if run.request is request), None) if request is not None else None

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
        """The last finished runs of a tab, for the page's browser, newest first."""
        return [_run(page, one) for one in self._ledger.snapshots(owner_of(page.browser), tab, PER_TAB)]

    def past(self, page: Page, tab: str, id: Any) -> Run | None:
        """A run of the page's browser that is over, with what it has left."""
        found = self._ledger.snapshot(str(id), owner_of(page.browser))
        return _run(page, found) if found is not None and found.place == tab else None

    def last(self, page: Page, tab: str) -> Run | None:
        """The newest of the runs that this very window has asked for."""
        return next((run for run in self.done(page, tab) if run.page == page), None)

    def broken(self, page: Page, id: Any) -> Run | None:
        """A run of the page's browser that has ended without a result, not long ago."""
        with self._lock:
            return next((run for run in self._broken if run.id == id and run.page.browser == page.browser), None)

    def forget(self, page: Page, tab: str, id: str | None = None) -> list[str]:
        """Drop one finished run of a tab, or all of them; the folders of their files, for the caller to delete."""
        return self._ledger.forget(owner_of(page.browser), tab, id)


def _run(page: Page, kept: Snapshot) -> Run:
    """A snapshot as the run that it is of; its window is known only where it is the page's own."""
    own = page if kept.window == owner_of(page.window) else Page(page.browser, "")
    return Run(kept.place, own, "", kept.inputs, id=kept.id, began=kept.created, stored=kept.shown, state="done")


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
