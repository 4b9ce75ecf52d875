"""The base of all requests: frozen, validated where it is made."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

from aigc_core.tasks.checks import check
from aigc_core.tasks.fields import seed_field, str_field


@dataclass(frozen=True, kw_only=True)
class Request:
    """Base of all requests.

    Raises:
        InvalidRequestError: a field has the wrong kind or is out of its limits.
    """

    task: ClassVar[str]
    kind: ClassVar[str]
    """The request's name in recipes; never changes."""
    endings: ClassVar[tuple[str, ...]] = ()
    """File endings of every result behind a common stem, the main file's first; none for results shown on the page
    only."""
    varies: ClassVar[tuple[str, ...]] = ()
    """Fields honoured only by rows that list them in ``ModelSpec.accepts``; every row honours the others."""
    is_job: ClassVar[bool] = True
    """False where the ledger of jobs takes no note of it, such as a figure that follows a slider."""
    keeps_pictures: ClassVar[bool] = True
    """False where the pictures it was given are never kept."""
    model: str = str_field("", 100, "Model", "模型", help="registry name; empty picks the task's first model")
    seed: int = seed_field()

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, check(f.name, f.metadata["limits"], getattr(self, f.name)))
