"""A photo's face in a model's latents, moved along directions: older, laughing, lighter; and the other way round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.faces import DIRECTIONS, EditFaceRequest, FaceEdit
from aigc_core.types import Result
from demos.ui.assets import markdown
from demos.ui.components import ImageInput, PageButton, PageHTML
from demos.ui.gallery import GALLERY
from demos.ui.i18n import Text, both, t
from demos.ui.panel import Panel, absent
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.tab import Values
from demos.ui.wiring import QUIET

TITLE = Text("Edit a photo: reconstruct, then change", "编辑照片：先重建，再修改")
LEAD = Text(
    "Upload a photo with one face. It is cut out and turned as the training faces were, brought into the model's latent "
    "space, and redrawn with the sliders' changes. The photo is not kept.",
    "上传一张含单个人脸的照片。程序按训练数据的方式裁剪并对齐，映射到模型的潜空间，再按滑块的设置重新绘制。照片不会被保存。",
)


PHOTO = GALLERY / "faces-photo.png"
"""A generated face to try the sliders on; made by ``python scripts/faces_examples.py``."""


def build(studio: Studio) -> None:
    rows = registry.answering(EditFaceRequest)
    if not rows:
        return absent(TITLE, "edit", Text("our VAE or GAN", "本项目的 VAE 或 GAN"))
    with Panel(
        studio, EditFaceRequest, TITLE, LEAD, verb=Text("Reconstruct and edit", "重建并编辑"), name="edit"
    ) as panel:
        with panel.left():
            photo = str(PHOTO) if PHOTO.exists() else None
            panel.bind(
                "image",
                ImageInput(
                    photo,
                    sources=["upload", "webcam", "clipboard"],
                    type="filepath",
                    label=t("Photo", "照片"),
                    height=240,
                ),
            )
            model = panel.pick(rows)
            sliders = [panel.control(name, step=0.1) for name in DIRECTIONS]
            reset = PageButton(t("All sliders to 0", "滑块归零"), size="sm")
            steps = panel.control("steps", maximum=300, visible=not encodes(rows[0].name))
        with panel.right():
            with gr.Row(equal_height=False, elem_classes=["edit-pictures"]):
                edited, rebuilt, aligned = (
                    gr.Image(
                        label=t(en, zh),
                        interactive=False,
                        format="png",
                        height=230,
                        min_width=140,
                        buttons=["download"],
                    )
                    for en, zh in (
                        ("Edited", "编辑结果"),
                        ("Reconstruction", "重建"),
                        ("Cut from the photo", "裁剪对齐"),
                    )
                )
            said = PageHTML("", padding=False)
        pictures = {"edited": edited, "reconstruction": rebuilt, "aligned": aligned}

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            return {**{part: files[role] for role, part in pictures.items()}, said: note(result.output)}

        def preview(output: FaceEdit, values: Values) -> Update:
            return {part: getattr(output, role) for role, part in pictures.items()}

        panel.run([*pictures.values(), said], show, preview, endpoint="edit_face")
        for slider in sliders:
            _rerun(panel, slider.release(_only_encoders, [model], [], **QUIET))
        _rerun(
            panel,
            reset.click(lambda: [0] * len(sliders), [], sliders, **QUIET).success(_only_encoders, [model], [], **QUIET),
        )
        panel.on_model(lambda name: {steps: gr.update(visible=not encodes(name))}, [steps])
        if photo:
            panel.examples(EXAMPLES)
        panel.explain(
            *markdown("faces", "views/edit"),
            ("aigc_core/pipelines/faces/edit.py", None),
            ("aigc_core/training/face_directions.py", None),
            lessons=["images", "vae-idea"],
        )
    return None


def encodes(name: str) -> bool:
    """True for a row that answers at once: with its encoder, without a search."""
    return "steps" not in registry.find(name, "faces").accepts


def _only_encoders(name: str) -> None:
    """A released slider runs again where that takes a moment; a projection waits for its button.

    Raises:
        gr.Error: silently, to end the chain.
    """
    if not encodes(name):
        raise gr.Error("", visible=False, print_exception=False)


def _rerun(panel: Panel, event: Any) -> None:
    panel.running.append(event.success(**panel.event, api_visibility="private"))


def note(output: FaceEdit) -> str:
    """A sentence on how the face was found and how close the reconstruction is; HTML."""
    how = {
        "eyes": both("Aligned by the eyes that were found.", "已按检测到的双眼对齐。"),
        "centre": both(
            "<b>No face was found</b>, so the middle of the picture was taken. Crop it so that the face fills it.",
            "<b>未检测到人脸</b>，已取图片中央部分。请裁剪图片，让人脸占满画面。",
        ),
    }.get(output.aligned_by, "")
    met = both(
        f"Reconstruction and photo differ by {output.error:.1f} of 255 levels on average.",
        f"重建图与照片平均相差 {output.error:.1f} 级（共 255 级）。",
    )
    return f'<p class="faces-caption">{how} {met}</p>'


_FACE = {"image": str(PHOTO), "age": 0.0, "smile": 0.0, "gender": 0.0, "brightness": 0.0}
EXAMPLES: list[tuple[str, str, dict[str, Any]]] = [
    ("Reconstruct", "仅重建", _FACE),
    ("Older", "变老", {**_FACE, "age": 2.0}),
    ("Younger", "变年轻", {**_FACE, "age": -2.0}),
    ("Laughing", "大笑", {**_FACE, "smile": 2.0}),
    ("Lighter", "变亮", {**_FACE, "brightness": 2.0}),
]
