"""Updates of components: new values by component, and what two of them come to together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

Update = dict[Any, Any]
"""New values by component; those that are not named stay as they are, all of them in an empty one."""


def merged(first: Update, then: Update) -> Update:
    """One update with the effect of two: of what both set the later value stays.

    Choices are the exception: those that belong to the model, in ``first``, stay where they offer the later value.
    """
    made = dict(first)
    for component, update in then.items():
        if not is_update(update):
            made[component] = {**made[component], "value": update} if is_update(made.get(component)) else update
        elif update != gr.skip():
            made[component] = _joined(made.get(component, gr.skip()), update)
    return made


def _joined(first: Any, then: Mapping[str, Any]) -> Any:
    joined = {**(first if is_update(first) else gr.update(value=first)), **then}
    own = first.get("choices") if is_update(first) else None
    if own is not None and joined.get("value") in [
        choice[-1] if isinstance(choice, tuple) else choice for choice in own
    ]:
        joined["choices"] = own
    return joined


def value_of(update: Any, otherwise: Any) -> Any:
    """The value that an update sets; ``otherwise`` where it sets none."""
    if is_update(update):
        return update.get("value", otherwise)
    return otherwise if update is None else update


def is_update(value: Any) -> bool:
    """True for what ``gr.update`` makes, which may leave the value alone."""
    return isinstance(value, dict) and value.get("__type__") == "update"
