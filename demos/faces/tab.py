"""Faces: pictures of people who do not exist, walks between them, and what goes on inside the three kinds of model.

Rows in aigc_core/catalog/faces.py; pipelines in aigc_core/pipelines/faces/. Each view below the columns is a module of demos/faces/views/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.faces import DIRECTIONS, FacesRequest
from aigc_core.types import Result
from demos.faces import controls as faces_controls
from demos.faces import grid as faces_grid
from demos.faces import how as faces_how
from demos.faces.grid import (
    ACCORDIONS,
    COLUMNS,
    HINT,
    PROPOSED,
    control_updates,
    on_face_selected,
    opening,
    reset_selection,
)
from demos.faces.views import curve as faces_curve
from demos.faces.views import edit as faces_edit
from demos.faces.views import nearest as faces_nearest
from demos.faces.views import same_seed as faces_same_seed
from demos.faces.views import sketch as faces_sketch
from demos.faces.views import trajectory as faces_trajectory
from demos.ui import contact_sheet, openings
from demos.ui.components import PageButton, PageHTML
from demos.ui.i18n import Text, both, t
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.tab import Tab, Values
from demos.ui.wiring import QUIET

TITLE = Text("Faces", "人脸生成")
LEAD = Text(
    "A network turns random numbers into faces of people who do not exist. Same seed, same face; two seeds make a morph.",
    "神经网络把随机数变成并不存在的人脸。种子相同，人脸就相同；给两个种子，就能从一张脸渐变到另一张。",
)


def build(studio: Studio) -> None:
    """The tab."""
    pictures, recipe = opening()
    with Tab(studio, FacesRequest, LEAD, verb=Text("Generate faces", "生成人脸")) as tab:
        with tab.left():
            tab.model()
            parts = faces_controls.build(tab, recipe)
        with tab.right():
            sheet = PageHTML("", elem_classes=["contact-sheet"], padding=False)
            gallery = gr.Gallery(
                pictures,
                columns=COLUMNS,  # as many as grid.css makes room for
                object_fit="contain",
                format="png",
                show_label=False,
                interactive=False,
                elem_classes=["faces-grid"],
            )
            with gr.Row(elem_classes=["faces-selected"]):
                line, selected = PageHTML(HINT, padding=False), gr.State(None)
                with gr.Row(visible=False, elem_classes=["faces-selected"]) as use:
                    keep = PageButton(t("Use as seed", "设为种子"), size="sm")
                    aim = PageButton(t("Morph to it", "设为渐变目标"), size="sm")
            left_out = PageHTML("", padding=False)
            morph = gr.Video(
                label=t("Morph", "渐变"),
                autoplay=True,
                loop=True,
                height=300,
                buttons=["download"],
                elem_classes=["faces-morph"],
            )

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            return {
                sheet: "",
                gallery: faces_grid.files_of(result.output, files),
                morph: files.get("morph"),
                left_out: faces_grid.rejects(result.output),
            }

        tab.run(
            [gallery, morph, sheet, left_out],
            show,
            lambda faces, values: {sheet: contact_sheet.view(faces.images, faces_grid.columns(len(faces.images)))},
            also=[tab.fields["prompt"]],
        )
        faces_controls.follow(tab, parts)
        follows_model = {name: parts.get(name) or tab.fields[name] for name in (*PROPOSED, *ACCORDIONS)}
        tab.on_model(
            lambda model: {follows_model[name]: update for name, update in control_updates(model).items()},
            list(follows_model.values()),
        )
        gallery.select(on_face_selected, [], [line, selected, use], **QUIET)
        tab.recipe.change(reset_selection, [], [gallery, line, use], **QUIET)
        kept: list[Any] = [tab.fields["seed"], tab.fresh]
        keep.click(lambda seed: (seed, False), [selected], kept, **QUIET)
        target, walk = tab.fields["seed_to"], parts["walk"]
        aim.click(lambda seed: (seed, gr.update(open=True)), [selected], [target, walk], **QUIET)
        tab.examples(examples())
        if recipe is not None:
            tab.recipe.value, tab.chosen.value = recipe, openings.chosen("faces")
    gr.HTML(f"<h3>{both('Look inside the models', '查看模型内部')}</h3>", padding=False)
    faces_same_seed.build(studio)
    faces_trajectory.build(studio)
    faces_edit.build(studio)
    faces_sketch.build(studio)
    faces_curve.build()
    faces_nearest.build(studio)
    faces_how.build()


def examples() -> list[tuple[str, str, dict[str, Any]]]:
    """Examples of what the rows at hand do best; each sets every control that another one may have moved.

    Its model sets those it proposes, such as the guidance scale.
    """
    rows = {spec.name: spec for spec in registry.list_models("faces")}
    first = next(iter(rows.values()))
    off: dict[str, Any] = {**dict.fromkeys(DIRECTIONS, 0.0), "seed_to": None, "mix_seed": None, "candidates": 0}
    plain = {**off, "model": first.name, "count": 16, "seed": 600}
    if "prompt" in first.accepts:
        plain["prompt"] = FacesRequest().prompt
    found = [
        ("Sixteen faces", "十六张人脸", plain),
        ("One large face", "单张人脸", {**plain, "count": 1, "seed": 608}),
    ]
    if "candidates" in first.accepts:
        found.append(("Draw 32, show the 16 best", "画 32 张，留最好的 16 张", {**plain, "candidates": 32}))
    if "seed_to" in first.accepts:
        walk = {**plain, "count": 8, "seed_to": 608, "frames": 72}
        found.append(("Morph 600 → 608", "渐变 600 → 608", walk))
    if "age" in first.accepts:
        found += [
            ("The same, older", "同样的脸，变老", {**plain, "age": 2.5}),
            ("The same, laughing", "同样的脸，大笑", {**plain, "smile": 2.0}),
        ]
    if "mix_seed" in first.accepts:
        found.append(("Mixed with seed 300", "与种子 300 混合", {**plain, "mix_seed": 300, "mix_at": "middle"}))
    if "prompt" in first.accepts:
        asked = {**plain, "count": 4, "seed": 3, "guidance_scale": 3.0}
        found += [
            ("Told: a smiling woman, 30", "提示：微笑的女性，30 岁", {**asked, "prompt": "a smiling woman, 30"}),
            ("Told: a serious man, 65", "提示：严肃的男性，65 岁", {**asked, "prompt": "a serious man, 65"}),
        ]
    if "faces-gan-128" in rows:
        gan = {**off, "model": "faces-gan-128", "count": 16, "seed": 100}
        found += [
            ("The GAN, ψ = 1", "GAN，ψ = 1", {**gan, "truncation": 1.0}),
            ("The GAN, ψ = 0.5", "GAN，ψ = 0.5", {**gan, "truncation": 0.5}),
        ]
    return found
