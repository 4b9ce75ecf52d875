"""The course of an image training: when it saves, when it stops, what it logs."""

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

log = logging.getLogger(__name__)

CHECK_EVERY = 20
"""Steps between two looks at the losses: reading one makes the CPU wait for the accelerator."""


class Timed(Protocol):
    """The part of a training's config that says how long it runs and how often it saves."""

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


class Journal:
    """Collects the losses of every step; tells when to save; writes ``log.jsonl`` and the sheets of samples.

    Args:
        terms: Names of the losses, as they are logged.
        seconds: Time that earlier calls have trained.
    """

    def __init__(self, config: Timed, terms: Sequence[str], seconds: float) -> None:
        self.total = max(1, round(config.kimg * 1000 / config.batch))
        """Steps of the whole run."""
        self._config, self._terms = config, terms
        self._every = max(1, round(config.save_kimg * 1000 / config.batch))
        now = time.monotonic()
        self._began = now - seconds
        self._deadline = None if config.minutes is None else now + 60 * config.minutes
        self._unread: list[Tensor] = []
        self._losses: list[list[float]] = []

    @property
    def seconds(self) -> float:
        """Time trained so far, earlier calls included."""
        return time.monotonic() - self._began

    @property
    def out_of_time(self) -> bool:
        """Whether this call has used up its minutes."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def due(self, step: int, losses: Tensor) -> bool:
        """Take in the losses (one a term) of the step just done; whether the run is to be saved now.

        Raises:
            FloatingPointError: a loss is not finite; names the step.
        """
        self._unread.append(losses)
        due = step % self._every == 0 or step == self.total
        if due or step % CHECK_EVERY == 0:
            require_finite(self._unread, step)
            self._losses += torch.stack(self._unread).tolist()
            self._unread = []
            due = due or self.out_of_time
        return due

    def write(self, step: int, sheet: Image.Image, scores: Mapping[str, float] | None = None) -> None:
        """Append a line to the log, replace the newest sheet, and keep a copy of it at every tenth saving."""
        kimg, seconds, folder = self._kimg(step), self.seconds, self._config.out
        sheet.save(folder / "samples.png")
        if round(kimg / self._config.save_kimg) % 10 == 0:
            sheet.save(folder / f"samples-{kimg:06.1f}k.png")
        means = dict(zip(self._terms, np.mean(self._losses, axis=0).tolist(), strict=True))
        line = {
            "kimg": round(kimg, 3),
            "seconds": round(seconds),
            "images_per_s": round(1000 * kimg / max(seconds, 1e-9), 1),
        }
        append(folder, line | {name: round(value, 5) for name, value in (means | dict(scores or {})).items()})
        self._losses = []

    def info(self, step: int) -> dict[str, Any]:
        """For the training's result: thousands of pictures seen, seconds, and whether the whole run is done."""
        return {"kimg": self._kimg(step), "seconds": self.seconds, "finished": step >= self.total}

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
