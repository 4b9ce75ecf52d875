"""The measured figures of every row and kind of request, ``figures.json``, made by ``python -m benchmarks.budget --fit``.

A linear law: what a request takes is ``constant + Σ per[name] · amount[name]``, with the amounts of
:mod:`aigc_core.budget.work` and no weight below 0, so that more work never costs less. The tokens of a text are those that were written, which may be
fewer than were allowed: ``length`` tells how many to expect.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from aigc_core.budget.work import Amounts, amounts, size
from aigc_core.tasks.request import Request

FILE = Path(__file__).with_name("figures.json")


@dataclass(frozen=True, kw_only=True)
class Law:
    """A constant and a weight per unit of each amount."""

    constant: float
    per: Mapping[str, float] = field(default_factory=dict)

    def of(self, amounts: Amounts) -> float:
        """The value for these amounts."""
        return self.constant + sum(weight * amounts.get(name, 0.0) for name, weight in self.per.items())


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One row's figures for one kind of request, on the machine of :func:`rates`."""

    seconds: Law
    """Seconds of the ``run`` stage."""
    memory_mb: Law
    """Peak memory of a process that runs nothing else."""
    load_s: float
    bound: str
    """The name of the rate that limits it, one of :data:`aigc_core.budget.machine.RATES`."""
    length: float | None = None
    """Tokens after which its texts end by themselves, on average; None where they go on to the last token allowed."""


def of(model: str, kind: str) -> Figures | None:
    """The figures of a row for a kind of request; None where nobody has measured them."""
    return _table().get((model, kind))


def expected(request: Request) -> float:
    """Seconds of a request's work on the machine of :func:`rates`; the request's size where nobody has measured its kind."""
    known = of(request.model, request.kind)
    return size(request) if known is None else max(1e-3, known.seconds.of(amounts(request)))


def rates() -> Mapping[str, float]:
    """Speed of the machine that the figures come from, see :func:`aigc_core.budget.machine.measure`."""
    return {name: float(rate) for name, rate in _content()["machine"].items()}


@cache
def _content() -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(FILE.read_text("utf-8"))
    return content


@cache
def _table() -> Mapping[tuple[str, str], Figures]:
    return {
        (model, kind): Figures(
            seconds=Law(**row["seconds"]),
            memory_mb=Law(**row["memory_mb"]),
            load_s=row["load_s"],
            bound=row["bound"],
            length=row.get("length"),
        )
        for model, kinds in _content()["rows"].items()
        for kind, row in kinds.items()
    }
