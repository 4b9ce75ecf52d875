"""The events of *Send*: the reply streams into the window, a second model may answer the same message beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from aigc_core.nlp import conversation
from aigc_core.recipe import Document
from aigc_core.tasks.chat import ChatRequest, Reply
from aigc_core.tasks.fields import MAX_TEXT
from aigc_core.types import Result
from demos.chat import tree as chat_tree
from demos.chat import view as chat_view
from demos.chat.view import Column
from demos.ui import history, player
from demos.ui.components import PageHTML
from demos.ui.fields import make_request
from demos.ui.i18n import Text
from demos.ui.layout import built_into
from demos.ui.player import Update, Updates
from demos.ui.recipe_panel import Updates as RestoredUpdates
from demos.ui.tab import Tab, Values
from demos.ui.wiring import NEXT_SEED, QUIET, STOPPED, wire_stop

EXTRAS = ("tree", "beside")
"""Controls of the page that are no request fields: all branches, and the second model."""


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The components that a reply fills."""

    window: Any
    message: Any
    meter: Any
    prompt: Any
    considered: Any
    beside: Any
    tree: Any

    @property
    def components(self) -> list[Any]:
        return list(vars(self).values())


class ChatTab(Tab):
    """The conversation lives in the chat window, which is both input and output; its branches in ``fields["tree"]``."""

    AREAS = ("result", "main", "more")
    CLASSES = ("talk",)

    window: Any  # a ChatWindow: Gradio's class has no ``mark``
    message: gr.components.Component
    outputs: Outputs

    @contextmanager
    def left(self) -> Iterator[None]:
        """The message box right below the conversation, and how far the reply is."""
        with built_into(self._areas["main"]):
            yield
            self.buttons()
            self.how_chosen()
            self.status_line()

    @contextmanager
    def right(self) -> Iterator[None]:
        """The conversation alone; files and recipe can wait."""
        with built_into(self._areas["result"]):
            self.notice = PageHTML("", elem_classes=["noticebox"], padding=False)
            yield

    def converse(self, request: gr.Request, **values: Any) -> Updates:
        """Stream the reply into the window; a message that could not be answered goes back into its box."""
        out, exchange = self.outputs, Exchange(values)

        def show(result: Result, files: Mapping[str, str]) -> Update:
            exchange.finish(result)
            if "json" in files:
                chat_tree.add_to(Path(files["json"]), exchange.tree)
            return {**self._shown(exchange), out.tree: exchange.tree}

        def preview(reply: Reply) -> Update:
            exchange.first = replace(exchange.first, reply=reply)
            return self._shown(exchange)

        typed = exchange.message.strip()
        events = player.play(self.studio, self.report, exchange.request, show, preview, request)
        with closing(events):
            yield {out.window: exchange.conversation if typed else exchange.history, out.message: "", **next(events)}
            try:
                yield from events
            except gr.Error:
                if exchange.first.reply is None or not exchange.first.reply.text:
                    back = {out.window: exchange.history, out.message: values.get("message")}
                    yield {**back, **self.report.idle()}  # again: a page may miss the message before the last
                raise
        if exchange.second:
            yield from self._answer_beside(request, exchange)

    def _shown(self, exchange: Exchange) -> Update:
        """The first model's reply everywhere it is shown."""
        out, reply = self.outputs, exchange.first.reply
        assert reply is not None
        answer = [{"role": "assistant", "content": reply.text}] if reply.text else []
        columns = [exchange.first, Column(exchange.second)]
        return {
            out.window: [*exchange.conversation, *answer],
            out.message: "",
            out.meter: chat_view.meter(reply),
            out.prompt: reply.rendered_prompt,
            out.considered: chat_view.considered(reply),
            out.beside: chat_view.columns(columns) if exchange.second else "",
        }

    def _answer_beside(self, request: gr.Request, exchange: Exchange) -> Updates:
        """The second model's reply, in its column and as a sibling in the tree; if it fails, the first one's stays."""
        out, report = self.outputs, self.report
        column = Column(exchange.second, state="running")
        yield {out.beside: chat_view.columns([exchange.first, column]), **report.busy()}
        try:
            with closing(player.moments(self.studio, exchange.request(exchange.second), request)) as moments:
                for moment in moments:
                    if moment.result is not None:
                        reply, seconds = moment.result.output, moment.result.seconds
                        column = replace(column, state="done", reply=reply, seconds=seconds)
                    elif moment.preview is not None:
                        column = replace(column, reply=moment.preview)
                    yield {out.beside: chat_view.columns([exchange.first, column]), report.status: moment.status}
        except (Exception, SystemExit) as error:
            column = replace(column, state="failed", message=Text(*player.explain(error)))
        shown = {out.beside: chat_view.columns([exchange.first, column]), **report.idle()}
        yield {**shown, out.tree: exchange.with_sibling(column)}

    def answer(self, reply: Any, recipe: Any) -> Any:
        """The endpoint's handler: the reply so far, then the recipe."""

        def generate(request: gr.Request, **values: Any) -> Updates:
            yield from player.answer(
                self.studio,
                lambda: make_request(ChatRequest, values),
                lambda result, files: {reply: result.output.text, recipe: dict(result.recipe)},
                request,
                lambda unfinished: {reply: unfinished.text},
            )

        return generate

    def converse_again(self, event: Any) -> Any:
        """Run after ``event``, with a new seed where the page is set to draw one."""
        seed = self.fields["seed"]
        return self.follow(event.then(None, [seed, self.fresh], [seed], js=NEXT_SEED, **QUIET))

    def wire_stop(self) -> None:
        """Stop marks the reply as cut off, and gives back a message that has no reply yet."""

        def stop(request: gr.Request, shown: list[Any]) -> Update:
            history.stop(self, request)
            turns, unanswered = chat_view.mark_stopped(shown)
            given_back = {} if unanswered is None else {self.message: unanswered}
            return {self.window: turns, **given_back, self.status: STOPPED, **self.report.idle()}

        shown = [self.window, self.message, self.status, self.go, self.stop]
        wire_stop(self.stop.click, stop, [self.window], shown, self.running)

    def restored(self, found: Document) -> tuple[RestoredUpdates, list[Text]]:
        """The settings, and the whole conversation in the window: history, message, reply, and all its branches."""
        updates, left = super().restored(found)
        said, earlier = updates.pop("message", None), updates.get("history", {}).get("value")
        if said is None or earlier is None:
            updates.pop("history", None)
            return ({**updates, "message": said} if said is not None else updates), left
        turns = [*earlier, {"role": "user", "content": said["value"]}]
        reply = conversation.reply_of(found)
        if reply is not None and len(reply) <= MAX_TEXT:
            turns.append({"role": "assistant", "content": reply})
        talk: RestoredUpdates = {"history": gr.update(value=turns), "message": gr.update(value="")}
        return {**updates, **talk, "tree": chat_tree.of_record(found.record, turns)}, left


