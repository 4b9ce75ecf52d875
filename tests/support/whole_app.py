"""The real page, with all tabs or some, served from a free port, with models that answer at once that they have no weights."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import app
from aigc_core import registry, weights
from aigc_core.errors import CheckpointError
from aigc_core.types import Progress
from demos.ui import page


class Weightless:
    """Stands in for every model."""

    def __init__(self, *_: Any) -> None: ...

    def stream(self, request: Any) -> Generator[Any, None, None]:
        yield Progress(step=0, total=1)
        raise CheckpointError(
            "/srv/secret/place/model.safetensors is missing", "/srv/secret/place/model.safetensors 缺失"
        )


def _nothing(source: Any) -> Generator[Progress, None, list[Path]]:
    yield from ()
    return []


@contextmanager
def served(outputs: Path, *flags: str, tabs: Sequence[str] = app.TABS) -> Iterator[tuple[str, Any]]:
    """The address of the running app, and its page."""
    patch = pytest.MonkeyPatch()
    for name in ("GRADIO_TEMP_DIR", "GRADIO_EXAMPLES_CACHE"):
        patch.setenv(name, str(outputs))
    patch.setattr(registry, "build", Weightless)
    patch.setattr(weights, "ensure", _nothing)
    patch.setattr(weights, "sha256", lambda source: "0" * 64)
    args = page.parser().parse_args(["--queue", "1000", "--outputs", str(outputs), *flags])
    demo, options = page.make(tabs, args)
    demo._queue.sleep_when_free = 0.001
    _, url, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    try:
        yield url.rstrip("/"), demo
    finally:
        demo.close()
        patch.undo()
