"""The fields of requests: their limits, labels and defaults, declared once for validation, tabs and command line.

``limits(FacesRequest, "count")`` reads them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from aigc_core.tasks.request import Request


MAX_SEED = 2**32 - 1


MAX_PIXELS = 16_000_000


MAX_TEXT = 20_000


MAX_MESSAGES = 2000
"""Of a conversation; how many of them a model sees is for its window to say."""


MAX_HISTORY = 2_000_000
"""Characters of all messages of a conversation together."""


MAX_STRING = 100
"""Characters of each of a field's texts, such as a stop string."""


MAX_PARTS = 100
"""Parts of one message, as Gradio's Chatbot sends them."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a field accepts; None where there is no bound."""

    kind: Literal["int", "float", "str", "bool", "image", "bytes", "messages", "strings", "values"]
    label: str
    label_zh: str
    minimum: float | None = None
    maximum: float | None = None
    """For numbers the value, for texts the number of characters, for bytes their number."""
    choices: tuple[str, ...] = ()
    optional: bool = False
    help: str = ""
    alpha: bool = False
    """Of a picture: its transparency has a meaning and is kept when a file is read."""


def limited(default: Any, limits: Limits) -> Any:
    return field(default=default, metadata={"limits": limits})


def int_field(default: int | None, low: int, high: int, label: str, label_zh: str, help: str = "") -> Any:
    limits = Limits(
        kind="int", minimum=low, maximum=high, label=label, label_zh=label_zh, help=help, optional=default is None
    )
    return limited(default, limits)


def float_field(default: float | None, low: float, high: float, label: str, label_zh: str, help: str = "") -> Any:
    limits = Limits(
        kind="float", minimum=low, maximum=high, label=label, label_zh=label_zh, help=help, optional=default is None
    )
    return limited(default, limits)


def str_field(default: Any, high: int, label: str, label_zh: str, *, low: int = 0, help: str = "") -> Any:
    return limited(default, Limits(kind="str", minimum=low, maximum=high, label=label, label_zh=label_zh, help=help))


def choice_field(choices: tuple[str, ...], label: str, label_zh: str, help: str = "") -> Any:
    return limited(choices[0], Limits(kind="str", choices=choices, label=label, label_zh=label_zh, help=help))


def bool_field(default: bool, label: str, label_zh: str, help: str = "") -> Any:
    return limited(default, Limits(kind="bool", label=label, label_zh=label_zh, help=help))


def image_field(label: str, label_zh: str, *, optional: bool = False, alpha: bool = False) -> Any:
    limits = Limits(kind="image", label=label, label_zh=label_zh, maximum=MAX_PIXELS, optional=optional, alpha=alpha)
    return limited(None, limits)


def values_field(label: str, label_zh: str, help: str = "") -> Any:
    """Named numbers and texts, such as those of controls that the request's class does not know; also as JSON."""
    return limited("{}", Limits(kind="values", label=label, label_zh=label_zh, maximum=MAX_PARTS, help=help))


def history_field() -> Any:
    help = "oldest first; exchanges beyond the model's context window are left out, system turns are kept"
    limits = Limits(kind="messages", label="History", label_zh="历史消息", maximum=MAX_MESSAGES, help=help)
    return limited((), limits)


def seed_field() -> Any:
    return int_field(0, 0, MAX_SEED, "Seed", "随机种子", "the same seed gives the same output")


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """The seeds of ``count`` items drawn with ``first + i``; after the last seed there is comes 0."""
    return tuple((first + i) % (MAX_SEED + 1) for i in range(count))


@dataclass(frozen=True, kw_only=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


def limits(cls: type[Request], name: str) -> Limits:
    """The limits of one field."""
    found: Limits = _fields_by_name(cls)[name].metadata["limits"]
    return found


def default(cls: type[Request], name: str) -> Any:
    """The default of one field; None where it must be given."""
    return _fields_by_name(cls)[name].default


def _fields_by_name(cls: type[Request]) -> Mapping[str, Field[Any]]:
    return {f.name: f for f in fields(cls)}
