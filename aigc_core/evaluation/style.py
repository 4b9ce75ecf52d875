"""Painted styles beside slow painting: ``python -m aigc_core.evaluation style style-paintings --data photos224.zip --styles styles.zip``.

Squares of the split ``val`` are painted in every style, and the result is judged by the losses that both the network and Gatys et
al. (arXiv:1508.06576) minimise: content and style as :mod:`aigc_core.training.style` computes them. ``--steps 300`` lets Adam
paint ``--gatys`` of the pairs of square and style pixel by pixel on the same losses, and the last line says whether the network keeps
within 1.5 times that. All pairs of ten photos: ``--squares 10 --gatys 160 --steps 300`` (about 6 core-hours at 192 pixels).
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from aigc_core import checkpoint
from aigc_core.datasets import paintings
from aigc_core.datasets.photos import Photos
from aigc_core.models import gatys
from aigc_core.models.features import vgg16
from aigc_core.models.features.vgg16 import VGG16
from aigc_core.models.gatys import Losses, Weights
from aigc_core.models.style_net import StyleConfig, StyleNet
from aigc_core.training.style import one_hot, painting_grams
from aigc_core.weights import CHECKPOINTS

log = logging.getLogger(__name__)
BAR = 1.5
"""The network's loss may be so many times that of slow painting."""


class Score(NamedTuple):
    """Losses of one square in one style, and what it took."""

    total: float
    content: float
    style: float
    seconds: float


class Judge:
    """The losses of a painted square against its photo and a painting.

    Args:
        pictures: Paintings by name, in the order of the network's styles.
    """

    def __init__(self, pictures: Sequence[Any], weights: Weights | None = None) -> None:
        self.vgg: VGG16 = vgg16.load()
        self.weights = Weights() if weights is None else weights
        self.grams = painting_grams(self.vgg, pictures, "cpu")

    def losses(self, photo: Tensor, painted: Tensor, style: int) -> Losses:
        """The losses of a painted photo; both (1, 3, S, S) in [-1, 1]."""
        return gatys.losses(self.vgg, photo, painted, [layer[style : style + 1] for layer in self.grams])

    @torch.no_grad()
    def score(self, photo: Tensor, painted: Tensor, style: int, seconds: float) -> Score:
        terms = self.losses(photo, painted, style)
        return Score(terms.total(self.weights).item(), terms.content.item(), terms.style.item(), seconds)


def slow_painting(judge: Judge, photo: Tensor, style: int, steps: int, rate: float = 0.03) -> Tensor:
    """Begin with the photo and follow the gradient of the losses in the pixels themselves (:mod:`aigc_core.models.gatys`)."""
    *_, end = gatys.paint(photo, lambda x: judge.losses(photo, x, style), judge.weights, steps=steps, lr=rate)
    return end.picture


def evaluate(
    model: StyleNet, judge: Judge, squares: Tensor, *, gatys: int = 0, steps: int = 300
) -> dict[str, list[list[float]]]:
    """Scores by painter, each a list over squares × styles: ``network``, ``photo`` (nothing painted) and ``gatys``.

    Args:
        squares: (N, 3, S, S) in [-1, 1].
        gatys: How many of the pairs, spread evenly, are painted slowly, too.
    """
    styles = len(model.config.styles)
    pairs = [(i, style) for i in range(len(squares)) for style in range(styles)]
    slow = {pairs[k] for k in np.linspace(0, len(pairs) - 1, gatys).round().astype(int)} if gatys else set()
    made: dict[str, list[list[float]]] = {"network": [], "photo": [], "gatys": [], "network_beside_gatys": []}
    for i, style in pairs:
        photo = squares[i : i + 1]
        began = time.perf_counter()
        with torch.no_grad():
            painted = model(photo, one_hot(torch.tensor([style]), styles, "cpu"))
        fast = judge.score(photo, painted, style, time.perf_counter() - began)
        made["network"].append(list(fast))
        made["photo"].append(list(judge.score(photo, photo, style, 0.0)))
        if (i, style) in slow:
            began = time.perf_counter()
            by_hand = slow_painting(judge, photo, style, steps)
            made["gatys"].append(list(judge.score(photo, by_hand, style, time.perf_counter() - began)))
            made["network_beside_gatys"].append(list(fast))
            log.info("%s: network %.3f, Gatys %.3f", model.config.styles[style], fast.total, made["gatys"][-1][0])
    return made


def table(made: dict[str, list[list[float]]]) -> str:
    """The means as Markdown."""
    lines = ["| painter | pairs | content + style | content | style | seconds |", "|---|---|---|---|---|---|"]
    for name, scores in made.items():
        if scores:
            total, content, look, seconds = np.mean(np.array(scores), axis=0)
            lines.append(f"| {name} | {len(scores)} | {total:.3f} | {content:.3f} | {look:.3f} | {seconds:.2f} |")
    return "\n".join(lines)


def verdict(made: dict[str, list[list[float]]]) -> str:
    """Compare the network with slow painting: the ratio of losses, and whether it keeps within the bar; empty without pairs."""
    if not made["gatys"]:
        return ""
    ratios = np.array(
        [fast[0] / slow[0] for fast, slow in zip(made["network_beside_gatys"], made["gatys"], strict=True)]
    )
    fast, slow = (np.mean([score[0] for score in made[name]]) for name in ("network_beside_gatys", "gatys"))
    within = int((ratios <= BAR).sum())
    met = "met" if fast <= BAR * slow else "not met"
    return (
        f"network / Gatys on {len(ratios)} pairs: {fast / slow:.2f} (median {np.median(ratios):.2f}, worst {ratios.max():.2f}; "
        f"{within} of {len(ratios)} within {BAR}). The bar, mean loss within {BAR} x Gatys, is {met}."
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; ``--out`` keeps the scores."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation style", description="Judge a style network.")
    parser.add_argument("model", help="a folder of checkpoints/, or a path")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="zips or folders of photos")
    parser.add_argument(
        "--styles", type=Path, required=True, help="zip or folder of the paintings, in the network's order"
    )
    parser.add_argument("--squares", type=int, default=10)
    parser.add_argument("--side", type=int, default=192)
    parser.add_argument(
        "--gatys", type=int, default=0, help="pairs that are painted slowly, too, spread over all of them"
    )
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(argv)
    folder = CHECKPOINTS / args.model if (CHECKPOINTS / args.model).is_dir() else Path(args.model)
    model = checkpoint.load(folder, StyleNet(checkpoint.load_config(folder, StyleConfig)))
    pixels = Photos(tuple(args.data), "val").draw(np.random.default_rng(0), args.squares, args.side)
    squares = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
    judge = Judge(list(paintings.load(args.styles, 256).values()))
    made = evaluate(model, judge, squares, gatys=args.gatys, steps=args.steps)
    print(table(made))
    print(verdict(made))
    if args.out is not None:
        args.out.write_text(json.dumps({"side": args.side, "steps": args.steps, "scores": made}), "utf-8")
    return 0
