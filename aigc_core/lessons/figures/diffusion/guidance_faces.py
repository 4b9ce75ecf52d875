"""The same noise, the same words, more and more guidance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from aigc_core.datasets import face_labels
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.figures.diffusion import faces
from aigc_core.lessons.words import Words
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.fields import seeds_from

SCALES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
SHOWN = (0.0, 2.0, 8.0, 16.0)
"""The scales after which there is something new to look at."""
SEEDS = 2


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``prompt``: what the faces should be; the two seeds after ``seed``."""
    prompt = str(values["prompt"])
    rows: list[list[Any]] = [[] for _ in range(SEEDS)]
    plain: torch.Tensor | None = None
    for scale in SCALES:
        requests = [
            FacesRequest(model=faces.MODEL, count=1, seed=one, prompt=prompt, guidance_scale=scale)
            for one in seeds_from(seed + 1, SEEDS)
        ]
        x = faces.model().latents(requests)
        plain = x if plain is None else plain
        for row, picture in zip(rows, faces.decode(x), strict=True):
            row.append(picture)
        if scale in SHOWN:
            yield _frame(rows, prompt, float((x - plain).square().mean().sqrt()), float(x.std()))


def _frame(rows: list[list[Any]], prompt: str, moved: float, deviation: float) -> Frame:
    figure, axes = plot.canvas(1, len(SCALES), height=2.7)
    for place in axes:
        place.set_axis_off()
    for place, scale, *pictures in zip(axes, SCALES, *rows, strict=False):
        plot.picture(place, faces.stack(pictures, 80), title=f"$w$ = {scale:g}")
    understood = face_labels.describe(face_labels.parse(prompt)) or "–"
    scale = SCALES[len(rows[0]) - 1]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"w = {scale:g}: the latents moved by {moved:.3f} from those of w = 0 (root mean square); their deviation is {deviation:.3f}. "
            f"Understood: {understood}; the rest is drawn.",
            f"w = {scale:g}：潜变量与 w = 0 时相差 {moved:.3f}（均方根），其标准差为 {deviation:.3f}。识别到的条件：{understood}；其余随机。",
        ),
        facts={"moved": moved, "deviation": deviation},
    )
