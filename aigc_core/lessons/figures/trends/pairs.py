"""Pictures and captions find each other in one space; combinations never seen are asked for, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core.datasets import shapes
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.contrastive import TwoTowers, loss
from aigc_core.training import images

BATCH = 40
BANK = 24
"""Pictures drawn of each combination to learn from."""
TEMPERATURE = 0.1
FRAMES = 4


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Learn for ``steps`` steps with ``held`` of the 48 combinations never shown."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(shapes.COMBINATIONS))
    known = order[int(values["held"]) :]
    bank = torch.from_numpy(np.stack([[_pixels(i, rng) for _ in range(BANK)] for i in range(len(order))]))
    captions = torch.tensor([shapes.caption(*one) for one in shapes.COMBINATIONS])
    with images.seeded(seed, 0, "cpu"):
        model = TwoTowers(bank.shape[2], len(shapes.WORDS))
    optimizer = torch.optim.Adam(model.parameters(), 3e-3, fused=True)
    fresh = torch.from_numpy(np.stack([_pixels(i, rng) for i in range(len(order))]))
    steps = int(values["steps"])
    stops = set(np.linspace(steps / FRAMES, steps, FRAMES).round().astype(int).tolist())
    for step in range(1, steps + 1):
        chosen = torch.from_numpy(rng.permutation(known)[:BATCH])
        pictures = bank[chosen, torch.from_numpy(rng.integers(BANK, size=len(chosen)))]
        places = model(pictures, captions[chosen])
        value = loss(places[0], places[1], TEMPERATURE)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        optimizer.step()
        if step in stops:
            with torch.no_grad():
                pictures, texts = model(fresh, captions)
            yield _frame(pictures @ texts.T, order, len(order) - len(known), step)


def _pixels(combination: int, rng: np.random.Generator) -> np.ndarray:
    return shapes.draw(*shapes.COMBINATIONS[combination], rng).ravel() - np.float32(0.5)


def _frame(similarity: Tensor, order: np.ndarray, held: int, step: int) -> Frame:
    figure, (left, right) = plot.canvas(1, 2, height=3.3, width_ratios=[1, 1.2])
    sorted_ = similarity[order][:, order]
    left.imshow(sorted_, cmap="viridis", vmin=-1, vmax=1, interpolation="nearest")
    left.set(xticks=[], yticks=[])
    found = sorted_.argmax(1) == torch.arange(len(order))
    shares = {
        "known": float(found[held:].double().mean()),
        "unseen": float(found[:held].double().mean()) if held else float("nan"),
    }
    right.bar([0, 1], [100 * shares["known"], 100 * shares["unseen"] if held else 0], color=plot.COLOURS[:2], width=0.6)
    right.axhline(100 / len(order), color=plot.COLOURS[3], linestyle="--", linewidth=1)
    right.set(xticks=[], ylabel="%", ylim=(0, 100))
    unseen = f"{100 * shares['unseen']:.0f} %" if held else "–"
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Step {step}: of new pictures, {100 * shares['known']:.0f} % find their caption among 48; of the {held} combinations never seen in training, {unseen}.",
            f"第 {step} 步：新画的图片中，{100 * shares['known']:.0f} % 能在 48 句说明里找对；训练时从未出现过的 {held} 种组合为 {unseen}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("combinations seen in training", "训练时见过的组合")),
            Mark(colour=plot.COLOURS[1], words=Words("combinations never seen", "从未见过的组合")),
            Mark(colour=plot.COLOURS[3], words=Words("chance", "瞎猜"), dashed=True),
        ),
        facts={"known": shares["known"]} | ({"unseen": shares["unseen"]} if held else {}),
    )
