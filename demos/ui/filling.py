"""Filling the controls of a tab by program: the values, and what the model among them makes of the other controls, in one update.

Controls adapt when a visitor chooses a model himself (the picker's ``input``). Whatever else brings a model (a restored file,
a link, an example, an entry of the history) brings values too, and goes through :meth:`Controls.filled`: there the values given
win over those the model proposes, and no handler comes after them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import gradio as gr

from demos.ui.player import guard
from demos.ui.updates import Update, merged, value_of
from demos.ui.wiring import QUIET


class Adaptation(NamedTuple):
    """A rule by which components follow the chosen model: ``updates(model, *values of also)`` changes ``outputs``."""

    updates: Callable[..., Update]
    outputs: Sequence[Any]
    also: Sequence[Any]


class Controls:
    """The controls of one tab by request field, and what follows its model.

    Args:
        fields: The tab's own mapping, which grows while the tab is built.
    """

    def __init__(self, fields: Mapping[str, gr.components.Component]) -> None:
        self.fields = fields
        self._adaptations: list[Adaptation] = []

    def adapt(self, updates: Callable[..., Update], outputs: Sequence[Any], also: Sequence[Any] = ()) -> None:
        """Let ``outputs`` follow the model, from now on and in every filling; ``also`` are further inputs."""
        self._adaptations.append(Adaptation(updates, list(outputs), list(also)))
        model: Any = self.fields["model"]
        model.input(guard(updates), [model, *also], list(outputs), **QUIET)

    @property
    def inputs(self) -> list[Any]:
        """The components whose values :meth:`filled` takes; give them to the event that fills."""
        return _distinct(component for one in self._adaptations for component in one.also)

    @property
    def outputs(self) -> list[Any]:
        """The components that :meth:`filled` may change."""
        followers = (component for one in self._adaptations for component in one.outputs)
        return _distinct([*self.fields.values(), *followers])

    def filled(self, given: Update, held: Sequence[Any]) -> Update:
        """``given``, on top of what the model in it makes of the other controls.

        Args:
            held: The present values of :attr:`inputs`.
        """
        model = value_of(given.get(self.fields.get("model")), None)
        if not isinstance(model, str):  # none is given, or several are
            return dict(given)
        now = dict(zip(self.inputs, held, strict=True))
        now |= {component: value_of(given[component], now[component]) for component in now if component in given}
        made: Update = {}
        for one in self._adaptations:
            made = merged(made, one.updates(model, *(now[component] for component in one.also)))
        return merged(made, given)


def _distinct(components: Any) -> list[Any]:
    return list(dict.fromkeys(components))
