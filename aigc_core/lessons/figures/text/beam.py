"""Beam search on our GPT as a tree: what was looked at, what lived on, and the path that greedy decoding takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.text import gpt
from aigc_core.lessons.words import Words
from aigc_core.sampling.text.beam import BeamConfig, beam_search

DEPTH = 4
CANDIDATES = 8
"""Shown at each depth, the likeliest of all continuations."""


class Candidate(NamedTuple):
    """A hypothesis of one depth; ``parent`` is its number among the hypotheses that lived on one depth earlier."""

    log_p: float
    parent: int
    tokens: tuple[int, ...]


class Watched:
    """The GPT as :func:`beam_search` asks it, keeping what each depth offered."""

    def __init__(self, reader: gpt.Reader, ids: list[int], beams: int) -> None:
        self._reader, self._ids = reader, ids
        self._living = [Candidate(0.0, 0, ())] + [Candidate(-1e9, 0, ())] * (beams - 1)
        self.depths: list[list[Candidate]] = []

    @torch.inference_mode()
    def __call__(self, tokens: Tensor, order: Tensor) -> Tensor:
        """(B,) tokens on top of the hypotheses ``order`` to logits (B, V)."""
        if self.depths:
            written = [(*self._living[i].tokens, t) for i, t in zip(order.tolist(), tokens.tolist(), strict=True)]
            by_tokens = {candidate.tokens: candidate for candidate in self.depths[-1]}
            self._living = [by_tokens[w] for w in written]
        rows = torch.tensor([[gpt.START, *self._ids, *candidate.tokens] for candidate in self._living])
        logits: Tensor = self._reader.network(rows)[:, -1]
        self.depths.append(self._offered(logits.log_softmax(-1)))
        return logits

    def _offered(self, log_p: Tensor) -> list[Candidate]:
        """The likeliest continuations of all hypotheses together, best first."""
        total = log_p + torch.tensor([[candidate.log_p] for candidate in self._living])
        scores, flat = total.flatten().topk(max(CANDIDATES, len(self._living)))
        pairs = ((score, *divmod(i, log_p.shape[1])) for score, i in zip(scores.tolist(), flat.tolist(), strict=True))
        return [Candidate(score, parent, (*self._living[parent].tokens, token)) for score, parent, token in pairs]


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """A frame a depth; ``values``: ``beginning``, ``beams``."""
    reader, beams = gpt.english(), int(values["beams"])
    ids = reader.encode(values["beginning"])
    best, greedy = _search(reader, ids, beams), _search(reader, ids, 1)
    for depth in range(1, DEPTH + 1):
        yield _frame(reader, best[:depth], [row[0] for row in greedy[:depth]], beams)


def _search(reader: gpt.Reader, ids: list[int], beams: int) -> list[list[Candidate]]:
    watched = Watched(reader, ids, beams)
    search = beam_search(watched, BeamConfig(num_beams=beams, max_new_tokens=DEPTH, start_token=gpt.START))
    for _ in search:
        pass
    return watched.depths


def _frame(reader: gpt.Reader, depths: list[list[Candidate]], greedy: list[Candidate], beams: int) -> Frame:
    figure, axes = plot.canvas(height=4.0)
    places: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -(CANDIDATES - 1) / 2)}
    winner, plain = depths[-1][0], greedy[-1]
    for depth, row in enumerate(depths, 1):
        for rank, candidate in enumerate(row[:CANDIDATES]):
            places[candidate.tokens] = (depth, -rank)
            lives = rank < beams
            won = candidate.tokens == winner.tokens[:depth]
            colour = plot.COLOURS[0] if won else plot.COLOURS[4] if lives else "#8a90a0"
            x, y = places.get(candidate.tokens[:-1], places[()])
            axes.plot(
                [x + (0.62 if x else 0.1), depth - 0.02],
                [y, -rank],
                color=colour,
                linewidth=2.2 if won else 1.2 if lives else 0.6,
            )
            if candidate.tokens == plain.tokens[:depth]:
                axes.plot(
                    [x + (0.62 if x else 0.1), depth - 0.02],
                    [y, -rank],
                    color=plot.COLOURS[1],
                    linestyle=":",
                    linewidth=2.6,
                )
            label = f"{reader.shown(candidate.tokens[-1])}  {100 * np.exp(candidate.log_p):.2g}%"
            axes.text(depth, -rank, label, fontsize=8.5, va="center", parse_math=False, alpha=1 if lives else 0.55)
    axes.set(xlim=(-0.05, DEPTH + 0.75), ylim=(-CANDIDATES + 0.4, 0.6))
    axes.set_axis_off()
    texts = ["".join(reader.shown(t) for t in c.tokens).replace("␣", " ").strip() for c in (winner, plain)]
    p, q = (float(np.exp(c.log_p)) for c in (winner, plain))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Width {beams} finds “{texts[0]}” with probability {p:.2%}; greedy decoding finds “{texts[1]}” with {q:.2%}.",
            f"束宽 {beams} 找到“{texts[0]}”，概率 {p:.2%}；贪心解码得到“{texts[1]}”，概率 {q:.2%}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("best so far", "当前最优")),
            Mark(colour=plot.COLOURS[4], words=Words("lives on", "保留")),
            Mark(colour="#8a90a0", words=Words("dropped", "淘汰")),
            Mark(colour=plot.COLOURS[1], words=Words("greedy path", "贪心路径"), dashed=True),
        ),
        facts={"beam": p, "greedy": q},
    )
