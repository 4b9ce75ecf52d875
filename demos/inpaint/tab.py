"""Inpainting: remove scratches, wires and lettering, or have a hole repainted as words say.

Rows in aigc_core/catalog/inpaint.py; pipelines in aigc_core/pipelines/: classical_inpaint.py,
patchmatch_inpaint.py and pretrained/diffusion_inpaint.py; masks in aigc_core/media/mask.py.

The page paints its mask on a copy of the picture (``demos/inpaint/canvas.py``); the picture itself goes to the pipeline as it was
uploaded, so what is not masked keeps its bytes. The endpoint ``/inpaint`` takes picture and mask as files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core import registry, support
from aigc_core.media import image as pictures
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Result
from demos.inpaint import canvas, methods
from demos.ui import player
from demos.ui.assets import markdown
from demos.ui.components import ImageInput, Number, PageButton, PageHTML, PageImageSlider, PageTextbox, UploadInput
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
SIDES = ("extend_left", "extend_right", "extend_top", "extend_bottom")
LEAD = Text(
    "Paint over what should go, click it with Object, or open a mask (white: repaint). Everything else comes back byte for byte, at full size.",
    "涂抹要去除的部分，或用“选对象”点击一下；也可打开遮罩（白色为重绘区域）。其余像素按原尺寸逐字节保留。",
)


def build(studio: Studio) -> None:
    opening = example("inpaint", ".png")
    damaged, hole = str(SCENES / "scratched.jpg"), str(SCENES / "scratched-mask.png")
    with Tab(studio, InpaintRequest, LEAD, verb=Text("Repair it", "开始修复")) as tab:
        with tab.left():
            tab.bind("image", _file(damaged))
            tab.bind("mask", _file(hole))
            painted = canvas.build(damaged, hole)
            with gr.Row(elem_classes=["mask-files"]):
                opened = _open("Open a picture", "打开图片", "mask-open")
                loaded = _open("Open a mask", "打开遮罩", "mask-load")
            tab.model()
            warning = PageHTML("", elem_classes=["hintbox"], padding=False)
            tab.control("prompt", lines=2)
            with tab.more(), gr.Row():
                compare = PageButton(t("Compare all methods", "比较全部方法"), size="sm")
                hide = PageButton(t("Hide a part at random", "随机遮住一部分"), size="sm")
            with tab.more(), gr.Accordion(t("Extend the picture", "扩展画面"), open=False), gr.Row():
                for name in SIDES:
                    tab.control(name, min_width=180)
            with tab.advanced():
                tab.control("grow")
                tab.control("feather")
                tab.control("invert")
                tab.control("objects", lines=2, placeholder="120,80")
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
            columns = PageHTML("", padding=False)

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            return {slider: (_framed(values), files["image"])}

        tab.run(
            [slider],
            show,
            lambda repaired, values: {slider: (_framed(values), small(repaired))},
            endpoint=None,
            js=canvas.sends(list(tab.fields)),
        )
        _wire(tab, painted, opened, loaded, hide)
        methods.wire(tab, compare, columns, canvas.sends(list(tab.fields)))
        tab.fields["image"].change(lambda: "", [], [columns], **QUIET)
        _warn(tab, painted, warning)
        _endpoint(tab)
        if opening:
            tab.recipe.value = opening[1]
        tab.examples(
            [
                ("Scratched lake (Telea)", "划痕湖景（Telea）", _example("scratched", "inpaint-telea")),
                ("Scratched lake (Navier-Stokes)", "划痕湖景（Navier-Stokes）", _example("scratched", "inpaint-ns")),
                ("Scratched lake (PatchMatch)", "划痕湖景（PatchMatch）", _example("scratched", "inpaint-patchmatch")),
                ("Date stamp", "日期水印", _example("stamped", "inpaint-telea", grow=2)),
                (
                    "A wider canal",
                    "加宽运河",
                    _example("canal", "inpaint-patchmatch", mask=None, extend_left=20, extend_right=20),
                ),
            ]
        )
        tab.how(
            *markdown("inpaint", "how"), source="aigc_core/pipelines/images/classical_inpaint.py", lessons=["images"]
        )


def _framed(values: Values) -> Any:
    """The picture before, in an empty frame where it is extended, so that it lies under the picture after."""
    if not any(values[name] for name in SIDES):
        return values["image"]
    sides = {name: values[name] for name in SIDES}
    return canvas.framed(InpaintRequest(image=pictures.read(values["image"]), **sides))


def _file(value: str) -> Any:
    """A field that holds a file; the canvas shows it."""
    return ImageInput(value, type="filepath", visible="hidden", show_label=False)


def _open(en: str, zh: str, name: str) -> Any:
    return UploadInput(t(en, zh), file_types=["image"], size="sm", elem_classes=[name])


def _wire(tab: Tab, painted: Any, opened: Any, loaded: Any, hide: Any) -> None:
    """The canvas shows picture and mask whenever they change; a stroke on it takes the place of the mask's file."""
    image, mask = tab.fields["image"], tab.fields["mask"]

    def with_mask(image: str | None, mask: str | None) -> Any:
        return canvas.shown(image, mask) if mask else gr.skip()

    opened.upload(lambda file: (file, None), [opened], [image, mask], **QUIET)
    loaded.upload(lambda file: file, [loaded], [mask], **QUIET)
    image.change(player.guard(canvas.shown), [image, mask], [painted], **QUIET)
    mask.change(player.guard(with_mask), [image, mask], [painted], **QUIET)
    painted.input(None, [], [mask], js="() => [null]", **QUIET)
    found = PageTextbox(visible=False)

    def pick(image: str | None, event: gr.SelectData) -> str:
        return canvas.selected(image, event.index)

    picked = painted.select(player.guard(pick), [image], [found], **QUIET)
    part = hide.click(player.guard(lambda image: canvas.hidden(image, methods.HIDDEN)), [image], [found], **QUIET)
    for event in (picked, part):
        event.then(None, [found], [], js=canvas.JOIN, **QUIET)
    for names, script in ((("invert", "grow", "feather"), canvas.SHAPE), (SIDES, canvas.EXTEND)):
        controls = [tab.fields[name] for name in names]
        gr.on([control.change for control in controls], None, controls, [], js=script, **QUIET)


def _warn(tab: Tab, painted: Any, warning: Any) -> None:
    """Say before a run that the hole is deeper than the chosen model can fill."""
    model = tab.fields["model"]

    def look(name: str, event: gr.SelectData) -> str:
        depth = event.index if isinstance(event.index, int) else 0
        found = support.too_deep(registry.find(name, InpaintRequest.task), depth)
        return "" if found is None else player.notice(*found, error=False)

    painted.edit(player.guard(look), [model], [warning], **QUIET)
    model.change(None, [], [], js=canvas.MEASURE, **QUIET)


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
