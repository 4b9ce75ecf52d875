"""Jobs in one zip file: what they made, and what is needed to make it again.

jobs.json             every job: task, model, state, request, seconds, memory, names of its files
<id>/<file>           its results, each with its recipe inside
<id>/input-<field>.png
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aigc_core.errors import InvalidRequestError
from aigc_core.jobs.ledger import Job

LIST = "jobs.json"
MOST = 10_000
"""Jobs that are read from one file."""
LIST_BYTES, FILE_BYTES = 50_000_000, 200_000_000
_ID, _NAME = re.compile(r"[0-9a-f]{16}"), re.compile(r"[\w][\w. +-]{0,199}")
_TOLD = (
    "id",
    "task",
    "kind",
    "model",
    "state",
    "request",
    "seconds",
    "peak_rss_mb",
    "created",
    "ended",
    "files",
    "inputs",
)


def write(file: Path, jobs: Iterable[Job], runs: Path) -> int:
    """Pack jobs with the files that are still there; the number of files."""
    told, packed = [], 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # what they make is compressed already
        for job in jobs:
            told.append({name: getattr(job, name) for name in _TOLD})
            for name in (*job.files.values(), *job.inputs.values()):
                if (source := runs / job.folder / name).is_file():
                    archive.write(source, f"{job.id}/{name}")
                    packed += 1
        listed = json.dumps(told, ensure_ascii=False, indent=1)
        archive.writestr(zipfile.ZipInfo(LIST), listed, zipfile.ZIP_DEFLATED)
    return packed


def read(file: Path, folder: Path) -> list[Job]:
    """Unpack the pictures that the jobs of a file were given into ``folder/<id>``; the jobs. The file may come from anybody.

    Raises:
        InvalidRequestError: it is not such a file, or holds more than is read.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            told = json.loads(_content(archive, LIST, LIST_BYTES))
            jobs = [_job(one) for one in told[:MOST]]
            for job in jobs:
                for name in job.inputs.values():
                    (folder / job.id).mkdir(exist_ok=True)
                    (folder / job.id / name).write_bytes(_content(archive, f"{job.id}/{name}", FILE_BYTES))
    except (
        zipfile.BadZipFile,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
        NotImplementedError,
    ) as error:
        raise InvalidRequestError(
            f"{file.name} holds no jobs of this app, or is damaged.", f"{file.name} 中没有本应用的任务，或文件已损坏。"
        ) from error
    return jobs


def _content(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as member:
        content = member.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{name} has more than {most} bytes")
    return content


def _job(told: Any) -> Job:
    names = {field: name for field, name in told["inputs"].items() if _NAME.fullmatch(str(name))}
    if not _ID.fullmatch(told["id"]) or len(names) != len(told["inputs"]) or not isinstance(told["request"], dict):
        raise ValueError("not a job")
    return Job(
        id=told["id"], task=str(told["task"]), kind=str(told["kind"]), model=str(told["model"]), request=told["request"],
        state="done" if told["state"] == "done" else "stopped", folder=told["id"], inputs=names,
    )  # fmt: skip
