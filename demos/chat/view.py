"""The chat window's conversation as plain turns, the mark of a stopped reply, the context meter, replies in columns."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aigc_core import registry
from aigc_core.errors import AigcError
from aigc_core.nlp import conversation
from aigc_core.nlp.conversation import Turns
from aigc_core.tasks.chat import Reply
from demos.ui import models
from demos.ui.i18n import Text, both, both_text

STOPPED = f'\n\n<span class="stopped">{both("Stopped", "已停止")}</span>'
"""Shown after a reply that was cut off; taken off again before the model reads it."""


def turns_of(shown: Any) -> Turns:
    """The content of the window as ``{"role": …, "content": …}``, texts only."""
    turns = [turn for turn in shown or [] if isinstance(turn, Mapping)]
    return [{"role": str(turn.get("role")), "content": text_of(turn.get("content"))} for turn in turns]


def plain(shown: Any) -> Turns:
    """The part that the model is given: without the marks of a stop."""
    return [{**turn, "content": turn["content"].removesuffix(STOPPED)} for turn in turns_of(shown)]


def text_of(content: Any) -> str:
    """The text of a message, which Gradio may have split into parts."""
    if isinstance(content, (list, tuple)):
        content = "".join(str(part.get("text") or "") if isinstance(part, Mapping) else str(part) for part in content)
    elif isinstance(content, Mapping):
        content = content.get("text")
    return str(content or "")


def mark_stopped(shown: Any) -> tuple[Turns, str | None]:
    """The conversation with its last reply marked as cut off; a message that got no reply yet is taken out and returned."""
    turns = turns_of(shown)
    if turns and turns[-1]["role"] == "user":
        return turns[:-1], turns[-1]["content"]
    if turns and not turns[-1]["content"].endswith(STOPPED):
        turns[-1]["content"] += STOPPED
    return turns, None


def back_to(shown: Any, index: Any) -> tuple[Turns, str]:
    """The turns before the user's message at or before ``index``, and that message."""
    turns = turns_of(shown)
    place = index[0] if isinstance(index, (list, tuple)) and index else index
    at = place if isinstance(place, int) else len(turns)
    at = max(0, min(at, len(turns) - 1))
    while at > 0 and turns[at]["role"] != "user":
        at -= 1
    return (turns[:at], turns[at]["content"]) if turns else ([], "")


def meter(reply: Reply) -> str:
    """A meter of the context window, and the number of messages that had to be left out."""
    used, window = reply.prompt_tokens + reply.new_tokens, reply.context_window
    line = both(
        f"{used:,} of {window:,} tokens used ({reply.prompt_tokens:,} read, {reply.new_tokens:,} written)",
        f"上下文已用 {used:,} / {window:,} token（读入 {reply.prompt_tokens:,}，生成 {reply.new_tokens:,}）",
    )
    dropped = ""
    if reply.dropped_messages:
        note = both(
            f"The context window is full: the model no longer sees the {reply.dropped_messages} oldest messages.",
            f"上下文窗口已满：最早的 {reply.dropped_messages} 条消息不再送入模型。",
        )
        dropped = f'<span class="dropped" role="status">{note}</span>'
    bar = f'<meter min="0" max="{window}" high="{window * 0.8:.0f}" value="{used}"></meter>'
    return f'<div class="meter">{bar}<span>{line}</span>{dropped}</div>'


_STATES = {
    "waiting": Text("waiting", "等待"),
    "running": Text("writing…", "生成中…"),
    "done": Text("done", "完成"),
    "failed": Text("failed", "失败"),
}


@dataclass(frozen=True)
class Column:
    """One model's reply to the message both are given, and how far it is."""

    model: str
    state: str = "waiting"
    reply: Reply | None = None
    seconds: float | None = None
    message: Text | None = None


def columns(shown: Iterable[Column]) -> str:
    """Replies side by side; they stack where there is no room. All text escaped."""
    return f'<div class="duel">{"".join(map(_column, shown))}</div>'


def _column(column: Column) -> str:
    try:
        title = html.escape(models.name_of(registry.find(column.model, "chat")))
    except AigcError:
        title = html.escape(column.model)
    facts = [both_text(*_STATES[column.state])]
    if column.reply is not None:
        facts.append(both_text(f"{column.reply.new_tokens} tokens", f"{column.reply.new_tokens} 个 token"))
    if column.seconds is not None:
        facts.append(f"{column.seconds:.2f} s")
    said = html.escape(column.reply.text) if column.reply is not None else ""
    failure = f'<p class="failed" role="alert">{both_text(*column.message)}</p>' if column.message else ""
    return (
        f'<section data-state="{column.state}" aria-label="{title}"><h3>{title}</h3><p class="facts">{" · ".join(facts)}</p>'
        f'{failure}<p class="said">{said}</p></section>'
    )


def considered(reply: Reply | None) -> str:
    """The candidates a reply was chosen from, best first."""
    if reply is None or not reply.candidates:
        note = both(
            "The model from scratch draws several replies and keeps the one the conversation makes most likely; they are listed here.",
            "从零训练的模型会生成多个回复，只保留与对话最贴合的一个；全部候选列在此处。",
        )
        return f'<div class="considered-box"><p>{note}</p></div>'
    heads = f"<th>{both('Reply', '回复')}</th><th>{both('Score', '得分')}</th><th>log p(r | c)</th><th>log p(r)</th>"
    drawn = Counter(one.text for one in reply.candidates)
    best = {one.text: one for one in reversed(reply.candidates)}
    ranked = [best[text] for text in drawn]  # in the order of the candidates, best first
    rows = "".join(
        f"<tr><td>{html.escape(one.text)}{f' ×{drawn[one.text]}' if drawn[one.text] > 1 else ''}</td><td>{one.score:.2f}</td><td>{one.given:.1f}</td><td>{one.alone:.1f}</td></tr>"
        for one in ranked
    )
    note = both(
        "c: the conversation, r: a reply. Replies that would fit anything have a high log p(r), which lowers their score.",
        "c 为对话，r 为回复。放之四海皆准的套话 log p(r) 较高，得分因此降低。",
    )
    return f'<div class="considered-box"><p>{note}</p><table class="considered"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def opening(record: Mapping[str, Any] | None) -> Turns:
    """The conversation of a saved example."""
    return conversation.of(record["recipe"], record["output"]["text"]) if record else []


def opening_meter(record: Mapping[str, Any] | None) -> str:
    """The meter of a saved example."""
    return meter(Reply(**record["output"])) if record else ""
