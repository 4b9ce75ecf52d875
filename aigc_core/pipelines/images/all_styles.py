"""Every style of a network on one picture: as many small runs, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

from PIL import Image

from aigc_core.media import image as pictures
from aigc_core.tasks.stylize import AllStylesRequest, StyleSheet, StylizeRequest
from aigc_core.types import Events, Progress, Result


def paint_all(stream: Callable[[StylizeRequest], Events], request: AllStylesRequest, styles: Sequence[str]) -> Events:
    """A step is one style; the preview holds those that are painted.

    Args:
        stream: Paints one request; its styles are ``styles``.
    """
    small = pictures.fit(pictures.flatten(request.image), request.max_side)
    painted: list[Image.Image] = []

    def sheet() -> StyleSheet:
        return StyleSheet(images=tuple(painted), styles=tuple(styles[: len(painted)]))

    for style in styles:
        yield Progress(step=len(painted), total=len(styles))
        one = StylizeRequest(
            model=request.model, image=small, style=style, strength=request.strength, max_side=request.max_side,
            keep_colors=request.keep_colors, keep_colors_by=request.keep_colors_by,
        )  # fmt: skip
        with closing(stream(one)) as events:
            for event in events:
                if isinstance(event, Result):
                    painted.append(event.output)
                else:
                    yield Progress(step=len(painted), total=len(styles))
        yield Progress(step=len(painted), total=len(styles), preview=sheet())
    yield Result(output=sheet(), info={"styles": list(styles), "width": small.width, "height": small.height})
