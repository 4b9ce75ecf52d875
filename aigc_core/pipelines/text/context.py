"""Fit a conversation into a model's context window: the instructions, and as many of the latest exchanges as fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from aigc_core.errors import InvalidRequestError
from aigc_core.pipelines.text.prompts import PlainText, Prompt
from aigc_core.tasks.fields import Message

Turn = dict[str, str]


class ChatModel(Protocol):
    """A model with a context window and a chat template, such as :class:`aigc_core.pipelines.text.causal_lm.CausalLM`."""

    window: int
    plain: PlainText

    def prompt(
        self,
        messages: Sequence[dict[str, str]],
        opening: str = "",
        known: dict[str, list[int]] | None = None,
        **template: Any,
    ) -> Prompt: ...


class Fitted(NamedTuple):
    """A prompt that leaves room for the reply."""

    prompt: Prompt
    dropped: int
    """Number of messages left out, oldest first."""


def fit(
    lm: ChatModel, instructions: str, history: Sequence[Message], message: str, room: int, **template: Any
) -> Fitted:
    """Render the conversation, leaving out as many of the oldest exchanges as do not fit.

    An exchange, a question with its answers, is kept or left out as a whole. Every turn is encoded at most once, and turns that
    cannot fit are not encoded at all.

    Args:
        instructions: System prompt, always kept; may be empty.
        history: User and assistant turns, oldest first; system turns belong to ``instructions``.
        room: Tokens to leave for the reply.

    Raises:
        InvalidRequestError: instructions and message alone do not fit.
    """
    system = [_turn("system", instructions)] if instructions.strip() else []
    groups = exchanges([_turn(m.role, m.content) for m in history if m.role != "system"])
    known: dict[str, list[int]] = {}

    def rendered(dropped: int) -> Prompt:
        kept = [turn for group in groups[dropped:] for turn in group]
        return lm.prompt([*system, *kept, _turn("user", message)], known=known, **template)

    low = _certainly_too_long(lm, groups, lm.window - room)
    high = len(groups)
    prompt = rendered(high)
    check_fits(len(prompt.ids), room, lm.window)
    while low < high:  # the fewest exchanges to drop; dropping more only ever shortens
        middle = (low + high) // 2
        tried = rendered(middle)
        if len(tried.ids) + room <= lm.window:
            high, prompt = middle, tried
        else:
            low = middle + 1
    return Fitted(prompt, sum(len(group) for group in groups[:high]))


def exchanges(turns: Sequence[Turn]) -> list[list[Turn]]:
    """Group turns into exchanges; each begins with a user's turn, except perhaps the first."""
    groups: list[list[Turn]] = []
    for turn in turns:
        if turn["role"] == "user" or not groups:
            groups.append([])
        groups[-1].append(turn)
    return groups


def _certainly_too_long(lm: ChatModel, groups: Sequence[Sequence[Turn]], window: int) -> int:
    """The number of oldest exchanges that cannot fit because the words of the later ones already fill the window."""
    for i in range(len(groups) - 1, -1, -1):
        for turn in groups[i]:
            window -= max(0, len(lm.plain.ids(turn["content"].strip())) - 2)  # 2: its edges may merge with the template
        if window < 0:
            return i + 1
    return 0


def _turn(role: str, content: str) -> Turn:
    return {"role": role, "content": content}


def check_fits(prompt_tokens: int, max_new_tokens: int, window: int) -> None:
    """Refuse a prompt that would have to be cut.

    Raises:
        InvalidRequestError: prompt and new tokens together are longer than the window.
    """
    if prompt_tokens + max_new_tokens > window:
        raise InvalidRequestError(
            f"The prompt has {prompt_tokens} tokens; with {max_new_tokens} new ones this model has room for "
            f"{window - max_new_tokens} (its window is {window}). Shorten the prompt or ask for fewer new tokens.",
            f"提示词共 {prompt_tokens} 个 token；该模型上下文窗口为 {window}，生成 {max_new_tokens} 个 token 时提示词最多 "
            f"{window - max_new_tokens} 个。请缩短提示词或减少生成长度。",
        )
