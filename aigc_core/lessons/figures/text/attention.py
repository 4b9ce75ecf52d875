"""The attention of one head of our GPT to the reader's sentence, beside a thumbnail of every head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.figures.text import gpt
from aigc_core.lessons.words import Words

Maps = NDArray[np.float32]
MOST = 18
"""Tokens that still have room for their names."""
FRAMES = 5


@torch.inference_mode()
def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Draw the map row by row; ``values``: ``sentence``, ``layer`` and ``head`` (both from 1)."""
    reader = gpt.english()
    ids = [gpt.START, *reader.encode(values["sentence"], MOST)]
    tokens = [reader.shown(i) for i in ids]
    layers = range(reader.network.config.num_hidden_layers)
    maps = np.stack(
        [reader.network.attention(torch.tensor([ids]), layer)[0].numpy() for layer in layers]
    )  # (L, H, T, T)
    layer, head = int(values["layer"]) - 1, int(values["head"]) - 1
    for rows in np.unique(np.linspace(1, len(ids), FRAMES).round().astype(int)):
        yield _frame(maps, layer, head, tokens, int(rows))


def _frame(maps: Maps, layer: int, head: int, tokens: list[str], rows: int) -> Frame:
    own = maps[layer, head]
    figure, (large, small) = plot.canvas(1, 2, height=4.2, width_ratios=[3, 2])
    _large(large, np.where(np.arange(len(own))[:, None] < rows, own, np.nan), tokens)
    _thumbnails(small, maps, layer, head)
    here = own[rows - 1]
    most = int(here.argmax())
    first = float(own[1:, 0].mean()) if len(own) > 1 else 1.0
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Layer {layer + 1}, head {head + 1}: “{tokens[rows - 1]}” looks most at “{tokens[most]}” "
            f"({here[most]:.0%}). On average {first:.0%} of a row rests on the start token.",
            f"第 {layer + 1} 层第 {head + 1} 个头：“{tokens[rows - 1]}”最关注“{tokens[most]}”（{here[most]:.0%}）。"
            f"平均每行有 {first:.0%} 的注意力落在起始 token 上。",
        ),
        facts={"largest": float(here[most]), "first": first},
    )


def _large(axes: Axes, weights: Maps, tokens: list[str]) -> None:
    axes.imshow(weights, vmin=0, vmax=1, cmap="viridis", interpolation="nearest")
    size = 9 if len(tokens) <= 12 else 7
    axes.set_xticks(range(len(tokens)), labels=tokens, rotation=90, fontsize=size, parse_math=False)
    axes.set_yticks(range(len(tokens)), labels=tokens, fontsize=size, parse_math=False)
    axes.tick_params(length=0)


def _thumbnails(axes: Axes, maps: Maps, layer: int, head: int) -> None:
    """All heads, a layer a row; the chosen one is framed."""
    L, H, T, _ = maps.shape
    gap = max(1, T // 8)
    sheet = np.full((L * (T + gap), H * (T + gap)), np.nan)
    for i in range(L):
        for j in range(H):
            sheet[i * (T + gap) :, j * (T + gap) :][:T, :T] = maps[i, j]
    axes.imshow(sheet, vmin=0, vmax=1, cmap="viridis", interpolation="nearest")
    corner = (head * (T + gap) - 1, layer * (T + gap) - 1)
    axes.add_patch(Rectangle(corner, T + 1, T + 1, fill=False, edgecolor=plot.COLOURS[3], linewidth=2))
    axes.set_xticks([j * (T + gap) + T / 2 for j in range(H)], labels=[str(j + 1) for j in range(H)])
    axes.set_yticks([i * (T + gap) + T / 2 for i in range(L)], labels=[str(i + 1) for i in range(L)])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
