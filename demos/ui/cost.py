"""The quiet line under a tab's button: what a click will cost, for the controls as they stand.

It follows choices, numbers and pictures when they change, and texts when their box is left; one question is under way at a
time, and the newest waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import gradio as gr
from PIL import Image

from aigc_core.budget import Estimate
from aigc_core.errors import AigcError
from aigc_core.files import PICTURE_FORMATS
from aigc_core.tasks.fields import MAX_PIXELS, limits
from aigc_core.tasks.request import Request
from demos.ui import player
from demos.ui.fields import make_request
from demos.ui.i18n import Text, both_text
from demos.ui.studio import Studio
from demos.ui.wiring import QUIET

_SHORT_S = 1.0
_MINUTES_FROM_S = 90.0
_LONGER = 1.3
"""A text that may take so many times what is usual has its longest time told too."""


def line(cost: Estimate) -> str:
    """The estimate as HTML; empty where nothing is known."""
    text = words(cost)
    return f"<p>{both_text(*text)}</p>" if text.en else ""


def words(cost: Estimate) -> Text:
    """``about 4 s, 0.9 GB; fetches 270 MB first``."""
    known = [Text(*part) for part in (_time(cost), _memory(cost)) if part is not None]
    text = Text(", ".join(part.en for part in known), "，".join(part.zh for part in known))
    if cost.fetch_mb < 1:
        return text
    fetch = Text(f"fetches {cost.fetch_mb:,.0f} MB first", f"需先下载 {cost.fetch_mb:,.0f} MB")
    return Text("; ".join(filter(None, (text.en, fetch.en))), "；".join(filter(None, (text.zh, fetch.zh))))


def _time(cost: Estimate) -> tuple[str, str] | None:
    if cost.seconds is None:
        return None
    short = cost.seconds < _SHORT_S
    en, zh = (
        ("less than a second", "不到 1 秒") if short else map("{} {}".format, ("about", "约"), _duration(cost.seconds))
    )
    if cost.most_s is None or cost.most_s < max(_SHORT_S, _LONGER * cost.seconds):
        return en, zh
    most = _duration(cost.most_s)
    return f"{en}, up to {most[0]}", f"{zh}，最长 {most[1]}"


def _duration(seconds: float) -> tuple[str, str]:
    if seconds < _MINUTES_FROM_S:
        return f"{seconds:.0f} s", f"{seconds:.0f} 秒"
    return f"{seconds / 60:.0f} min", f"{seconds / 60:.0f} 分钟"


def _memory(cost: Estimate) -> tuple[str, str] | None:
    gigabytes = f"{max(0.1, cost.memory_mb / 1000):.1f} GB"
    return (gigabytes, gigabytes) if cost.memory_mb else None


def wire(
    studio: Studio, request: type[Request], controls: Mapping[str, gr.components.Component], shown: gr.HTML
) -> None:
    """Let ``shown`` follow the ``controls``, by field; it opens with what their first values cost."""
    followed = {name: field for name, field in controls.items() if _tells(request, name)}

    def told(*values: Any) -> str:
        asked = draft(request, dict(zip(followed, values, strict=True)))
        return "" if asked is None else _told(studio, asked)

    def follow(*values: Any) -> str:
        studio.budget.machine.begin()
        return told(*values)

    events = {name: "blur" if isinstance(field, gr.Textbox) else "change" for name, field in followed.items()}
    triggers = [
        getattr(field, events[name]) for name, field in followed.items()
    ]  # every component has its own listeners
    gr.on(triggers, player.guard(follow), list(followed.values()), [shown], trigger_mode="always_last", **QUIET)
    shown.value = told(*(field.value for field in followed.values()))


def _told(studio: Studio, asked: Request) -> str:
    try:
        return line(studio.budget.estimate(studio.engine.admit(asked)))
    except AigcError:
        return ""  # the click says what is wrong


def draft(request: type[Request], values: Mapping[str, Any]) -> Request | None:
    """The request that a click would make, as far as its cost goes; None where a value would be refused.

    Pictures are white, of the size of the file, which is not decoded. A mask may not be painted yet: a hole of the usual size is
    taken. So is a word where a text is empty.
    """
    made = {}
    for name, value in values.items():
        lim = limits(request, name)
        if lim.kind == "image":
            value = None if lim.alpha else _blank(value)
        elif lim.kind == "str" and lim.minimum and not str(value or "").strip():
            value = "a"
        made[name] = value
    masks = [name for name in made if limits(request, name).alpha]
    picture = next((value for value in made.values() if isinstance(value, Image.Image)), None)
    if masks and picture is not None:
        made |= dict.fromkeys(masks, _hole(picture.size))
    try:
        return make_request(request, made)
    except AigcError:
        return None


def _tells(request: type[Request], name: str) -> bool:
    """True for a control whose value is a plain one or a picture; what a tab keeps beside its fields costs nothing."""
    if name == "seed" or name not in {field.name for field in fields(request)}:
        return False
    return limits(request, name).kind in ("int", "float", "str", "bool", "image", "strings")


def _blank(file: Any) -> Image.Image | None:
    path = file.get("path") if isinstance(file, Mapping) else file
    if not path:
        return None
    try:
        with Image.open(str(path), formats=PICTURE_FORMATS) as picture:
            width, height = picture.size
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    return Image.new("1", (width, height), 1) if width * height <= MAX_PIXELS else None


USUAL_HOLE = 0.05
"""Share of a picture that is repainted, usually."""


def _hole(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("1", size)
    mask.paste(1, (0, 0, size[0], max(1, round(size[1] * USUAL_HOLE))))
    return mask
