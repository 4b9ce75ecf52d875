"""Between a request and the controls of a page: a control for a field, and a request from what the controls sent."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core.media import inputs
from aigc_core.recipe.link import typed_lines
from aigc_core.tasks.fields import Limits, default, limits
from aigc_core.tasks.request import Request
from demos.ui.components import Checkbox, ImageInput, Number, Slider, Textbox
from demos.ui.i18n import t


def control(request: type[Request], name: str, **overrides: Any) -> gr.components.Component:
    """A component for one field, its range, default and labels taken from the request.

    Args:
        overrides: Passed to the component, such as ``step`` or ``lines``; ``cls`` chooses another component class.
    """
    lim, value = limits(request, name), default(request, name)
    options: dict[str, Any] = {"label": t(lim.label, lim.label_zh), "value": value, **overrides}
    cls: type[gr.components.Component] | None = options.pop("cls", None)
    if cls is not None:
        return cls(**options)
    if lim.kind in ("int", "float"):
        return _number(lim, options)
    if lim.kind == "bool":
        return Checkbox(**options)
    if lim.kind == "image":
        return ImageInput(sources=["upload", "clipboard"], **options)
    if lim.kind == "strings":
        return Textbox(**{**options, "value": "\n".join(value or ())})
    return Textbox(max_length=int(lim.maximum) if lim.maximum else None, **options)


def _number(lim: Limits, options: dict[str, Any]) -> gr.components.Component:
    """A slider; a box where the number may be missing."""
    if lim.optional:
        precision = 0 if lim.kind == "int" else None
        return Number(precision=precision, minimum=lim.minimum, maximum=lim.maximum, **options)
    options.setdefault("step", 1 if lim.kind == "int" else 0.05)
    low, high = options.pop("minimum", lim.minimum), options.pop("maximum", lim.maximum)
    return Slider(low, high, **options)


def default_value(request: type[Request], name: str) -> Any:
    """The value that a control holds when its field stands at the default."""
    value = default(request, name)
    return "\n".join(value) if isinstance(value, tuple) else value


def make_request(request: type[Request], values: Mapping[str, Any]) -> Request:
    """A request from what components sent: paths of pictures and files are read, empty optional fields take the default.

    Raises:
        InvalidRequestError: see :mod:`aigc_core.tasks`.
    """
    read = {name: _read(limits(request, name), value) for name, value in values.items()}
    return request(**{name: value for name, value in read.items() if value is not None})


def _read(lim: Limits, value: Any) -> Any:
    if lim.kind in ("image", "bytes") and isinstance(value, (str, io.BytesIO)):
        return inputs.read(lim, value)
    if lim.kind == "strings" and isinstance(value, str):
        return typed_lines(value)
    return value
