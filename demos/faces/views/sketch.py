"""A drawing becomes a face: SDEdit puts noise on it and lets the diffusion model take the noise away again.

The endpoint ``/sketch_face`` takes the drawing as a file; the page sends what its canvas shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
from PIL import Image

from aigc_core import registry
from aigc_core.tasks.faces import FaceSketch, SketchFaceRequest
from aigc_core.types import Result
from demos.faces import kept as faces_kept
from demos.faces.canvas import COLOURS, DOODLES, SIDE, composite, doodle, editor
from demos.ui import contact_sheet, player
from demos.ui.assets import markdown
from demos.ui.components import EditorInput, ImageInput, PageButton, PageHTML, PageImage
from demos.ui.fields import make_request
from demos.ui.i18n import Text, t
from demos.ui.panel import Panel, absent
from demos.ui.player import Update, Updates
from demos.ui.studio import Studio
from demos.ui.tab import Values
from demos.ui.wiring import QUIET

TITLE = Text("Draw a face: from sketch to photo", "画一张脸：从草图到照片")
LEAD = Text(
    "Paint in rough patches of colour: skin, hair, eyes, mouth. Noise is laid over the drawing and the diffusion model takes "
    "it away again. Low strength keeps your drawing, high strength keeps only its colours and places.",
    "用色块随意画：皮肤、头发、眼睛、嘴。程序先给草图加噪声，再由扩散模型去噪。强度低则保留你的画，强度高则只保留颜色与位置。",
)
SEED = 3


def build(studio: Studio) -> None:
    rows = registry.answering(SketchFaceRequest)
    if not rows:
        return absent(TITLE, "sketch", Text("our diffusion model", "本项目的扩散模型"))
    with Panel(studio, SketchFaceRequest, TITLE, LEAD, verb=Text("Make it a face", "生成人脸"), name="sketch") as panel:
        with panel.left():
            canvas = EditorInput(
                editor(doodle("dark")),
                label=t("Canvas", "画布"),
                sources=(),
                transforms=(),
                layers=False,
                height=420,
                canvas_size=(SIDE, SIDE),
                fixed_canvas=True,
                type="filepath",
                buttons=["fullscreen"],
                brush=gr.Brush(default_size=14, colors=[*COLOURS], default_color=COLOURS[0]),
            )
            with gr.Row(elem_classes=["examples"]):
                starts = [(PageButton(t(*name), size="sm"), key) for key, (name, _) in DOODLES.items()]
            panel.bind("image", ImageInput(visible=False, type="filepath"))
            panel.pick(rows)
            panel.control("strength")
            panel.control("count", value=4, maximum=8)
            panel.seed(SEED)
            panel.control(
                "prompt",
                value="",
                lines=2,
                info=t("age, gender, mouth; empty: any face", "年龄、性别、表情；留空则不限"),
            )
            with panel.advanced():
                panel.control("num_inference_steps")
                panel.control("guidance_scale")
        with panel.right():
            kept = opening()
            sheet = PageHTML("", elem_classes=["contact-sheet"], padding=False)
            gallery = gr.Gallery(
                kept[:-1],
                columns=2,
                object_fit="contain",
                format="png",
                show_label=False,
                interactive=False,
                elem_classes=["faces-grid", "two"],
            )
            noisy = PageImage(
                kept[-1][0] if kept else None,
                label=t("Your drawing under the noise it starts from", "加噪后的草图（采样起点）"),
                height=190,
                format="webp",
                interactive=False,
                buttons=["fullscreen"],
                elem_classes=["sketch-noisy"],
            )

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            return {sheet: "", gallery: files_of(result.output, files), noisy: result.output.noisy}

        panel.run(
            [gallery, noisy, sheet],
            show,
            lambda output, values: {sheet: contact_sheet.view(output.images, 2)},
            endpoint=None,
            extras={"canvas": canvas},
            prepare=with_drawing,
        )
        for button, key in starts:
            button.click(_start(key), [], [canvas], **QUIET)
        _endpoint(panel)
        panel.explain(
            *markdown("faces", "views/sketch"), ("aigc_core/sampling/diffusion/samplers.py", None), lessons=["images"]
        )
    return None


def _start(key: str) -> Any:
    return lambda: editor(doodle(key))


def with_drawing(values: Values) -> Values:
    """The request's fields, the canvas as the picture where no file was given.

    Raises:
        InvalidRequestError: nothing was drawn.
    """
    fields = {name: value for name, value in values.items() if name != "canvas"}
    return {**fields, "image": fields.get("image") or composite(values.get("canvas"))}


def files_of(output: FaceSketch, files: Mapping[str, str]) -> list[tuple[str, str]]:
    """The faces' own files, captioned with their seeds."""
    return [(files[f"face-{i}"], str(seed)) for i, seed in enumerate(output.seeds)]


def _endpoint(panel: Panel) -> None:
    """``/sketch_face``: the drawing as a file; faces, then the recipe."""
    with gr.Row(visible=False):
        faces, recipe = gr.Gallery(label="faces", format="png"), gr.JSON(label="recipe")

    def sketch(request: gr.Request, **values: Any) -> Updates:
        def show(result: Result, files: Mapping[str, str]) -> Update:
            return {faces: files_of(result.output, files), recipe: dict(result.recipe)}

        yield from player.answer(panel.studio, lambda: make_request(SketchFaceRequest, values), show, request)

    panel.endpoint(sketch, panel.fields, [faces, recipe], "sketch_face")


def opening() -> list[tuple[Image.Image, str]]:
    """The kept faces with their seeds, and last the drawing under its noise; empty before they were made."""
    kept = faces_kept.record("sketch")
    if kept is None:
        return []
    captions = [str(seed) for seed in kept["seeds"]] + ["x"]
    return list(zip(faces_kept.read("sketch", 1, len(captions))[0], captions, strict=True))
