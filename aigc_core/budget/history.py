"""Runs of earlier sessions, as the ledger of jobs remembers them: estimates are right for this machine from the start."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from aigc_core.budget.observations import LAST, InMemory, Observation, observed
from aigc_core.jobs import ledger
from aigc_core.tasks import request_type
from aigc_core.tasks.fields import Limits, limits
from aigc_core.tasks.request import Request

log = logging.getLogger(__name__)
Key = tuple[str, str]


class Remembered(InMemory):
    """Runs of this program and, as far as those are too few, of earlier ones.

    Args:
        read: Gives the finished jobs of earlier sessions, newest first. It is called when somebody first asks; where that
            fails there are none, since an estimate is no reason to refuse work.
    """

    def __init__(self, read: Callable[[], Iterable[ledger.Observation]]) -> None:
        super().__init__()
        self._read = read
        self._jobs: Mapping[Key, Sequence[ledger.Observation]] | None = None
        self._earlier: dict[Key, tuple[Observation, ...]] = {}

    def last(self, model: str, kind: str) -> Sequence[Observation]:
        """The newest of a row and kind."""
        own = super().last(model, kind)
        return (*own, *self._before(model, kind)[: LAST - len(own)])

    def _before(self, model: str, kind: str) -> Sequence[Observation]:
        key = model, kind
        with self._lock:
            if self._jobs is None:
                self._jobs = self._grouped()
            if key not in self._earlier:
                seen = map(_observation, self._jobs.get(key, ()))
                self._earlier[key] = tuple(run for run in seen if run is not None)[:LAST]
            return self._earlier[key]

    def _grouped(self) -> Mapping[Key, Sequence[ledger.Observation]]:
        found = defaultdict(list)
        try:
            for job in self._read():
                found[job.model, job.kind].append(job)
        except Exception:
            log.warning("the times of earlier jobs could not be read", exc_info=True)
        return found


def _observation(job: ledger.Observation) -> Observation | None:
    """The job as an observation; None where its request cannot be told any more, as that of another version."""
    info = job.request.get("info")
    facts = info if isinstance(info, Mapping) else {}
    try:
        return observed(request_like(job.request, facts), job.seconds, facts)
    except Exception as error:
        log.debug("a job of %s tells no time: %s", job.model, error)
        return None


def request_like(recipe: Mapping[str, Any], info: Mapping[str, Any]) -> Request:
    """A request that costs what the recipe's did: its pictures are blank, of the same size, and as much is to be repainted.

    Raises:
        AigcError: it is of no known kind, or its values are not taken any more.
        LookupError, TypeError: it is no recipe.
    """
    cls = request_type(recipe["task"], recipe.get("request", ""))
    given = recipe["parameters"]
    values = {f.name: given[f.name] for f in fields(cls) if f.name in given}
    for name, value in values.items():
        lim = limits(cls, name)
        if lim.kind == "image" and value is not None:
            values[name] = _blank(value["size"], lim, info)
        elif lim.kind == "bytes":
            values[name] = None
    whole = {"invert": False} if "invert" in values else {}  # the mask below marks what was repainted in the end
    return cls(**{**values, **whole, "model": recipe["model"]})


def _blank(size: Sequence[int], lim: Limits, info: Mapping[str, Any]) -> Any:
    from PIL import Image

    width, height = size
    if not lim.alpha:
        return Image.new("1", (width, height), 1)
    mask = Image.new("1", (width, height))
    mask.paste(1, (0, 0, width, max(1, round(info["repainted_pixels"] / width))))
    return mask
