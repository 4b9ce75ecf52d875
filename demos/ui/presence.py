"""Pages that come and go: a run goes on when its page is reloaded, and ends when nobody comes back for it.

A page says who it is when it loads (:mod:`demos.ui.kept`) and says goodbye when it is left on purpose: reloaded, closed, led
elsewhere. Gradio tells when its connection ends. From then on its jobs have

- :data:`LOST_S` where no goodbye came: the browser was killed or has lost its network;
- :data:`BUSY_S` after a goodbye while another job waits for the same place;
- :data:`AWAY_S` after a goodbye otherwise.

A page of the same browser that loads within that time takes them over: its own end then counts.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

import gradio as gr

from demos.ui.components import PageTextbox
from demos.ui.kept import Kept, Page
from demos.ui.studio import Studio
from demos.ui.wiring import QUIET

LOST_S, BUSY_S, AWAY_S = 1.5, 10.0, 60.0
GOODBYE_S = 5.0
"""A goodbye counts for connections that end this long after it."""
TICK_S = 0.25
GOODBYES = 1000
GOODBYE = "goodbye"
"""The name under which ``kept.js`` finds the event of that kind."""


class _Nobody:
    """In place of the messages of a session whose page is gone: its jobs go on, and nobody listens."""

    def put_nowait(self, message: Any) -> None:
        """Drop it."""


class Presence:
    """Watches the pages of one app, in the place of Gradio's own clean-up.

    Args:
        queue: Gradio's queue, whose ``clean_events`` is called when the stream of a session ends.
        wake: Lets the jobs that wait notice that they are to stop.
    """

    def __init__(self, kept: Kept, queue: Any, wake: Callable[[], None]) -> None:
        self._kept, self._queue, self._wake = kept, queue, wake
        self._clean, self._push = queue.clean_events, queue.push
        queue.clean_events, queue.push = self._clean_later, self._push_to_somebody
        self._gone: dict[str, asyncio.Task[None]] = {}
        """Tasks that wait for somebody to come back, by session."""
        self._heirs: dict[str, str] = {}
        """Sessions that took over the jobs of others, by those."""
        self._goodbyes: OrderedDict[str, float] = OrderedDict()

    def came(self, session: str, page: Page) -> None:
        """A page has loaded: it takes over what pages of its browser have left behind; call it in the event loop."""
        for done in [left for left in self._heirs if not self._jobs(left)]:
            self._dismiss(done)
        for left in list(self._gone):
            old = self._kept.page(left)
            if left != session and old is not None and old.browser == page.browser:
                self._heirs[left] = session
                self._gone.pop(left).cancel()
                for run in self._kept.running(session=left):
                    run.session = session

    def said_goodbye(self, browser: str) -> None:
        """A page of this browser is being left."""
        self._goodbyes[browser] = time.monotonic()
        self._goodbyes.move_to_end(browser)
        while len(self._goodbyes) > GOODBYES:
            self._goodbyes.popitem(last=False)

    def went(self, session: str) -> None:
        """The page of a session is gone, or its stream has ended; call it in the event loop.

        A program, which is no page, may still listen: its events end with their own connection.
        """
        if self._kept.page(session) is None or not self._jobs(session):
            return
        self._queue.pending_messages_per_session[session] = _Nobody()
        if session not in self._gone:
            self._gone[session] = asyncio.create_task(self._end_unless_taken_over(session))

    def _jobs(self, session: str) -> bool:
        """True while a session, or one it has taken over from, has jobs that run or wait."""
        sessions = self._line(session)
        events = list(self._queue.event_ids_to_events.values())
        return bool(self._kept.running(session=session)) or any(event.session_hash in sessions for event in events)

    def _line(self, session: str) -> set[str]:
        """The session and all whose jobs have come to it."""
        found, more = {session}, {session}
        while more:
            more = {left for left, heir in self._heirs.items() if heir in more} - found
            found |= more
        return found

    async def _end_unless_taken_over(self, session: str) -> None:
        left, waited = (
            time.monotonic(),
            0.0,
        )  # counted in ticks: while the loop is held up, a goodbye cannot be heard either
        while self._jobs(session) and waited < self._grace(session, left):
            await asyncio.sleep(TICK_S)
            waited += TICK_S
        for run in self._kept.running(session=session):
            run.stopping = True
        self._wake()
        for one in self._line(session):
            await self._clean(session_hash=one)
        self._gone.pop(session, None)

    def _dismiss(self, session: str) -> None:
        """Forget a session whose jobs are over."""
        self._heirs.pop(session, None)
        if isinstance(self._queue.pending_messages_per_session.get(session), _Nobody):
            del self._queue.pending_messages_per_session[session]

    def _grace(self, session: str, left: float) -> float:
        page = self._kept.page(session)
        goodbye = self._goodbyes.get(page.browser) if page is not None else None
        if goodbye is None or goodbye < left - GOODBYE_S:
            return LOST_S
        return BUSY_S if self._others_wait(session) else AWAY_S

    def _others_wait(self, session: str) -> bool:
        own = self._line(session)
        queues = self._queue.event_queue_per_concurrency_id.values()
        return any(event.session_hash not in own for queue in queues for event in list(queue.queue))

    async def _clean_later(self, *, session_hash: str | None = None, event_id: str | None = None) -> None:
        """Gradio's clean-up of a program's events at once, of a page's after its grace."""
        if session_hash is not None and self._kept.page(session_hash) is not None:
            return self.went(session_hash)
        await self._clean(session_hash=session_hash, event_id=event_id)

    async def _push_to_somebody(self, body: Any, *args: Any, **rest: Any) -> Any:
        """A page that asks for something is not gone: its messages are for it again."""
        messages = self._queue.pending_messages_per_session
        if isinstance(messages.get(body.session_hash), _Nobody):
            del messages[body.session_hash]
        if (waiting := self._gone.pop(body.session_hash, None)) is not None:
            waiting.cancel()
        return await self._push(body, *args, **rest)


class Watched(Protocol):
    """A running app as its pages know it."""

    studio: Studio
    presence: Presence


def wire(app: Any) -> None:
    """The events by which a page says that it is here and that it goes; inside of ``app``, a :class:`Watched`, before its tabs."""
    watched: Watched = app
    names, bye = PageTextbox(visible=False), gr.Button(visible=False)

    async def came(names: str, request: gr.Request) -> None:
        browser, _, window = str(names).partition(" ")
        session = str(request.session_hash or "")
        page = watched.studio.kept.open(session, browser, window)
        if page is not None:
            watched.presence.came(session, page)

    async def goodbye(names: str) -> None:
        watched.presence.said_goodbye(str(names).partition(" ")[0][:64])

    async def went(request: gr.Request) -> None:
        watched.presence.went(str(request.session_hash or ""))

    app.load(came, [names], [], js="() => [aigcKept.names]", **QUIET)
    app.unload(went)
    bye.click(goodbye, [names], [], api_name=GOODBYE, **QUIET)
