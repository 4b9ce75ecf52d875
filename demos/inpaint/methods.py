"""*Compare all methods*: each fills the same hole; where the picture is whole, figures say how near each comes to what is hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from aigc_core import registry, weights
from aigc_core.media import image as pictures
from aigc_core.media import mask as masks
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import ModelSpec
from demos.ui import player
from demos.ui.compare import Turn, turns
from demos.ui.contact_sheet import address
from demos.ui.fields import make_request
from demos.ui.i18n import Text, both, both_text
from demos.ui.models import has_gpu
from demos.ui.player import Updates
from demos.ui.tab import Tab

SIDE, MARGIN = 320, 24
"""Pixels of a picture in its column, and of the surroundings of the hole that it shows."""
HIDDEN = (0.06, 0.12)
"""Share of a picture that *Hide a part* covers, at least and at most."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One method; or, without one, the picture that all start from."""

    title: Text
    picture: str = ""
    psnr: float | None = None
    vgg16: float | None = None
    seconds: float | None = None
    message: Text | None = None


def rows() -> list[ModelSpec]:
    """The methods that can run here at once."""
    return [
        spec
        for spec in registry.list_models(InpaintRequest.task)
        if weights.state(spec.source).kind in ("shipped", "ready", "none") and (has_gpu() or not spec.needs_gpu)
    ]


def requests(values: Mapping[str, Any]) -> list[InpaintRequest]:
    """One request a method, each with the settings that it honours.

    Raises:
        InvalidRequestError: see :class:`InpaintRequest`.
    """
    made = []
    for spec in rows():
        honoured = {name: value for name, value in values.items() if registry.accepts(spec, name, InpaintRequest)}
        made.append(make_request(InpaintRequest, {**honoured, "model": spec.name}))
    return [one for one in made if isinstance(one, InpaintRequest)]


def wire(tab: Tab, button: Any, page: Any, js: str) -> None:
    """Let ``button`` run all methods and ``page`` show them side by side; Stop stops them."""

    def compare(request: gr.Request, **values: Any) -> Updates:
        report = tab.report
        yield report.started()
        try:
            board = Board(requests(values))
        except Exception as error:
            yield report.failed(error)
            raise player.quiet(error) from error
        for turn in turns(tab.studio, board.asked, request):
            board.put(turn)
            yield {page: html(board.columns), report.status: turn.status}
        done = {report.files: board.files, report.recipe: board.recipes, report.status: player.IDLE}
        yield {page: html(board.columns), **done, **report.idle()}

    tab.running.append(tab.event_beside(button.click, compare, [page], js))


class Board:
    """The columns of one comparison, and the files and recipes that it leaves."""

    def __init__(self, asked: Sequence[InpaintRequest]) -> None:
        from aigc_core.evaluation.nearness import Judge  # torch comes with the first comparison

        self.asked = asked
        given = masks.prepare(asked[0])
        self._area = masks.bounds(given.hole, MARGIN)
        self._judge = None if any(asked[0].margins) else Judge(given.picture, given.hole)
        shown = given.picture.copy()
        shown[given.hole] = (shown[given.hole] * 0.45 + np.array([255, 40, 80]) * 0.55).astype(np.uint8)
        original = Column(title=Text("Hidden part", "被遮部分"), picture=self._part(Image.fromarray(shown)))
        self.columns = [original, *(Column(title=Text(*registry.find(one.model).titles)) for one in asked)]
        self.files: list[str] = []
        self.recipes: dict[str, Any] = {}

    def put(self, turn: Turn) -> None:
        """Show a moment of one method in its column; a failure is said there."""
        at = turn.at + 1
        if turn.failure is not None:
            self.columns[at] = replace(self.columns[at], message=turn.failure)
        elif turn.result is not None and turn.moment is not None:
            result = turn.result
            near = self._judge(result.output) if self._judge else None
            self.columns[at] = replace(
                self.columns[at],
                picture=self._part(result.output),
                psnr=near.psnr if near else None,
                vgg16=near.vgg16 if near else None,
                seconds=result.seconds,
            )
            self.files += turn.moment.files.values()
            self.recipes[self.asked[turn.at].model] = dict(result.recipe)

    def _part(self, picture: Image.Image) -> str:
        """The part around the hole, as an address."""
        part = Image.fromarray(np.asarray(picture)[self._area])
        return address(pictures.fit(part, SIDE))


def html(columns: Sequence[Column]) -> str:
    """The columns, the nearest figure of each kind in bold."""
    best = {
        "psnr": max((one.psnr for one in columns if one.psnr is not None), default=None),
        "vgg16": min((one.vgg16 for one in columns if one.vgg16 is not None), default=None),
    }
    figures = "".join(f"<figure>{_inside(one, best)}</figure>" for one in columns)
    note = both(
        "PSNR (dB, higher is nearer) and VGG16 distance (lower is nearer) compare each answer, in the hole, with what the mask "
        "hides: they mean something where the picture is whole.",
        "PSNR（dB，越高越接近）与 VGG16 距离（越低越接近）在孔洞内将结果与被遮住的原图比较，只有原图完好时才有意义。",
    )
    return f'<div class="fills">{figures}</div><p class="fills-note">{note}</p>'


def _inside(column: Column, best: Mapping[str, float | None]) -> str:
    picture = f'<img alt="" src="{column.picture}">' if column.picture else '<div class="fills-empty"></div>'
    facts = []
    for name, value, shown in (("psnr", column.psnr, "{:.1f} dB"), ("vgg16", column.vgg16, "VGG16 {:.3f}")):
        if value is not None:
            text = shown.format(value)
            facts.append(f"<b>{text}</b>" if value == best[name] else text)
    if column.seconds is not None:
        facts.append(f"{column.seconds:.1f} s")
    said = f"<span>{both_text(*column.message)}</span>" if column.message else " · ".join(facts)
    return f"{picture}<figcaption><b>{both_text(*column.title)}</b><br>{said}</figcaption>"
