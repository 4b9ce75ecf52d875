"""Settings in the address of a page, ``faces?model=faces-vae-64&count=16&seed=3``, as the beginning of a recipe."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from urllib.parse import parse_qsl

from aigc_core.errors import InvalidRequestError
from aigc_core.recipe.record import Recipe
from aigc_core.tasks import request_type
from aigc_core.tasks.fields import Limits, limits
from aigc_core.tasks.request import Request

MAX_LENGTH = 4000
"""Characters of an address that are looked at."""
_BESIDE = ("model", "seed")


def from_link(target: object) -> Recipe:
    """Task, model, seed and parameters that a link gives, of their fields' types but not yet checked.

    Raises:
        InvalidRequestError: it is no text, or there is no such task.
    """
    if not isinstance(target, str):
        raise InvalidRequestError("The link holds no settings.", "链接中没有参数。")
    task, _, query = target[:MAX_LENGTH].partition("?")
    cls = request_type(task)
    known = {field.name: limits(cls, field.name) for field in fields(cls)}
    given = {name: _typed(known.get(name), text) for name, text in parse_qsl(query, keep_blank_values=True)}
    parameters = {name: value for name, value in given.items() if name not in _BESIDE}
    return {"task": task, "parameters": parameters, **{name: given[name] for name in _BESIDE if name in given}}


def _typed(lim: Limits | None, text: str) -> Any:
    """A number, a truth value or a list of texts where the field is one and the text says one."""
    if lim is None or lim.kind not in ("int", "float", "bool", "strings"):
        return text
    if lim.kind == "strings":
        return list(typed_lines(text))
    if not text and lim.optional:
        return None
    if lim.kind == "bool":
        return {"true": True, "false": False}.get(text, text)
    try:
        return int(text) if lim.kind == "int" else float(text)
    except ValueError:
        return text


def typed_lines(text: str) -> tuple[str, ...]:
    """The texts of a box, or of a link, that has one a line; typed ``\\n`` is a line break."""
    return tuple(line.replace("\\n", "\n") for line in text.splitlines())


def in_link(cls: type[Request], name: str) -> bool:
    """True for a field that a link can carry: no file, no conversation."""
    known = {field.name for field in fields(cls)}
    return name in known and limits(cls, name).kind not in ("image", "bytes", "messages")
