"""A request as the ledger keeps it: its settings as a recipe has them, its pictures as files beside the results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from aigc_core import recipe as recipes
from aigc_core.jobs.ledger import Job
from aigc_core.media import inputs
from aigc_core.tasks import request_type
from aigc_core.tasks.fields import limits
from aigc_core.tasks.request import Request

_QUICK = 1
"""Level of compression: a picture is written before its run begins, and somebody waits."""


def pictures(request: Request) -> dict[str, Any]:
    """The pictures of a request that may be kept, by field."""
    if not request.keeps_pictures:
        return {}
    found = {f.name: getattr(request, f.name) for f in fields(request) if limits(type(request), f.name).kind == "image"}
    return {name: picture for name, picture in found.items() if picture is not None}


def write(kept: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Write pictures into a folder; their names by field."""
    names = {name: f"input-{name}.png" for name in kept}
    for name, picture in kept.items():
        picture.save(folder / names[name], "PNG", compress_level=_QUICK)
    return names


def files(job: Job, runs: Path) -> dict[str, Path]:
    """The kept pictures of a job, by field."""
    return {field: runs / job.folder / name for field, name in job.inputs.items()} if job.folder else {}


def request_of(job: Job, runs: Path) -> Request:
    """The request of a job, as it was made.

    Args:
        runs: The folder of all runs.

    Raises:
        InvalidRequestError: one of its pictures was not kept or is gone, or this version knows no such request.
    """
    cls = request_type(str(job.request.get("task", "")), str(job.request.get("request", "")))
    given = {field: inputs.read(limits(cls, field), file) for field, file in files(job, runs).items()}
    return recipes.to_request(job.request, given)
