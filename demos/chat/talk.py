"""What happens after *Send*: the reply streams into the window, a second model may answer the same message beside it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
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
from demos.ui import player
from demos.ui.i18n import Text
from demos.ui.recipe_panel import Updates
from demos.ui.tab import Tab, make_request, named, stopped
from demos.ui.wiring import NEXT_SEED, QUIET, wire_stop

OUTPUTS = 7
"""Window, message, meter, prompt, candidates, columns, tree."""
AFTER = 6
"""What :func:`demos.ui.player.play` appends: files, notice, status, go button, Stop button, recipe."""
EXTRAS = ("tree", "beside")
"""Inputs of the page that are no request fields."""
Values = Generator[tuple[Any, ...], None, None]
_BUSY = (gr.update(visible=False), gr.update(visible=True))
_IDLE = (gr.update(visible=True), gr.update(visible=False))


class ChatTab(Tab):
    """The conversation lives in the chat window, which is both input and output; its branches in ``fields["tree"]``."""

    window: gr.Chatbot
    message: gr.components.Component

    def handler(self, outputs: int, show: player.Show, preview: player.Preview | None) -> Any:
        def generate(request: gr.Request, **values: Any) -> Values:
            yield from self.converse(request, values)

        return named(generate, self.fields)

    def converse(self, request: gr.Request, given: Mapping[str, Any]) -> Values:
        """Stream the reply into the window; a message that could not be answered goes back into its box."""
        values = {name: value for name, value in given.items() if name not in EXTRAS}
        tree, second = given.get("tree") or chat_tree.empty(), str(given.get("beside") or "")
        history = chat_view.turns_of(values.get("history"))
        message = values.get("message")
        asked = [*history, {"role": "user", "content": str(message or "")}]
        first = Column(str(values.get("model") or ""), state="running")
        begun = False

        def shown(reply: Reply, columns: Sequence[Column]) -> list[Any]:
            nonlocal begun
            begun = begun or bool(reply.text)
            answer = [{"role": "assistant", "content": reply.text}] if reply.text else []
            beside = chat_view.columns(columns) if second else ""
            return [[*asked, *answer], "", chat_view.meter(reply), reply.rendered_prompt, chat_view.considered(reply), beside]  # fmt: skip

        def so_far(reply: Reply) -> list[Any]:
            return [*shown(reply, [replace(first, reply=reply), Column(second)]), gr.skip()]

        def finished(result: Result, files: Mapping[str, str]) -> list[Any]:
            nonlocal first, tree
            first = replace(first, state="done", reply=result.output, seconds=result.seconds)
            tree = chat_tree.graft(tree, chat_view.plain(shown(result.output, [])[0]), first.model)
            if "json" in files:
                chat_tree.add_to(Path(files["json"]), tree)
            return [*shown(result.output, [first, Column(second)]), tree]

        events = player.play(self.studio, lambda: _request(values, history), OUTPUTS, finished, so_far, request)
        try:
            opening = (asked if str(message or "").strip() else history, "")
            yield (*opening, *[gr.skip()] * (OUTPUTS - 2), *next(events)[OUTPUTS:])
            yield from events
        except gr.Error:
            if not begun:
                yield (history, message, *[gr.skip()] * (OUTPUTS - 2 + AFTER))
            raise
        finally:
            events.close()
        if second:
            yield from self._answer_beside(request, {**values, "model": second}, history, first, tree)

    def _answer_beside(
        self, request: gr.Request, values: Mapping[str, Any], history: list[Any], first: Column, tree: chat_tree.Tree
    ) -> Values:
        """The second model's reply, in its column and as a sibling in the tree; if it fails, the first one's stays."""
        column = Column(str(values["model"]), state="running")
        same = gr.skip()

        def update(now: Column, branches: Any = same, status: Any = same, buttons: Any = _BUSY) -> tuple[Any, ...]:
            return (*[same] * 5, chat_view.columns([first, now]), branches, same, same, status, *buttons, same)

        def so_far(reply: Reply) -> list[Any]:
            nonlocal column
            column = replace(column, reply=reply)
            return [same]

        def finished(result: Result, files: Mapping[str, str]) -> list[Any]:
            nonlocal column
            column = replace(column, state="done", reply=result.output, seconds=result.seconds)
            return [same]

        yield update(column)
        try:
            with closing(player.play(self.studio, lambda: _request(values, history), 1, finished, so_far, request)) as events:  # fmt: skip
                for _, _, _, status, *_ in events:
                    yield update(column, status=status)
        except gr.Error as error:
            column = replace(column, state="failed", message=Text(*player.explain(error.__cause__ or error)))
        if column.state == "done" and column.reply is not None:
            asked = chat_view.plain([*history, {"role": "user", "content": values["message"]}])
            leaf = tree["leaf"]
            tree = chat_tree.graft(tree, [*asked, {"role": "assistant", "content": column.reply.text}], column.model)
            tree = {**tree, "leaf": leaf}
        yield update(column, tree, buttons=_IDLE)

    def answer(self) -> Any:
        """The endpoint's handler: the reply so far, then the recipe."""

        def generate(request: gr.Request, **values: Any) -> Values:
            events = player.play(
                self.studio, lambda: make_request(ChatRequest, values), 1,
                lambda result, files: [result.output.text], lambda reply: [reply.text], request,
            )  # fmt: skip
            with closing(events):
                for event in events:
                    yield event[0], event[-1]

        return generate

    def converse_again(self, event: Any) -> Any:
        """Run after ``event``, with a new seed where the page is set to draw one."""
        return self.follow(event.then(None, [self.fields["seed"], self._fresh], [self.fields["seed"]], js=NEXT_SEED, **QUIET))  # fmt: skip

    def _wire_stop(self) -> None:
        def stop(shown: list[Any]) -> tuple[Any, ...]:
            turns, unanswered = chat_view.mark_stopped(shown)
            return turns, gr.skip() if unanswered is None else unanswered, *stopped()

        shown = [self.window, self.message, self.status, self.go, self.stop]
        wire_stop(self.stop.click, stop, [self.window], shown, self._running)

    def restored(self, found: Document) -> tuple[Updates, list[Text]]:
        """The settings, and the whole conversation in the window: history, message, reply, and all its branches."""
        updates, left = super().restored(found)
        said, history = updates.pop("message", None), updates.get("history", {}).get("value")
        if said is None or history is None:
            updates.pop("history", None)
            return updates, left
        turns = [*history, {"role": "user", "content": said["value"]}]
        reply = conversation.reply_of(found)
        if reply is not None and len(reply) <= MAX_TEXT:
            turns.append({"role": "assistant", "content": reply})
        talk: Updates = {"history": gr.update(value=turns), "message": gr.update(value="")}
        return {**updates, **talk, "tree": chat_tree.of_record(found.record, turns)}, left


def _request(values: Mapping[str, Any], history: Sequence[Any]) -> ChatRequest:
    made = make_request(ChatRequest, {**values, "history": chat_view.plain(history)})
    assert isinstance(made, ChatRequest)
    return made