class Exchange:
    """One message, the reply of one or two models to it, and the tree of branches that they grow."""

    def __init__(self, values: Values) -> None:
        self._values = {name: value for name, value in values.items() if name not in EXTRAS}
        self.tree: chat_tree.Tree = values.get("tree") or chat_tree.empty()
        self.history = chat_view.turns_of(values.get("history"))
        self.message = str(values.get("message") or "")
        self.first = Column(str(values.get("model") or ""), state="running")
        self.second = str(values.get("beside") or "")

    @property
    def conversation(self) -> Sequence[Any]:
        """The conversation with the message as its last turn."""
        return [*self.history, {"role": "user", "content": self.message}]

    def request(self, model: str = "") -> ChatRequest:
        """The request to the first model, or to ``model``.

        Raises:
            InvalidRequestError: see :class:`ChatRequest`.
        """
        other = {"model": model} if model else {}
        made = make_request(ChatRequest, {**self._values, **other, "history": chat_view.plain(self.history)})
        assert isinstance(made, ChatRequest)
        return made

    def finish(self, result: Result) -> None:
        """Keep the first model's reply, and make it the current branch."""
        self.first = replace(self.first, state="done", reply=result.output, seconds=result.seconds)
        self.tree = self._grown(self.first)

    def with_sibling(self, column: Column) -> chat_tree.Tree:
        """The tree with the second model's reply beside the first one's, which stays the current branch."""
        return {**self._grown(column), "leaf": self.tree["leaf"]} if column.state == "done" else self.tree

    def _grown(self, column: Column) -> chat_tree.Tree:
        said = column.reply.text if column.reply is not None else ""
        answer = [{"role": "assistant", "content": said}] if said else []
        return chat_tree.graft(self.tree, [*chat_view.plain(self.conversation), *answer], column.model)
