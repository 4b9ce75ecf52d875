"""What a run has shown, as plain JSON for the ledger, and back.

Components are named by their place among the outputs of the tab's event and by their kind: what was kept by another version of
the tab, whose outputs differ there, is left out. Files of the app are named from its folder on, so that it can be moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from demos.ui.updates import Update

_FILE = "aigc-file"
"""Key of an object that stands for a file of the app."""
_LEFT_OUT: Any = object()


def encoded(shown: Update, outputs: Sequence[Any], root: Path) -> dict[str, Any]:
    """The values by the names of their components; one that is not plain, such as a picture that has no file, is left out."""
    names = {component: name for name, component in _named(outputs).items()}
    made = {names[component]: _plain(value, root) for component, value in shown.items() if component in names}
    return {name: value for name, value in made.items() if value is not _LEFT_OUT}


def decoded(stored: Any, outputs: Sequence[Any], root: Path) -> Update:
    """The values by component."""
    components = _named(outputs)
    given = stored if isinstance(stored, Mapping) else {}
    return {components[name]: _whole(value, root) for name, value in given.items() if name in components}


def _named(outputs: Sequence[Any]) -> dict[str, Any]:
    return {f"{at} {type(component).__name__}": component for at, component in enumerate(outputs)}


def _plain(value: Any, root: Path) -> Any:
    if isinstance(value, (str, Path)):
        text = str(value)
        return {_FILE: text[len(str(root)) + 1 :]} if text.startswith(f"{root}/") else text
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        made = {str(key): _plain(inner, root) for key, inner in value.items()}
        return _LEFT_OUT if any(inner is _LEFT_OUT for inner in made.values()) else made
    if isinstance(value, (list, tuple)):
        parts = [_plain(inner, root) for inner in value]
        return _LEFT_OUT if any(part is _LEFT_OUT for part in parts) else parts
    return _LEFT_OUT


def _whole(value: Any, root: Path) -> Any:
    if isinstance(value, Mapping):
        if value.keys() == {_FILE}:
            return str(root / str(value[_FILE]))
        return {key: _whole(inner, root) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner, root) for inner in value]
    return value
