"""The page as Gradio runs it: every event of every tab passes through :meth:`Page.process_api`, and only so.

An event is *heavy* where it runs a model (Gradio queues those one after another, and the studio charges them), else *light*:
a file read, a picture decoded, a view redrawn. Light events share a few places and a deadline.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.exceptions import ComponentProcessingError, InvalidPathError
from gradio.server_messages import ProcessCompletedMessage
from gradio.state_holder import StateHolder
from pydantic import ValidationError

from aigc_core import registry
from aigc_core.errors import AigcError, InvalidRequestError
from demos.ui import limits, payload, player, sections
from demos.ui.limits import LightGate, visitor_of
from demos.ui.presence import Presence
from demos.ui.studio import Studio

log = logging.getLogger(__name__)
MODEL = "model"
"""The ``concurrency_id`` of events that run a model."""
IDLE_S = 0.01
"""Between two looks of an idle queue for jobs; a hundredth of a second is not felt, and Gradio's thousandth takes 4 % of a core."""
_UNREADABLE = (ValidationError, InvalidPathError, ComponentProcessingError)


def is_heavy(fn: Any) -> bool:
    """True for an event that runs a model."""
    return str(fn.concurrency_id) == MODEL


class Page(sections.Page):
    """The outermost Blocks of a running app."""

    studio: Studio
    is_heavy = staticmethod(is_heavy)

    def __init__(self, studio: Studio, *, public: bool = False, **options: Any) -> None:
        self.studio = studio
        super().__init__(**options)
        self.light = LightGate(public=public)

    @property
    def state_holder(self) -> StateHolder:
        """Gradio's memory of sessions."""
        return self._sessions

    @state_holder.setter
    def state_holder(self, holder: StateHolder) -> None:
        """Spare each new session a copy of every component's settings, which only deep links need, and this page has none.

        It took 0.1 s and a megabyte, and every request of a program that names no session is a new one.
        """
        bare: Any = SimpleNamespace(default_config=self.default_config, blocks=())
        holder.blocks = bare
        self._sessions = holder

    def finish(self) -> None:
        """Call it once, when all tabs are in: what loads with the page is no endpoint, and its first files stay."""
        for fn in self.fns.values():
            if any(event in ("load", "unload") for _, event in fn.targets):
                fn.api_visibility = "private"
        for block in self.blocks.values():
            self.studio.folders.kept |= {Path(file).parent for file in getattr(block, "keep_in_cache", ())}

    def queue(self, *args: Any, **options: Any) -> Any:
        """Gradio's queue, with a limit on the jobs of one visitor."""
        made = super().queue(*args, **options)
        self._queue.push = _Push(self, self._queue)  # type: ignore[method-assign]
        self.presence = Presence(self.studio.kept, self._queue, self.studio.lanes.wake)
        self._queue.sleep_when_free = IDLE_S
        self._queue.compute_analytics_summary = lambda events: None  # type: ignore[method-assign] # a dashboard's tables, not served
        return made

    async def process_api(
        self,
        block_fn: Any,
        inputs: Any,
        state: Any = None,
        request: Any = None,
        iterator: Any = None,
        *args: Any,
        **rest: Any,
    ) -> dict[str, Any]:
        """Check what was sent, run the event within its limits, and put whatever went wrong into words."""
        fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        try:
            with registry.offering(self.studio.offered):
                if iterator is None and not fn.cancels:
                    inputs = self._admit(fn, inputs, rest)
                work = super().process_api(fn, inputs, state, request, iterator, *args, **rest)
                if is_heavy(fn) or iterator is not None or fn.cancels:
                    return await work
                return await self.light.run(visitor(request), work)
        except gr.Error as error:
            error.message, error.print_exception = player.hide_paths(str(error.message)), False
            if isinstance(error, player.Said) and player.is_page(request):
                error.for_page()
            raise
        except _UNREADABLE as error:
            raise _said(payload.unreadable(), request) from error
        except (Exception, SystemExit) as error:  # SystemExit would end the event loop, and with it the server
            raise _said(error, request) from error

    async def preprocess_data(self, *args: Any, **rest: Any) -> Any:
        """Gradio's own, whose messages name paths and classes of the server: they stay in the log."""
        try:
            return await super().preprocess_data(*args, **rest)
        except (AigcError, gr.Error):
            raise
        except Exception as error:
            log.info("inputs refused: %s", type(error).__name__)
            raise payload.unreadable() from error

    async def call_function(
        self, block_fn: Any, inputs: Any, iterator: Any = None, requests: Any = None, event_id: Any = None, *rest: Any
    ) -> Any:
        """Run a handler, or its next step; an answer that comes at once is one message, whose files are fetched once.

        Gradio sends the last value of a generator twice, as the newest and as the final one, and programs fetch the files of both.
        """

        async def step(iterator: Any) -> Any:
            return await super(Page, self).call_function(block_fn, inputs, iterator, requests, event_id, *rest)

        made = await step(iterator)
        if iterator is not None or event_id is None:
            return made
        while made["is_generating"] and made["prediction"] == {} and self._is_awaited(event_id):
            self.app.iterators[event_id] = made["iterator"]  # where Gradio closes it for a caller who has left
            made = await step(made["iterator"])
        if isinstance(made["prediction"], player.Final):
            ended = await step(made["iterator"])
            return {**ended, "prediction": dict(made["prediction"])}
        return made

    def _is_awaited(self, event_id: str) -> bool:
        """False once the caller has left."""
        event = self._queue.event_ids_to_events.get(event_id)
        return event is not None and event.alive

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> Any:
        """Nothing but our own files and the project's examples is copied to the page; what stays as it is costs nothing.

        Gradio makes a component anew, with its configuration and the schema of its values, wherever it is told to skip one.
        """
        outputs = block_fn.outputs
        values = listed(outputs, predictions)
        payload.check_outputs(outputs, values, self.studio.folders)
        each = _each(outputs, values)
        changed = [i for i, value in enumerate(each) if not _stays(value)]
        if len(changed) == len(outputs) or len(each) != len(outputs):
            return await super().postprocess_data(block_fn, values, state)
        answer = [gr.skip() for _ in outputs]
        if changed:
            part = copy(block_fn)
            part.outputs, new = [outputs[i] for i in changed], [each[i] for i in changed]
            made = await super().postprocess_data(part, new if len(new) != 1 else new[0], state)
            for i, value in zip(changed, made, strict=True):
                answer[i] = value
        return answer

    def _admit(self, fn: Any, inputs: Any, rest: dict[str, Any]) -> list[Any]:
        if fn.fn is None:  # an event of the page's script alone
            raise payload.unreadable()
        if is_heavy(fn) and rest.get("event_id") is None:
            raise InvalidRequestError("This endpoint runs through the queue.", "该接口须经队列调用。")
        if (event := rest.get("event_data")) is not None:
            event._data = payload.event_data(event._data)
        return payload.admit(fn.inputs, inputs, self.studio.folders, strict=fn.api_visibility == "private")


