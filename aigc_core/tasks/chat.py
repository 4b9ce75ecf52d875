"""Dialogue: requests and outputs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from aigc_core.tasks.decoding import DecodingRequest
from aigc_core.tasks.fields import MAX_TEXT, Message, float_field, history_field, int_field, str_field
from aigc_core.tasks.request import Request


@dataclass(frozen=True, kw_only=True)
class ChatRequest(DecodingRequest):
    """The reply to ``message`` after ``history`` (oldest first, without the system prompt)."""

    task: ClassVar[str] = "chat"
    kind: ClassVar[str] = "chat"
    endings: ClassVar[tuple[str, ...]] = (".json", ".md")
    varies: ClassVar[tuple[str, ...]] = ("candidates",)
    message: str = str_field(None, MAX_TEXT, "Message", "消息", low=1)
    history: tuple[Message, ...] = history_field()
    system_prompt: str = str_field("You are a helpful assistant.", 4000, "System prompt", "系统提示词")
    top_p: float = float_field(0.9, 0.01, 1.0, "Top-p", "Top-p", "smallest set of tokens with this probability")
    max_new_tokens: int = int_field(256, 1, 1024, "New tokens", "生成长度")
    temperature: float = float_field(0.3, 0.0, 2.0, "Temperature", "温度", "0 always takes the likeliest token")
    candidates: int = int_field(
        0,
        0,
        32,
        "Candidates",
        "候选数",
        "replies drawn, the best fitting is kept; chat-gpt models only; 0: the model's default",
    )


@dataclass(frozen=True, kw_only=True)
class InspectReplyRequest(Request):
    """Ask for the surprisal of every token of ``reply`` under a chat model, given the conversation it answers."""

    task: ClassVar[str] = "chat"
    kind: ClassVar[str] = "inspect_reply"
    reply: str = str_field(None, 4000, "Reply", "回复", low=1)
    message: str = str_field(None, MAX_TEXT, "Message", "消息", low=1)
    history: tuple[Message, ...] = history_field()
    system_prompt: str = str_field("You are a helpful assistant.", 4000, "System prompt", "系统提示词")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One of several sampled replies, with its score."""

    text: str
    score: float
    """In nats per token; the candidate with the highest score is kept."""
    given: float
    """log p(reply | conversation)."""
    alone: float
    """log p(reply)."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A reply, with the exact text that the model read."""

    text: str
    rendered_prompt: str = ""
    prompt_tokens: int = 0
    new_tokens: int = 0
    context_window: int = 0
    dropped_messages: int = 0
    """Number of oldest messages left out to fit the context window."""
    stop_reason: str = ""
    candidates: tuple[Candidate, ...] = ()
    """All candidates, best first; empty where only one reply is drawn."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
