"""One picture pulled by two losses: the content of a face, the Gram matrices of a texture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion import faces
from aigc_core.lessons.words import Words
from aigc_core.media.textures import texture
from aigc_core.models.features.perceptual import gram
from aigc_core.models.features.random_filters import RandomFilters
from aigc_core.models.gatys import State
from aigc_core.pipelines.faces.dcgan import to_picture
from aigc_core.pipelines.faces.edit import to_tensor
from aigc_core.training.one_picture import Config, paint

SIDE = 80
EVERY = 15


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``weight``: of the style; ``style``: a texture of the suite."""
    content = torch.from_numpy(faces.face(1, SIDE)).permute(2, 0, 1)[None]
    cut = texture(values["style"]).crop((0, 0, 3 * SIDE, 3 * SIDE)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    style = to_tensor(cut)
    config = Config(weight=float(values["weight"]), seed=seed)
    eyes = RandomFilters(seed=seed)
    losses: list[tuple[float, float]] = []
    for state in paint(content, style, config):
        losses.append((state.content, state.style))
        if (len(losses) - 1) % EVERY == 0:
            yield _frame(content, style, state, losses, eyes)


def _frame(
    content: Tensor, style: Tensor, state: State, losses: list[tuple[float, float]], eyes: RandomFilters
) -> Frame:
    figure, axes = plot.canvas(1, 4, height=2.9, width_ratios=[1, 1, 1, 1.7])
    for place, *pair in zip(axes, (content, style, state.picture), (content, style, state.picture), strict=False):
        picture = to_picture(pair[0][0])
        plot.picture(place, faces.stack([picture, _matrix(gram(eyes(pair[1])[0])[0])], SIDE))
    axes[3].semilogy([loss[0] for loss in losses], color=plot.COLOURS[0])
    axes[3].semilogy([loss[1] for loss in losses], color=plot.COLOURS[1])
    axes[3].set(xlabel="$k$", xlim=(0, 60), ylim=(2e-3, 3))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Step {len(losses) - 1}: distance to the content {state.content:.3f}, to the style's Gram matrices {state.style:.3f} (both relative). "
            "Left to right: content, style, the picture so far; below each its Gram matrix.",
            f"第 {len(losses) - 1} 步：与内容的距离 {state.content:.3f}，与风格 Gram 矩阵的距离 {state.style:.3f}（均为相对值）。"
            "从左到右：内容、风格、当前画面；下方是各自的 Gram 矩阵。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("content", "内容")),
            Mark(colour=plot.COLOURS[1], words=Words("style", "风格")),
        ),
        facts={"content": state.content, "style": state.style},
    )


def _matrix(values: Tensor) -> Image.Image:
    """(K, K) as greys, its largest entry white."""
    levels = (values / values.max()).sqrt().mul(255).byte()
    return Image.fromarray(levels.numpy())
