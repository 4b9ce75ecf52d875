"""*How it works* of the Faces tab: one page for each kind of model, in both languages, with the lines that do it."""

from __future__ import annotations

from typing import NamedTuple

import gradio as gr

from demos.ui import explanation
from demos.ui import source as source_text
from demos.ui.assets import markdown
from demos.ui.i18n import Text, t
from demos.ui.sections import when_expanded


class Page(NamedTuple):
    title: Text
    sources: tuple[tuple[str, str], ...]
    """Files and the functions or classes in them."""
    lessons: tuple[str, ...]


PAGES = {
    "vae": Page(
        Text("VAE", "VAE"),
        (
            ("aigc_core/models/vae.py", "VAE"),
            ("aigc_core/models/vae.py", "from_normal"),
            ("aigc_core/training/faces_vae.py", "train"),
            ("aigc_core/pipelines/faces/vae.py", "VAEFaces"),
        ),
        ("vae-idea", "vae-training", "vae-elbo", "vae-code"),
    ),
    "gan": Page(
        Text("GAN, VAE-GAN", "GAN 与 VAE-GAN"),
        (
            ("aigc_core/models/gan.py", "Generator"),
            ("aigc_core/models/vae.py", "grow"),
            ("aigc_core/models/gan.py", "Projection"),
            ("aigc_core/training/faces_gan.py", "train"),
            ("aigc_core/pipelines/faces/gan.py", "ProjectedGAN"),
        ),
        ("gan-idea", "gan-training", "gan-losses", "gan-code"),
    ),
    "diffusion": Page(
        Text("Diffusion", "扩散模型"),
        (
            ("aigc_core/models/unet.py", "Preconditioned"),
            ("aigc_core/sampling/diffusion/samplers.py", "heun"),
            ("aigc_core/sampling/diffusion/samplers.py", "dpmpp_2m"),
            ("aigc_core/sampling/diffusion/samplers.py", "teleport"),
            ("aigc_core/sampling/diffusion/samplers.py", "guided"),
            ("aigc_core/sampling/diffusion/schedules.py", "karras_sigmas"),
            ("aigc_core/training/diffusion.py", "train"),
            ("aigc_core/training/faces_diffusion.py", "Faces"),
            ("aigc_core/pipelines/faces/diffusion.py", "DiffusionFaces"),
        ),
        ("diffusion-idea", "diffusion-training", "diffusion-objective", "diffusion-code"),
    ),
    "seeds": Page(
        Text("Seeds, truncation, morph, DCGAN", "种子、截断、渐变与 DCGAN"),
        (
            ("aigc_core/sampling/diffusion/latents.py", "slerp"),
            ("aigc_core/pipelines/faces/dcgan.py", "stream"),
        ),
        ("gan-training", "gan-code", "sound-and-video"),
    ),
}


def build() -> None:
    accordion = gr.Accordion(t("How it works", "原理"), open=False)
    with accordion, when_expanded(accordion), gr.Tabs():
        for name, page in PAGES.items():
            with gr.Tab(t(*page.title)):
                lines = [(file, source_text.line_of(file, where)) for file, where in page.sources]
                explanation.place(markdown("faces", f"how/{name}"), lines, page.lessons)
