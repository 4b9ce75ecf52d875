"""Live figures of the course: request; the output is the last :class:`~aigc_core.lessons.figure.Frame`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from aigc_core.errors import InvalidRequestError
from aigc_core.lessons.catalog import figures
from aigc_core.lessons.figure import Choice, Control, FigureRow, Sentence, Slider
from aigc_core.tasks.checks import check
from aigc_core.tasks.fields import Limits, choice_field, limits, values_field
from aigc_core.tasks.request import Request


@dataclass(frozen=True, kw_only=True)
class LearnRequest(Request):
    """Draw a live figure of the lessons for values of its controls."""

    task: ClassVar[str] = "learn"
    kind: ClassVar[str] = "learn"
    is_job: ClassVar[bool] = False
    endings: ClassVar[tuple[str, ...]] = (".svg", ".wav")
    figure: str = choice_field(tuple(figures()), "Figure", "图", help="its name")
    values: Mapping[str, Any] = values_field(
        "Values", "参数", help="of the figure's controls; the rest keep their defaults"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "values", with_defaults(row(self.figure), self.values))


def row(name: str) -> FigureRow:
    """The row of a figure.

    Raises:
        InvalidRequestError: there is none of this name.
    """
    return figures()[check("figure", limits(LearnRequest, "figure"), name)]


def with_defaults(figure: FigureRow, given: Mapping[str, Any]) -> dict[str, Any]:
    """One value per control, in the row's order; the default where none is given.

    Raises:
        InvalidRequestError: there is no such control, or the value is out of its limits.
    """
    for name in given:
        if name not in figure.controls:
            raise InvalidRequestError(
                f"The figure {figure.name} has no control {name!r:.60}. It has: {', '.join(figure.controls) or 'none'}.",
                f"图 {figure.name} 没有名为 {name!r:.60} 的参数。可用：{'、'.join(figure.controls) or '无'}。",
            )
    return {
        name: check(name, limits_of(control), given.get(name, control.default))
        for name, control in figure.controls.items()
    }


def limits_of(control: Control) -> Limits:
    """Limits of a control, in the form of a request's field."""
    label, label_zh = control.label
    match control:
        case Slider():
            return Limits(
                kind="int" if is_whole(control) else "float",
                minimum=control.minimum,
                maximum=control.maximum,
                label=label,
                label_zh=label_zh,
            )
        case Choice():
            return Limits(kind="str", choices=tuple(control.options), label=label, label_zh=label_zh)
        case Sentence():
            return Limits(kind="str", minimum=1, maximum=control.maximum, label=label, label_zh=label_zh)


def is_whole(control: Slider) -> bool:
    """Tell whether a slider takes whole numbers only."""
    return all(float(number).is_integer() for number in (control.step, control.minimum, control.maximum))
