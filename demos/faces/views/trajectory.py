"""Denoising, step by step: watch a face come out of noise, then go through the steps with their formulas and source lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.faces import SAMPLERS, FaceTrajectoryRequest, Trajectory
from aigc_core.types import Result
from demos.faces import kept as faces_kept
from demos.faces.views import trajectory_view as view
from demos.ui.assets import markdown
from demos.ui.components import Dropdown, PageHTML, PageMarkdown
from demos.ui.i18n import Text, both, t
from demos.ui.panel import Panel, absent
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.tab import Values
from demos.ui.wiring import QUIET

TITLE = Text("Denoising, step by step", "逐步查看去噪过程")
LEAD = Text(
    "A diffusion model starts from pure noise and takes a little of it away at every step. Watch it, then move the slider: "
    "each step's pictures, its formula with the numbers in, and the lines of the sampler that ran.",
    "扩散模型从纯噪声出发，每一步去掉一部分噪声。先看它生成，再拖动滑块：查看每一步的图像、代入数值的公式，以及采样器实际执行的代码。",
)
SAMPLER_NAMES = {
    "dpmpp_2m": "DPM-Solver++(2M)",
    "heun": "Heun (EDM)",
    "ddim": "DDIM, η = 0",
    "ddpm": "DDPM",
}
_DELIMITERS: list[dict[str, str | bool]] = [{"left": "$$", "right": "$$", "display": True}]


def build(studio: Studio) -> None:
    kept, rows = faces_kept.trajectory(), registry.answering(FaceTrajectoryRequest)
    if not rows:
        return absent(TITLE, "trajectory", Text("our diffusion model", "本项目的扩散模型"))
    with Panel(
        studio, FaceTrajectoryRequest, TITLE, LEAD, verb=Text("Denoise", "开始去噪"), name="trajectory"
    ) as panel:
        with panel.left():
            panel.pick(rows)
            choices = [(SAMPLER_NAMES[name], name) for name in SAMPLERS]
            sampler = panel.bind(
                "sampler", Dropdown(choices, value=SAMPLERS[0], label=t("Sampler", "采样器"), filterable=False)
            )
            panel.control("num_inference_steps", value=8)
            panel.seed(5)
            panel.control(
                "prompt",
                value="",
                lines=2,
                info=t("age, gender, mouth; empty: any face", "年龄、性别、表情；留空则不限"),
            )
            panel.control("guidance_scale", value=2.0)
        with panel.right():
            page = PageHTML(view.view(kept) if kept else "", padding=False)
            with gr.Row(visible=False):
                numbers = gr.JSON(label="steps")
                pictures = gr.Gallery(label="denoised", format="png")
        gr.HTML(f"<h4>{both('This step', '这一步')}</h4>", padding=False)
        with gr.Row(equal_height=False, elem_classes=["tj-under"]):
            with gr.Column(scale=5, min_width=300):
                formula = PageMarkdown(
                    view.formulas(kept) if kept else "", latex_delimiters=_DELIMITERS, elem_classes=["tj-formulas"]
                )
            with gr.Column(scale=5, min_width=300):
                lines = PageHTML(view.code(SAMPLERS[0], kept is not None and kept.teleported), padding=False)

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            walk: Trajectory = result.output
            return {
                page: view.view(walk),
                numbers: walk.to_json(),
                pictures: [(step.denoised, f"σ {step.sigma:.3g}") for step in walk.steps],
                formula: view.formulas(walk),
                lines: view.code(walk.sampler, walk.teleported),
            }

        panel.run(
            [page, numbers, pictures, formula, lines],
            show,
            lambda walk, values: {page: view.live(walk, values.get("num_inference_steps"))},
            endpoint="faces_trajectory",
        )
        sampler.change(
            lambda name: view.code(name if name in SAMPLERS else SAMPLERS[0], False),
            [sampler],
            [lines],
            **QUIET,
        )
        panel.examples(EXAMPLES)
        panel.explain(
            *markdown("faces", "views/trajectory"),
            (view.SAMPLERS, None),
            lessons=["diffusion-idea", "diffusion-objective", "diffusion-code"],
        )
    return None


EXAMPLES: list[tuple[str, str, dict[str, Any]]] = [
    ("8 steps, DPM-Solver++", "DPM-Solver++，8 步", {"sampler": "dpmpp_2m", "num_inference_steps": 8, "seed": 5}),
    ("4 steps: nearly the same", "4 步：几乎相同", {"sampler": "dpmpp_2m", "num_inference_steps": 4, "seed": 5}),
    ("2 steps: too few", "2 步：太少", {"sampler": "dpmpp_2m", "num_inference_steps": 2, "seed": 5}),
    ("Heun, 12 steps", "Heun，12 步", {"sampler": "heun", "num_inference_steps": 12, "seed": 5}),
    (
        "DDPM, 60 steps, new noise at each",
        "DDPM，60 步，每步加入新噪声",
        {"sampler": "ddpm", "num_inference_steps": 60, "seed": 5},
    ),
]
