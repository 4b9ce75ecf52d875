"""A chat window that holds texts and nothing else.

Gradio's own builds whatever component a message names and fetches its files, on the way in and on the way out. Here a message
is a role and a text. Pictures and other media in Markdown or HTML stay text: a word joiner, which nobody sees, keeps them from
being loaded, and is taken out again before a model reads the message. Other HTML passes Gradio's sanitizer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import gradio as gr
from gradio.components.chatbot import ChatbotDataMessages, Message, TextMessage

from demos.ui.components import _variant

ROLES = ("user", "assistant", "system")
MAX_TURNS = 1000
_JOINER = "\u2060"
_MEDIA = "img|image|picture|source|video|audio|track|embed|object|iframe|frame|svg|link|base|input"
_LOADS = re.compile(rf"!(?={_JOINER}*\[)|<(?={_JOINER}*(?:{_MEDIA})\b)", re.IGNORECASE)
_HELD = re.compile(rf"(!){_JOINER}(?={_JOINER}*\[)|(<){_JOINER}(?={_JOINER}*(?:{_MEDIA})\b)", re.IGNORECASE)
_FENCED = re.compile(
    r"(^```.*?(?:^```|\Z))", re.MULTILINE | re.DOTALL
)  # code, which is shown as it is and may be copied


def held(text: str) -> str:
    """``text`` as it is shown: what would load something stands there as text."""
    return _outside_code(text, lambda prose: _LOADS.sub(lambda found: found[0] + _JOINER, prose))


def released(text: str) -> str:
    """The text that :func:`held` was given."""
    return _outside_code(text, lambda prose: _HELD.sub(lambda found: found[0][0], prose))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    return "".join(part if i % 2 else change(part) for i, part in enumerate(_FENCED.split(text)))


def turns(sent: Any) -> list[dict[str, str]]:
    """The texts of what a page sends as its conversation; other parts of a message, and messages of other roles, are dropped."""
    messages = getattr(sent, "root", sent)
    found = (_turn(message) for message in (messages if isinstance(messages, (list, tuple)) else ())[-MAX_TURNS:])
    return [turn for turn in found if turn is not None]


def _turn(message: Any) -> dict[str, str] | None:
    role, content = _get(message, "role"), _get(message, "content")
    if role not in ROLES:
        return None
    return {"role": str(role), "content": "".join(_texts(content))}


def _texts(content: Any) -> Iterator[str]:
    for part in content if isinstance(content, (list, tuple)) else [content]:
        text = part if isinstance(part, str) else _get(part, "text")
        if isinstance(text, str) and (isinstance(part, str) or _get(part, "type") in ("text", None)):
            yield text


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _admit(self: Any, value: Any) -> list[dict[str, Any]]:
    """The same in the form that Gradio's data model takes."""
    return [
        {
            "role": turn["role"],
            "content": [{"type": "text", "text": turn["content"]}],
            "metadata": None,
            "options": None,
        }
        for turn in turns(value)
    ]


def _preprocess(self: Any, payload: Any) -> list[dict[str, str]]:
    return [{**turn, "content": released(turn["content"])} for turn in turns(payload)]


def _postprocess(self: Any, value: Any) -> ChatbotDataMessages:
    shown = [(turn["role"], self.shown(turn["content"])) for turn in turns(value)]
    return ChatbotDataMessages(root=[Message(role=role, content=[TextMessage(text=text)]) for role, text in shown])


def _shown(self: Any, text: str) -> str:
    """``mark``, HTML of our own that may end a message, is shown as it is."""
    mark = self.mark
    return held(text.removesuffix(mark)) + mark if mark and text.endswith(mark) else held(text)


ChatWindow: Any = _variant(  # has an attribute of its own, and messages are plain dictionaries
    "ChatWindow", gr.Chatbot, admit=_admit, preprocess=_preprocess, postprocess=_postprocess, shown=_shown, mark=""
)
"""Give it ``mark`` after it was made."""
