"""A drawn face, noise, and back: how much of the drawing is left depends on how much noise it was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.figures.diffusion import faces
from aigc_core.lessons.words import Words
from aigc_core.pipelines.faces.edit import to_tensor
from aigc_core.sampling.diffusion.samplers import dpmpp_2m, last, sdedit
from aigc_core.sampling.diffusion.schedules import karras_sigmas
from aigc_core.tasks.fields import seeds_from

STEPS = 18
SIDE = 128
STRENGTHS = (0.2, 0.3, 0.38, 0.44, 0.55)
HAIR = {"black": (38, 30, 30), "blond": (214, 176, 96), "red": (168, 68, 34)}


@torch.inference_mode()
def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``hair``: colour of the drawing's; two seeds, at five strengths each."""
    drawing = _drawing(HAIR[values["hair"]])
    model = faces.model()
    clean = model.codec.encode(to_tensor(drawing))
    labels = torch.zeros(1, len(model.config.attributes), dtype=torch.long)
    columns = [faces.stack([drawing, faces.decode(clean)[0]])]
    kept: list[float] = []
    for strength in STRENGTHS:
        rngs = [torch.Generator().manual_seed(one) for one in seeds_from(seed + 2, 2)]
        x, left = sdedit(clean.expand(2, -1, -1, -1), karras_sigmas(STEPS), strength, rngs)

        def denoise(noisy: Tensor, sigma: Tensor) -> Tensor:
            answer: Tensor = model.model(noisy, sigma, labels.expand(len(noisy), -1))
            return answer

        made = last(dpmpp_2m(denoise, x, left))
        columns.append(faces.stack(faces.decode(made)))
        kept.append(float((made - clean).square().mean().sqrt()))
        yield _frame(columns, kept, float(left[0]))


def _drawing(hair: tuple[int, int, int]) -> Image.Image:
    """A face of a few ellipses, as one would paint it."""
    image = Image.new("RGB", (SIDE, SIDE), (120, 140, 150))
    pen = ImageDraw.Draw(image)
    pen.ellipse((14, -8, 114, 132), fill=hair)
    pen.ellipse((26, 10, 102, 126), fill=(222, 172, 142))
    pen.pieslice((22, -6, 106, 70), 180, 360, fill=hair)
    for x in (46, 82):
        pen.ellipse((x - 9, 50, x + 9, 61), fill=(250, 250, 248))
        pen.ellipse((x - 5, 50, x + 5, 61), fill=(60, 40, 30))
        pen.line((x - 11, 44, x + 11, 43), fill=hair, width=3)
    pen.line((64, 58, 60, 80, 67, 82), fill=(180, 126, 100), width=3)
    pen.chord((44, 84, 84, 112), 0, 180, fill=(168, 60, 64))
    pen.chord((50, 90, 78, 104), 0, 180, fill=(250, 246, 240))
    return image


def _frame(columns: list[Any], kept: list[float], sigma: float) -> Frame:
    figure, axes = plot.canvas(1, len(STRENGTHS) + 1, height=2.7)
    for place in axes:
        place.set_axis_off()
    for place, column, title in zip(axes, columns, ("", *(f"{s:g}" for s in STRENGTHS)), strict=False):
        plot.picture(place, column, title=title)
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Left: the drawing, and what the encoder keeps of it. Strength {STRENGTHS[len(kept) - 1]:g} begins at σ = {sigma:.3g}; "
            f"the face ends {kept[-1]:.3f} from the drawing's latent (root mean square).",
            f"左：草图，以及编码器保留下来的样子。强度 {STRENGTHS[len(kept) - 1]:g} 从 σ = {sigma:.3g} 开始；所得人脸与草图潜变量相距 {kept[-1]:.3f}（均方根）。",
        ),
        facts={"sigma": sigma, "distance": kept[-1]},
    )
