"""A still of every live figure as lessons show it: what stands in its place until it is touched, in print and in notebooks.

``stills/<name>.svg`` is the last frame, ``<name>.json`` beside it the caption, the legend and what it was drawn with.
``python -m aigc_core.lessons stills`` makes those that are missing or were drawn with other values.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from aigc_core.lessons import course
from aigc_core.lessons.blocks import FigureBlock
from aigc_core.lessons.catalog import figures
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.tasks.learn import LearnRequest, row, with_defaults

FOLDER = Path(__file__).parent / "stills"
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Still:
    """A picture to be made: a figure and all its values."""

    figure: str
    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The figure's name, with a mark where a lesson starts it with values of its own."""
        if self.values == with_defaults(row(self.figure), {}):
            return self.figure
        return f"{self.figure}-{hashlib.sha256(json.dumps(self.values).encode()).hexdigest()[:8]}"


def still(block: FigureBlock) -> Still:
    """The still of a figure in a lesson.

    Raises:
        InvalidRequestError: there is no such figure, or a value is out of its control's limits.
    """
    return Still(figure=block.name, values=with_defaults(row(block.name), block.values))


def wanted() -> dict[str, Still]:
    """One still per row, and one per figure that a lesson starts with values of its own."""
    made = [Still(figure=name, values=with_defaults(found, {})) for name, found in figures().items()]
    for language in course.LANGUAGES:
        for lesson in course.lessons(language):
            made += [still(block) for block in lesson.blocks if isinstance(block, FigureBlock)]
    return {one.name: one for one in made}


def make(one: Still, folder: Path = FOLDER) -> Frame:
    """Run a figure through the engine and write its still."""
    from aigc_core.engine import Engine, drain

    frame: Frame = drain(Engine().run(LearnRequest(figure=one.figure, values=one.values, seed=SEED))).output
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{one.name}.svg").write_text(lighter(frame.svg) + "\n", "utf-8")
    record = {
        "values": dict(one.values),
        "caption": frame.caption._asdict(),
        "legend": [{"colour": m.colour, "dashed": m.dashed, **m.words._asdict()} for m in frame.legend],
    }
    (folder / f"{one.name}.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return frame


def lighter(svg: str) -> str:
    """The same picture in fewer bytes: coordinates to a hundredth of a point, pictures inside it as WebP."""
    svg = _LONG_NUMBER.sub(lambda match: f"{float(match[0]):.2f}", svg)
    return _PNG.sub(_as_webp, svg)


_LONG_NUMBER = re.compile(r"(?<![\w.#/+])-?\d+\.\d{3,}(?![\w.])")
_PNG = re.compile(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)")


def _as_webp(match: re.Match[str]) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(match[1])), formats=["PNG"]).save(buffer, "WEBP", quality=88, method=6)
    small = base64.b64encode(buffer.getvalue()).decode()
    return f"data:image/webp;base64,{small}" if len(small) < len(match[1]) else match[0]


def read(one: Still, folder: Path = FOLDER) -> Frame | None:
    """The still as a frame without sound; None where there is none, or one of other values."""
    record, picture = folder / f"{one.name}.json", folder / f"{one.name}.svg"
    if not (record.is_file() and picture.is_file()):
        return None
    found = _read(record, picture, record.stat().st_mtime_ns, picture.stat().st_mtime_ns)
    return found[1] if found[0] == one.values else None


@lru_cache(maxsize=128)
def _read(record: Path, picture: Path, *changed: int) -> tuple[Mapping[str, Any], Frame]:
    said = json.loads(record.read_text("utf-8"))
    legend = tuple(
        Mark(colour=mark["colour"], dashed=mark["dashed"], words=Words(mark["en"], mark["zh"]))
        for mark in said["legend"]
    )
    return said["values"], Frame(svg=picture.read_text("utf-8"), caption=Words(**said["caption"]), legend=legend)


def missing(folder: Path = FOLDER) -> Iterator[Still]:
    """Stills that have to be made."""
    return (one for one in wanted().values() if read(one, folder) is None)


def unused(folder: Path = FOLDER) -> list[Path]:
    """Files of figures that no row and no lesson has any more."""
    names = wanted().keys()
    return sorted(file for file in folder.glob("*.*") if file.suffix in (".svg", ".json") and file.stem not in names)
