"""Live figures as a model row: a request names a figure, its frames are the previews and the last one is the result."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import cast

from aigc_core.lessons.figure import Frame
from aigc_core.tasks.learn import LearnRequest, row
from aigc_core.types import Events, ModelSpec, Progress, Result


class LiveFigures:
    """Answers :class:`~aigc_core.tasks.learn.LearnRequest`."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        del spec, folders  # every figure brings its own models

    def stream(self, request: LearnRequest) -> Events:
        """Yield every frame as a preview, then the last one as the result.

        Raises:
            InvalidRequestError: the figure cannot be drawn for these values; says why.
        """
        yield Progress(step=0, total=1, stage="load", message=request.figure)
        with closing(_frames(request)) as frames:
            for step, frame in enumerate(frames, 1):
                yield Progress(step=step, preview=frame)
        yield Result(output=frame, info={"frames": step, "facts": dict(frame.facts)})


def _frames(request: LearnRequest) -> Generator[Frame, None, None]:
    """Import the figure's module and call its generator."""
    module, _, name = row(request.figure).target.partition(":")
    draw = getattr(import_module(module), name)
    return cast(Generator[Frame, None, None], draw(request.values, request.seed))