def listed(outputs: Sequence[Any], values: Any) -> Any:
    """Values in the order of ``outputs``, as Gradio takes them, of an update by component; anything else as it is.

    Raises:
        LookupError: a handler updates a component that its event does not name.
    """
    if values == {} and len(outputs) > 1:
        return gr.skip()
    if not isinstance(values, dict) or not values or not all(isinstance(key, Block) for key in values):
        return values
    if unknown := set(values) - set(outputs):
        raise LookupError(f"not an output of the event: {unknown}")
    found = [values.get(component, gr.skip()) for component in outputs]
    return found if len(found) != 1 else found[0]


def _each(outputs: Sequence[Any], values: Any) -> list[Any]:
    """One value an output, as Gradio deals out what a handler returned."""
    if len(outputs) == 1:
        return [values]
    if _stays(values):
        return [values] * len(outputs)
    return list(values) if isinstance(values, (list, tuple)) else []


def _stays(value: Any) -> bool:
    """True for ``gr.skip()``."""
    return isinstance(value, dict) and value == {"__type__": "update"}


def visitor(request: Any) -> str:
    """The visitor who sent an event."""
    return player.visitor(request)


def _said(error: BaseException, request: Any) -> gr.Error:
    """The error in the page's language, in both for programs."""
    said = player.Said(error)
    if player.is_page(request):
        said.for_page()
    else:
        said.message = " ".join(dict.fromkeys((said.en, said.zh)))
    return said


class _Push:
    """In place of ``Queue.push``: a job over the visitor's limits is answered at once and never waits."""

    def __init__(self, page: Page, queue: Any) -> None:
        self._page, self._queue, self._push = page, queue, queue.push

    async def __call__(self, body: Any, request: Any, username: str | None) -> Any:
        refused = None
        fn = self._page.fns.get(body.fn_index)
        if fn is not None and is_heavy(fn):
            refused = self._refusal(_visitor_of(request))
        outcome = await self._push(body=body, request=request, username=username)
        event = self._queue.event_ids_to_events.get(outcome[1]) if refused and outcome[0] else None
        if event is not None:
            await self._queue.remove_from_queue(event._id)
        if refused is not None and event is not None and event._id not in self._queue.event_ids_to_events:
            said = _said(refused, request)
            output = {"error": said.message, "visible": True, "title": said.title, "duration": 10}
            self._queue.send_message(event, ProcessCompletedMessage(output=output, title=said.title, success=False))
        return outcome

    def _refusal(self, who: str) -> AigcError | None:
        bucket, waiting = self._page.studio.bucket, self._waiting(who)
        if bucket is None:
            return None  # a machine of one's own
        if waiting >= limits.WAITING:
            return InvalidRequestError(
                f"{waiting} of your jobs wait already; {limits.WAITING} are allowed. Try again when one is done.",
                f"您已有 {waiting} 个任务在等待，最多 {limits.WAITING} 个，请待其完成后再试。",
            )
        try:
            bucket.check(who, waiting)
        except InvalidRequestError as error:
            return error
        return None

    def _waiting(self, who: str) -> int:
        events = list(self._queue.event_ids_to_events.values())
        return sum(is_heavy(event.fn) and _visitor_of(event.request) == who for event in events)


def _visitor_of(request: Any) -> str:
    return visitor_of(request.client.host if request.client else "", request.headers.get("x-forwarded-for", ""))
