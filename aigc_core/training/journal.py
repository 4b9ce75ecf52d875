"""The course of a training: when it saves, when it stops, what it logs."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aigc_core.training import distributed
from aigc_core.training.distributed import Processes

log = logging.getLogger(__name__)

CHECK_EVERY = 20
"""Steps between two looks at the losses: reading one makes the CPU wait for the accelerator."""


class Journal:
    """Collect the losses of every step, tell when to save, and write ``log.jsonl``.

    Args:
        folder: Folder of the run.
        terms: Names of the losses, as they are logged.
        seconds: Time that earlier calls have trained.
        total: Steps of the whole run.
        every: Steps between two savings.
        minutes: Time that this call may take.
        processes: Those that train together; where none are given there may be one only.
    """

    def __init__(
        self,
        folder: Path,
        terms: Sequence[str],
        seconds: float,
        processes: Processes | None = None,
        *,
        total: int,
        every: int,
        minutes: float | None,
    ) -> None:
        if processes is None:
            distributed.require_alone()
        self._processes = processes if processes is not None else Processes()
        self.total = total
        self._folder, self._terms, self._every = folder, terms, every
        now = time.monotonic()
        self._began = now - seconds
        self._deadline = None if minutes is None else now + 60 * minutes
        self._unread: list[Tensor] = []
        self._losses: list[list[float]] = []

    @property
    def seconds(self) -> float:
        """Time trained so far, earlier calls included."""
        return time.monotonic() - self._began

    @property
    def out_of_time(self) -> bool:
        """Whether this call has used up its minutes; all processes have to ask, and get the first one's answer."""
        return self._deadline is not None and self._processes.agreed(time.monotonic() >= self._deadline)

    def due(self, step: int, losses: Tensor) -> bool:
        """Take in the losses (one a term) of the step just done; return whether the run is to be saved now.

        Raises:
            FloatingPointError: a loss is not finite; names the step.
        """
        self._unread.append(losses)
        due = step % self._every == 0 or step == self.total or self.out_of_time
        if due or step % CHECK_EVERY == 0:
            require_finite(self._unread, step)
            self._losses += torch.stack(self._unread).tolist()
            self._unread = []
        return due

    def write(self, step: int, scores: Mapping[str, float] | None = None) -> None:
        """Append a line to the log: the mean losses since the last line, and scores."""
        means = dict(zip(self._terms, np.mean(self._losses, axis=0).tolist(), strict=True))
        figures = {name: round(value, 5) for name, value in (means | dict(scores or {})).items()}
        append(self._folder, self._progress(step) | figures)
        self._losses = []

    def info(self, step: int) -> dict[str, Any]:
        """Figures for the training's result: how far it is, seconds, and whether the whole run is done."""
        return {"steps": step, "seconds": self.seconds, "finished": step >= self.total}

    def _progress(self, step: int) -> dict[str, float]:
        """The beginning of a line of the log."""
        return {"step": step, "seconds": round(self.seconds)}


class ImageRun(Protocol):
    """The part of an image training's config that says how long it runs and how often it saves."""

    @property
    def out(self) -> Path: ...
    @property
    def batch(self) -> int: ...
    @property
    def kimg(self) -> float: ...
    @property
    def save_kimg(self) -> float: ...
    @property
    def minutes(self) -> float | None: ...


class ImageJournal(Journal):
    """A journal that counts thousands of images and saves sheets of samples."""

    def __init__(
        self, config: ImageRun, terms: Sequence[str], seconds: float, processes: Processes | None = None
    ) -> None:
        total, every = (max(1, round(kimg * 1000 / config.batch)) for kimg in (config.kimg, config.save_kimg))
        super().__init__(config.out, terms, seconds, processes, total=total, every=every, minutes=config.minutes)
        self._config = config

    def save_sheet(self, step: int, sheet: Image.Image) -> None:
        """Replace the newest sheet, and keep a copy of it at every tenth saving."""
        kimg = self._kimg(step)
        sheet.save(self._folder / "samples.png")
        if round(kimg / self._config.save_kimg) % 10 == 0:
            sheet.save(self._folder / f"samples-{kimg:06.1f}k.png")

    def info(self, step: int) -> dict[str, Any]:
        """Figures for the training's result, with thousands of images in place of steps."""
        return {"kimg": self._kimg(step), "seconds": self.seconds, "finished": step >= self.total}

    def _progress(self, step: int) -> dict[str, float]:
        kimg, seconds = self._kimg(step), self.seconds
        speed = round(1000 * kimg / max(seconds, 1e-9), 1)
        return {"kimg": round(kimg, 3), "seconds": round(seconds), "images_per_s": speed}

    def _kimg(self, step: int) -> float:
        return step * self._config.batch / 1000


def append(folder: Path, line: Mapping[str, Any]) -> None:
    """Add a line to ``log.jsonl`` and show it."""
    with (folder / "log.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    log.info("%s", line)


def require_finite(losses: Sequence[Tensor], step: int) -> None:
    """Look at the losses of the steps up to ``step``, one tensor a step.

    Raises:
        FloatingPointError: names the first step that diverged.
    """
    bad = (~torch.isfinite(torch.stack(list(losses)).view(len(losses), -1))).any(1).nonzero()
    if len(bad):
        first = int(bad[0])
        raise FloatingPointError(f"the loss is {losses[first].tolist()} at step {step - len(losses) + 1 + first}")
