"""Sanitise a recipe from a file: plain JSON of bounded depth, without anything a page could take for a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from aigc_core.errors import InvalidRequestError
from aigc_core.recipe.record import FIELDS
from aigc_core.tasks import request_type

MAX_DEPTH = 12
"""Levels that are kept; a recipe of ours has five."""
_WIDEST = 2**63 - 1  # integers beyond 64 bits have no place in a page's JSON
_PAGE_KEYS = ("meta", "__type__")  # with these, Gradio takes an object for a file or a change of a component


def plain(value: Any, depth: int = MAX_DEPTH) -> Any:
    """``value`` as JSON that any page can show.

    Objects lose the keys that make a file or an update of them, numbers that JSON or 64 bits cannot hold become text, half
    surrogate pairs are replaced, and what is nested more than ``depth`` deep becomes ``"…"``.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _WIDEST else "a number of more than 18 digits"
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # nan and the infinities
    if depth <= 0:
        return "…"
    if isinstance(value, Mapping):
        shown = {plain(str(key)): plain(inner, depth - 1) for key, inner in value.items()}
        return {key: inner for key, inner in shown.items() if key not in _PAGE_KEYS}
    if isinstance(value, (list, tuple)):
        return [plain(inner, depth - 1) for inner in value]
    return str(value)[:200]


def known(recipe: Any) -> dict[str, Any]:
    """The part of ``recipe`` that is one: known keys and parameters of the task, everything :func:`plain`."""
    if not isinstance(recipe, Mapping):
        return {}
    kept = {name: plain(recipe[name]) for name in FIELDS if name in recipe}
    given = kept.get("parameters")
    kept["parameters"] = given if isinstance(given, dict) else {}
    try:
        cls = request_type(kept.get("task", ""), kept.get("request", ""))
    except InvalidRequestError:  # of no task, or of one that a later version knows: nothing to choose by
        return kept
    names = {field.name for field in fields(cls)} - {"model", "seed"}
    kept["parameters"] = {name: value for name, value in kept["parameters"].items() if name in names}
    return kept
