"""The grid of faces: its opening example, a finished run, a click on a face, a change of model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import gradio as gr
from PIL import Image

from aigc_core import registry
from aigc_core.files import PICTURE_FORMATS
from aigc_core.tasks.faces import Faces
from aigc_core.tasks.fields import MAX_SEED
from demos.ui import contact_sheet
from demos.ui.gallery import example
from demos.ui.i18n import both

COLUMNS = 4
"""Columns of the opening grid; the style sheet gives any other number of faces its own."""
HINT = f'<div class="status">{both("Click a face to see its seed.", "点击人脸可查看它的种子。")}</div>'


PROPOSED = {"count": "count", "num_inference_steps": "steps", "guidance_scale": "guidance_scale"}
"""Request fields for which a row may propose a value, and the name of that setting."""
ACCORDIONS = {"walk": "seed_to", "attributes": "age", "mixing": "mix_seed"}
"""Accordions among the controls, and the field that a row must honour for each to be of use."""


def columns(count: int) -> int:
    """Columns of the squarest grid that holds ``count`` faces."""
    return math.isqrt(max(count, 1) - 1) + 1


def files_of(faces: Faces, files: Mapping[str, str]) -> list[tuple[str, str]]:
    """The faces' own files, captioned with their seeds."""
    return [(files[f"face-{i}"], str(seed)) for i, seed in enumerate(faces.seeds)]


def rejects(faces: Faces) -> str:
    """The candidates that were not shown, to be opened; empty where nothing was chosen."""
    if not faces.rejects:
        return ""
    count, drawn = len(faces.images), len(faces.scores)
    head = both(
        f"The best {count} of {drawn}, chosen by a face detector and the distance to the training faces. Show the {drawn - count} rejects",
        f"从 {drawn} 张中选出的 {count} 张，依据是人脸检测分数和与训练人脸的距离。查看落选的 {drawn - count} 张",
    )
    seeds = both("Seeds, best first: ", "种子，由好到差：") + ", ".join(map(str, faces.reject_seeds))
    rough = both(
        "Neither measure was made to judge drawn faces: a good one may be among the rejects, and a poor one among the chosen.",
        "这两项指标都不是为评判生成的人脸而设计的：落选的可能有好的，选中的也可能有不好的。",
    )
    sheet = contact_sheet.view(faces.rejects, 2 * COLUMNS)
    return f'<details class="faces-rejects"><summary>{head}</summary><p>{rough}</p>{sheet}<p>{seeds}</p></details>'


def opening() -> tuple[list[tuple[Image.Image, str]], dict[str, Any] | None]:
    """The finished example: the contact sheet in ``docs/gallery`` cut into its faces, and its recipe."""
    made = example("faces", ".png")
    if made is None:
        return [], None
    file, recipe = made
    count, gap = recipe["parameters"]["count"], 4  # pixels between the faces of a sheet
    sheet, across = Image.open(file, formats=PICTURE_FORMATS).convert("RGB"), columns(count)
    side = (sheet.width + gap) // across
    corners = [((i % across) * side, (i // across) * side) for i in range(count)]
    faces = [sheet.crop((x, y, x + side - gap, y + side - gap)) for x, y in corners]
    return [(face, str(recipe["seed"] + i)) for i, face in enumerate(faces)], recipe


def control_updates(name: str) -> dict[str, Any]:
    """The row's proposals, by request field, and whether the accordions are shown whose controls it honours, by name.

    :class:`demos.ui.tab.Tab` shows and hides the controls themselves.
    """
    row = registry.find(name, "faces")
    updates: dict[str, Any] = {}
    for field, proposed in PROPOSED.items():
        value = row.settings.get(proposed) if field == "count" or field in row.accepts else None
        updates[field] = gr.skip() if value is None else gr.update(value=value)  # an empty number would turn into 0
    return {**updates, **{part: gr.update(visible=field in row.accepts) for part, field in ACCORDIONS.items()}}


def on_face_selected(event: gr.SelectData) -> tuple[str, int, Any]:
    """Name the seed of the face that was clicked, and show the buttons that use it."""
    face = event.value if isinstance(event.value, dict) else {}
    seed, number = _digits(face.get("caption")), _digits(event.index) + 1
    shown = both(f"Face {number}: seed <b>{seed}</b>", f"第 {number} 张：种子 <b>{seed}</b>")
    return f'<div class="status">{shown}</div>', seed, gr.update(visible=True)


def _digits(sent: Any) -> int:
    """The number in what a page sent, at most a seed; 0 for anything else."""
    text = str(sent) if isinstance(sent, (int, str)) and not isinstance(sent, bool) else ""
    return min(int(text), MAX_SEED) if text.isascii() and text.isdigit() and len(text) <= 10 else 0


def reset_selection() -> list[Any]:
    """After a run no face is selected."""
    return [gr.update(selected_index=None), HINT, gr.update(visible=False)]
