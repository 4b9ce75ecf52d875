"""The models that the views look into, their pickers, and requests to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aigc_core import registry
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.continue_text import InspectTextRequest, WatermarkRequest
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec
from demos.ui.components import Dropdown
from demos.ui.fields import make_request
from demos.ui.models import labelled

PREFERRED = ("text-gpt-en", "text-smollm2-135m")


def rows(*, poets: bool = False) -> list[ModelSpec]:
    """The models that can be looked into; the poets among them have no watermark and no prompt to share."""
    return registry.answering(InspectTextRequest if poets else WatermarkRequest)


def pair() -> tuple[str, str]:
    """The two models chosen when the page opens: ours and SmolLM2."""
    names = [spec.name for spec in rows()]
    chosen = [name for name in PREFERRED if name in names] + [name for name in names if name not in PREFERRED]
    return chosen[0], chosen[min(1, len(chosen) - 1)]


def picker(value: str, label: Any, *, empty: bool = False, poets: bool = False) -> Any:
    """A dropdown of :func:`rows`; ``empty`` adds "none"."""
    choices = [(labelled(spec), spec.name) for spec in rows(poets=poets)]
    return Dropdown([("—", "")] * empty + choices, value=value, label=label, filterable=False)


def checked(cls: type[Request], values: Mapping[str, Any]) -> Request:
    """A request for a model of :func:`rows`.

    Raises:
        InvalidRequestError: a value out of its limits, or a model of another kind.
    """
    request = make_request(cls, values)
    names = [spec.name for spec in rows(poets=cls is not WatermarkRequest)]
    if registry.find(request.model, "continue_text").name not in names:
        raise InvalidRequestError(
            f"{request.model} cannot be looked into. Choose one of: {', '.join(names)}.",
            f"{request.model} 不支持查看内部。可选：{'、'.join(names)}。",
        )
    return request
