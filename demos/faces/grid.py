"""The grid of faces of the Faces tab: what it opens with, how it follows a run, a click on a face, a change of model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
from PIL import Image

from aigc_core import registry
from aigc_core.files import PICTURE_FORMATS
from aigc_core.tasks.faces import Faces
from aigc_core.tasks.fields import MAX_SEED
from aigc_core.types import Result
from demos.ui.i18n import both
from demos.ui.tab import example

COLUMNS = 4
HINT = f'<div class="status">{both("Click a face to see its seed.", "点击人脸可查看它的种子。")}</div>'
ADAPTED = ("count", "num_inference_steps", "guidance_scale", "walk", "attributes", "mixing")
"""What :func:`control_updates` updates, in its order: request fields, and the three accordions."""


def show(result: Result, files: Mapping[str, str]) -> list[Any]:
    """The faces' own files, captioned with their seeds, and the morph if there is one."""
    faces: Faces = result.output
    return [[(files[f"face-{i}"], str(seed)) for i, seed in enumerate(faces.seeds)], files.get("morph")]


def preview(faces: Faces) -> list[Any]:
    """The faces so far."""
    return [[(image, str(seed)) for image, seed in zip(faces.images, faces.seeds, strict=True)], gr.skip()]


def opening() -> tuple[list[tuple[Image.Image, str]], dict[str, Any] | None]:
    """The finished example: the contact sheet in ``docs/gallery`` cut into its faces, and its recipe."""
    made = example("faces", ".png")
    if made is None:
        return [], None
    file, recipe = made
    count, gap = recipe["parameters"]["count"], 4  # pixels between the faces of a sheet
    sheet, columns = Image.open(file, formats=PICTURE_FORMATS).convert("RGB"), max(1, round(count**0.5 + 0.49))
    side = (sheet.width + gap) // columns
    corners = [((i % columns) * side, (i // columns) * side) for i in range(count)]
    faces = [sheet.crop((x, y, x + side - gap, y + side - gap)) for x, y in corners]
    return [(face, str(recipe["seed"] + i)) for i, face in enumerate(faces)], recipe


def uses(name: str) -> tuple[str, ...]:
    """The optional request fields that a row takes."""
    return registry.find(name, "faces").accepts


def control_updates(name: str) -> list[Any]:
    """The row's proposals, and the accordions whose controls it honours; updates in the order of :data:`ADAPTED`.

    :class:`demos.ui.tab.Tab` shows and hides the controls themselves.
    """
    row = registry.find(name, "faces")
    count = row.settings.get("count")
    updates = {"count": gr.skip() if count is None else gr.update(value=count)}
    for field, proposed in (("num_inference_steps", "steps"), ("guidance_scale", "guidance_scale")):
        value = row.settings.get(proposed) if field in row.accepts else None
        updates[field] = gr.skip() if value is None else gr.update(value=value)  # an empty number would turn into 0
    for accordion, field in (("walk", "seed_to"), ("attributes", "age"), ("mixing", "mix_seed")):
        updates[accordion] = gr.update(visible=field in row.accepts)
    return [updates[part] for part in ADAPTED]


def picked(event: gr.SelectData) -> tuple[str, int, Any]:
    """What a click on a face shows; its seed goes to the buttons beside it."""
    face = event.value if isinstance(event.value, dict) else {}
    seed, number = _digits(face.get("caption")), _digits(event.index) + 1
    shown = both(f"Face {number}: seed <b>{seed}</b>", f"第 {number} 张：种子 <b>{seed}</b>")
    return f'<div class="status">{shown}</div>', seed, gr.update(visible=True)


def _digits(sent: Any) -> int:
    """A number as a page sends it, at most a seed; 0 for anything else."""
    text = str(sent) if isinstance(sent, (int, str)) and not isinstance(sent, bool) else ""
    return min(int(text), MAX_SEED) if text.isascii() and text.isdigit() and len(text) <= 10 else 0


def settled(recipe: Mapping[str, Any] | None) -> list[Any]:
    """After a run: back to the grid, nothing picked, the morph shown if one was made."""
    walked = recipe is not None and recipe.get("parameters", {}).get("seed_to") is not None
    return [gr.update(selected_index=None), HINT, gr.update(visible=False), gr.update(visible=walked)]
