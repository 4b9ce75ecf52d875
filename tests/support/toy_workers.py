"""Toy rows for the workers of a real Ray: each run leaves its marks in a folder that the test reads, and waits at gates there."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from toys import row

from aigc_core import registry
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.faces import Faces, FacesRequest
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Events, ModelSpec, Progress, Result

FOLDER = "AIGC_TOY_FOLDER"
"""The variable that names the folder of marks and gates."""
STEP_S = 0.1
"""Longer than the time within which steps are not told across processes."""
GATE_S = 60.0


class Mark(NamedTuple):
    """One line of the folder's file: a run has begun, ended, or was closed."""

    word: str
    seed: int
    process: int


def marks(folder: Path) -> list[Mark]:
    """All marks so far, in the order in which they were made."""
    file = folder / "marks"
    lines = file.read_text().splitlines() if file.exists() else []
    return [Mark(word, int(seed), int(process)) for word, seed, process in map(str.split, lines)]


class Marked:
    """Squares, one a step. A prompt may ask to wait until the test has made the file ``gate``: ``held first`` before the first
    step, in which nothing is told; ``held`` after it, in which the stream beats. ``refused`` fails."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._folder = Path(os.environ[FOLDER])

    def stream(self, request: FacesRequest) -> Events:
        self._mark("began", request)
        end = "closed"
        try:
            if request.prompt == "refused":
                raise InvalidRequestError("The toy is broken.", "玩具坏了。")
            while request.prompt == "held first" and self._is_shut():
                time.sleep(STEP_S)
            images: list[Image.Image] = []
            for i in range(request.count):
                time.sleep(STEP_S)
                images.append(Image.new("RGB", (8, 8), ((request.seed + i) % 256, 90, 160)))
                faces = Faces(images=tuple(images), seeds=seeds_from(request.seed, len(images)))
                yield Progress(step=i + 1, total=request.count, preview=faces)
                while request.prompt == "held" and self._is_shut():
                    time.sleep(STEP_S)
                    yield Progress(step=i + 1, total=request.count)
            end = "done"
            yield Result(output=faces, info={"steps": request.count})
        finally:
            self._mark(end, request)

    def _is_shut(self) -> bool:
        return not (self._folder / "gate").exists()

    def _mark(self, word: str, request: FacesRequest) -> None:
        with (self._folder / "marks").open("a") as file:  # one short line: appended as a whole
            file.write(f"{word} {request.seed} {os.getpid()}\n")


def table() -> dict[str, ModelSpec]:
    """The rows of the project, with the toy among those of faces."""
    toy = row("faces-marked", target="toy_workers:Marked")
    return {**registry._table(), toy.name: toy}


def install() -> None:
    """Put the toy into the table of this process; a worker of Ray calls it at its start."""
    known = table()
    registry._table = lambda: known  # type: ignore[assignment]
