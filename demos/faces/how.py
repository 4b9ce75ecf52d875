"""*How it works* of the Faces tab: one page for each kind of model, in both languages, with the lines that do it."""

from __future__ import annotations

import gradio as gr

from demos.ui import source as source_text
from demos.ui.assets import lesson
from demos.ui.gallery import source_link
from demos.ui.i18n import Text, markdown, t
from demos.ui.sections import when_expanded

PAGES: dict[str, tuple[Text, tuple[tuple[str, str], ...]]] = {
    "vae": (Text("VAE", "VAE"), (
        ("aigc_core/models/vae.py", "VAE"),
        ("aigc_core/models/vae.py", "from_normal"),
        ("aigc_core/training/faces_vae.py", "train"),
        ("aigc_core/pipelines/faces/vae.py", "VAEFaces"),
    )),
    "gan": (Text("GAN", "GAN"), (
        ("aigc_core/models/gan.py", "Generator"),
        ("aigc_core/models/vae.py", "grow"),
        ("aigc_core/models/gan.py", "Projection"),
        ("aigc_core/training/faces_gan.py", "train"),
        ("aigc_core/pipelines/faces/gan.py", "ProjectedGAN"),
    )),
    "diffusion": (Text("Diffusion", "扩散模型"), (
        ("aigc_core/models/unet.py", "Preconditioned"),
        ("aigc_core/sampling/diffusion/samplers.py", "heun"),
        ("aigc_core/sampling/diffusion/samplers.py", "dpmpp_2m"),
        ("aigc_core/sampling/diffusion/samplers.py", "teleport"),
        ("aigc_core/sampling/diffusion/samplers.py", "guided"),
        ("aigc_core/sampling/diffusion/schedules.py", "karras_sigmas"),
        ("aigc_core/training/faces_diffusion.py", "train"),
        ("aigc_core/pipelines/faces/diffusion.py", "DiffusionFaces"),
    )),
    "seeds": (Text("Seeds, truncation, morph, DCGAN", "种子、截断、渐变与 DCGAN"), (
        ("aigc_core/sampling/diffusion/latents.py", "slerp"),
        ("aigc_core/pipelines/faces/dcgan.py", "stream"),
    )),
}  # fmt: skip
"""Title, and what the page is about: files and the functions or classes in them."""


def build() -> None:
    accordion = gr.Accordion(t("How it works", "原理"), open=False)
    with accordion, when_expanded(accordion), gr.Tabs():
        for name, (title, sources) in PAGES.items():
            with gr.Tab(t(*title)), gr.Column(elem_classes=["how"]):
                markdown(*lesson("faces", f"how/{name}"))
                for file, where in sources:
                    gr.HTML(source_link(file, source_text.line_of(file, where)), elem_classes=["source"], padding=False)
