"""Inpainting: remove scratches, wires and lettering, or have a hole repainted as words say.

Rows in aigc_core/catalog/inpaint.py; pipelines in aigc_core/pipelines/: classical_inpaint.py,
patchmatch_inpaint.py and pretrained/diffusion_inpaint.py; masks in aigc_core/media/mask.py.

The page paints its mask on a small copy of the picture; the picture itself goes to the pipeline as it was uploaded, so
what is not masked keeps its bytes. The endpoint ``/inpaint`` takes picture and mask as files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Result
from demos.inpaint.mask import canvas, overlay, with_mask
from demos.ui import player
from demos.ui.assets import markdown
from demos.ui.components import EditorInput, ImageInput, Number, PageImage, PageImageSlider
from demos.ui.contact_sheet import small
from demos.ui.fields import make_request
from demos.ui.gallery import example
from demos.ui.i18n import Text, t
from demos.ui.pictures import SCENES
from demos.ui.player import Update, Updates
from demos.ui.studio import Studio
from demos.ui.tab import Tab, Values
from demos.ui.wiring import QUIET

TITLE = Text("Inpainting", "图像修复")
LEAD = Text(
    "Paint over what should go, or upload a mask (white: repaint). Everything else comes back byte for byte, at full size.",
    "涂抹要去除的部分，或上传遮罩（白色为重绘区域）。其余像素按原尺寸逐字节保留。",
)


def build(studio: Studio) -> None:
    opening = example("inpaint", ".png")
    damaged, hole = str(SCENES / "scratched.jpg"), str(SCENES / "scratched-mask.png")
    with Tab(studio, InpaintRequest, LEAD, verb=Text("Repair it", "开始修复")) as tab:
        with tab.left():
            tab.bind("image", _upload("1 · Picture", "1 · 图片", damaged, 200))
            editor = _editor(damaged)
            tab.bind(
                "mask", _upload("or upload a mask (it wins over the brush)", "或上传遮罩（优先于涂抹）", hole, 150)
            )
            tab.model()
            tab.control("prompt", lines=2)
            tab.control("grow")
            tab.control("feather")
            tab.control("invert")
            with tab.advanced():
                tab.control("radius")
                tab.control(
                    "seed", cls=Number, info=t("PatchMatch and diffusion models only", "仅用于 PatchMatch 和扩散模型")
                )
                for name in ("num_inference_steps", "guidance_scale"):
                    tab.control(name, cls=Number)
        with tab.right():
            slider = PageImageSlider(
                (damaged, opening[0]) if opening else None,
                show_label=False,
                max_height=560,
                interactive=False,
                buttons=["fullscreen"],
                elem_classes=["before-after"],
            )
            shown = PageImage(
                overlay({"image": damaged, "mask": hole}),
                height=260,
                interactive=False,
                format="jpeg",
                label=t("Red: will be repainted", "红色：将被重绘"),
                buttons=["fullscreen"],
            )

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            return {slider: (values["image"], files["image"])}

        tab.run(
            [slider],
            show,
            lambda repaired, values: {slider: (values["image"], small(repaired))},
            endpoint=None,
            extras={"editor": editor},
            prepare=with_mask,
        )
        _wire(tab, editor, shown)
        _endpoint(tab)
        if opening:
            tab.recipe.value = opening[1]
        tab.examples(
            [
                ("Scratched lake (Telea)", "划痕湖景（Telea）", _example("scratched", "inpaint-telea")),
                ("Scratched lake (Navier-Stokes)", "划痕湖景（Navier-Stokes）", _example("scratched", "inpaint-ns")),
                ("Scratched lake (PatchMatch)", "划痕湖景（PatchMatch）", _example("scratched", "inpaint-patchmatch")),
                ("Date stamp", "日期水印", _example("stamped", "inpaint-telea", grow=2)),
            ]
        )
        tab.how(
            *markdown("inpaint", "how"), source="aigc_core/pipelines/images/classical_inpaint.py", lessons=["images"]
        )


def _upload(en: str, zh: str, value: str | None, height: int) -> Any:
    return ImageInput(
        value,
        sources=["upload", "clipboard"],
        type="filepath",
        label=t(en, zh),
        height=height,
        elem_classes=["upload"],
    )


def _editor(path: str) -> Any:
    return EditorInput(
        canvas(path),
        label=t("2 · Paint over what should go", "2 · 涂抹要去除的部分"),
        sources=(),
        transforms=(),
        layers=False,
        brush=gr.Brush(default_size=24, colors=["#ff2850"], color_mode="fixed"),
        height=380,
        type="filepath",
        buttons=["fullscreen"],
    )


def _wire(tab: Tab, editor: Any, shown: Any) -> None:
    """A new picture goes to the editor and drops the old mask; whatever shapes the mask redraws the overlay."""
    image, mask = tab.fields["image"], tab.fields["mask"]
    shaping = [image, mask, editor, *(tab.fields[n] for n in ("invert", "grow", "feather"))]

    def redraw(image: Any, mask: Any, drawn: Any, invert: bool, grow: int, feather: int) -> Any:
        values = {"image": image, "mask": mask, "invert": invert, "grow": grow, "feather": feather}
        return overlay({**values, "editor": drawn})

    image.change(player.guard(canvas), [image], [editor], **QUIET)
    gr.on([image.upload, image.clear], lambda: None, [], [mask], **QUIET)
    changes = [mask.change, editor.change, *(c.change for c in shaping[3:])]
    gr.on(changes, player.guard(redraw), shaping, [shown], trigger_mode="always_last", **QUIET)


def _endpoint(tab: Tab) -> None:
    """``/inpaint``: picture and mask as files; the picture, then the recipe."""
    with gr.Row(visible=False):
        image, recipe = gr.Image(label="image", format="png"), gr.JSON(label="recipe")

    def inpaint(request: gr.Request, **values: Any) -> Updates:
        def show(result: Result, files: Mapping[str, str]) -> Update:
            return {image: files["image"], recipe: dict(result.recipe)}

        yield from player.answer(tab.studio, lambda: make_request(InpaintRequest, values), show, request)

    tab.endpoint(inpaint, tab.fields, [image, recipe], "inpaint")


def _example(scene: str, model: str, **change: Any) -> dict[str, Any]:
    start = {
        "image": str(SCENES / f"{scene}.jpg"),
        "mask": str(SCENES / f"{scene}-mask.png"),
        "model": model,
        "invert": False,
        "grow": 0,
        "feather": 0,
        "radius": 5,
    }
    return {**start, **change}
