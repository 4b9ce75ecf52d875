"""Style transfer: a photo in one of many painted styles, in the style of any picture, or as words say.

Rows in aigc_core/catalog/stylize.py; pipelines in aigc_core/pipelines/images/: onnx_style.py (26 styles, any picture),
painted_styles.py (ours), slow_painting.py (pixel by pixel) and img2img.py (diffusion).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.stylize import StylizeRequest
from aigc_core.types import Result
from demos.stylize import all_styles
from demos.ui import player
from demos.ui.assets import markdown
from demos.ui.components import Dropdown, ImageInput, Number, PageGallery, PageImageSlider
from demos.ui.contact_sheet import small
from demos.ui.gallery import example
from demos.ui.i18n import Text, bilingual, t
from demos.ui.names import STYLES_ZH
from demos.ui.pictures import SCENES, STYLES
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.tab import Tab, Values
from demos.ui.wiring import QUIET

TITLE = Text("Style transfer", "风格迁移")
LEAD = Text(
    "Repaint a photo in one of 42 styles, or take the style from any picture. Drag the line to compare before and after.",
    "把照片重绘成 42 种画风之一，也可以从任意图片提取风格。拖动中线即可对比前后效果。",
)


_DEFAULT = registry.list_models("stylize")[0]
_WAYS = [
    (bilingual("Lightness alone", "只画明暗"), "luminance"),
    (bilingual("Matched palette", "匹配配色"), "histogram"),
]


def build(studio: Studio) -> None:
    opening = example("stylize", ".png")
    with Tab(studio, StylizeRequest, LEAD, verb=Text("Paint it", "开始绘制")) as tab:
        with tab.left():
            tab.bind("image", _upload("Picture", "图片", str(SCENES / "lake.jpg"), 190))
            tab.model()
            tab.bind(
                "style", Dropdown(_choices(_DEFAULT.name), value=_styles(_DEFAULT.name)[0], label=t("Style", "风格"))
            )
            thumbs = PageGallery(
                _thumbnails(_DEFAULT.name),
                show_label=False,
                columns=4,
                height=236,
                allow_preview=False,
                elem_classes=["style-pick"],
                object_fit="cover",
                interactive=False,
                buttons=[],
            )
            tab.control("prompt", lines=2)
        with tab.more():
            picture = _upload("Your own style picture", "自选风格图片", None, 150)
            tab.bind("style_image", picture, follows_model=False)  # uploading one picks the model that reads it
            tab.control("strength")
            tab.control(
                "blend",
                lines=2,
                placeholder="water-lilies:0.5",
                info=t(
                    "up to three further styles, one a line, each with a weight; the chosen one has 1",
                    "最多再混入三种风格，每行一种，可加权重；所选风格的权重为 1",
                ),
            )
            tab.control("style_scale", step=0.25)
            tab.control("keep_colors")
            tab.bind(
                "keep_colors_by",
                Dropdown(_WAYS, value="luminance", label=t("Colours kept by", "保留原色方式"), filterable=False),
            )
            with tab.advanced():
                tab.control("max_side", step=32)
                tab.control("seed", cls=Number, precision=0, info=t("diffusion models only", "仅用于扩散模型"))
                tab.control("num_inference_steps")
                tab.control("guidance_scale")
        with tab.right():
            image = gr.Image(visible=False, label="image", format="png")
            slider = PageImageSlider(
                (str(SCENES / "lake.jpg"), opening[0]) if opening else None,
                show_label=False,
                buttons=["fullscreen"],
                interactive=False,
                max_height=560,
                elem_classes=["before-after"],
            )

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            return {image: files["image"], slider: (values["image"], files["image"])}

        tab.run([image, slider], show, lambda painted, values: {slider: (values["image"], small(painted))})
        _wire(tab, thumbs)
        if opening:
            tab.recipe.value = opening[1]
        tab.examples(
            [
                ("Lake as a starry night", "湖光·星夜", _example("lake", "starry-swirl")),
                ("Canal in stained glass", "运河·彩绘玻璃", _example("canal", "stained-glass")),
                ("Lake after Picabia", "湖光·毕卡比亚", _example("lake", "udnie", "style-paintings")),
                ("Fruit in autumn oil", "静物·秋日油画", _example("still-life", "autumn-oil")),
                (
                    "Canal in ink, own colours",
                    "运河·水墨，保留原色",
                    {**_example("canal", "ink", "style-arbitrary"), "keep_colors": True},
                ),
            ]
        )
        tab.how(*markdown("stylize", "how"), source="aigc_core/pipelines/images/onnx_style.py", lessons=["images"])
        all_styles.build(studio, tab)


def _upload(en: str, zh: str, value: str | None, height: int) -> Any:
    return ImageInput(value, sources=["upload", "clipboard"], type="filepath", label=t(en, zh), height=height)


def _example(scene: str, style: str, model: str = _DEFAULT.name) -> dict[str, Any]:
    return {
        "image": str(SCENES / f"{scene}.jpg"),
        "model": model,
        "style": style,
        "style_image": None,
        "blend": "",
        "style_scale": 1.0,
        "strength": 1.0,
        "keep_colors": False,
    }


def _wire(tab: Tab, thumbs: Any) -> None:
    """Styles follow the model; a thumbnail picks its style; a style picture picks a model that reads it."""
    model, style, picture = (tab.fields[n] for n in ("model", "style", "style_image"))

    def reads(name: str) -> bool:
        return registry.accepts(registry.find(name), "style_image", StylizeRequest)

    def follow(name: str, current: str) -> Update:
        styles = _styles(name)
        chosen = current if current in styles else styles[0]
        kept = {} if reads(name) else {picture: gr.update(value=None)}
        return {style: gr.update(choices=_choices(name), value=chosen), thumbs: _thumbnails(name), **kept}

    def pick(name: str, event: gr.SelectData) -> Any:
        styles, at = _styles(name), event.index
        return styles[at] if isinstance(at, int) and 0 <= at < len(styles) else gr.skip()

    tab.on_model(follow, [style, thumbs, picture], [style])
    thumbs.select(player.guard(pick), [model], [style], **QUIET)

    def read(name: str, *held: Any) -> Update:
        return {} if reads(name) else tab.controls.filled({model: "style-arbitrary"}, held)

    picture.upload(player.guard(read), [model, *tab.controls.inputs], tab.controls.outputs, **QUIET)


def _styles(model: str) -> tuple[str, ...]:
    return tuple(registry.find(model).options["style"])


def _choices(model: str) -> list[tuple[str, str]]:
    return [(_shown(name), name) for name in _styles(model)]


def _shown(style: str) -> str:
    return bilingual(style.replace("-", " ").capitalize(), STYLES_ZH[style])


def _thumbnails(model: str) -> list[tuple[str, str]]:
    return [(str(file), _shown(name)) for name in _styles(model) if (file := STYLES / f"{name}.webp").exists()]
