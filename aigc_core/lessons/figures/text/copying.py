"""Our summarizer at work: for every word it writes, how much of its probability was generated and how much copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from aigc_core import checkpoint
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.models.pointer_generator import PointerGenerator, PointerGeneratorConfig, Source
from aigc_core.pipelines.text.pointer_summary import Decoder
from aigc_core.sampling.text.beam import BeamConfig, beam_search
from aigc_core.tokenizers.vocabulary import END, TITLE, Vocabulary
from aigc_core.weights import CHECKPOINTS

WINDOW = 120
"""Source words read."""
FRAMES = 5


@dataclass(frozen=True)
class Written:
    """A word of the summary and the two terms of its probability."""

    text: str
    generated: float
    copied: float
    p_gen: float


@cache
def _model() -> tuple[PointerGenerator, Vocabulary]:
    folder = CHECKPOINTS / "summarize-pointer-en"
    config = checkpoint.load_config(folder, PointerGeneratorConfig)
    return checkpoint.load(folder, PointerGenerator(config)), Vocabulary.load(folder)


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """The words of the title, a few more a frame; ``values``: ``source``."""
    words = title(values["source"])
    for shown in np.unique(np.linspace(1, len(words), FRAMES).round().astype(int)):
        yield _frame(words, int(shown))


@torch.inference_mode()
def title(text: str) -> list[Written]:
    """The words that beam search writes for a passage."""
    model, vocabulary = _model()
    reading = vocabulary.read(text if text.strip() else ".", WINDOW)
    memory = model.encode(
        Source(*(torch.from_numpy(a)[None] for a in (reading.ids, reading.extended, reading.features)))
    )
    search = BeamConfig(num_beams=4, max_new_tokens=16, min_new_tokens=5, no_repeat_ngram_size=2, start_token=TITLE, end_tokens=(END,), last_token=END)  # fmt: skip
    tokens = _last(beam_search(Decoder(model, memory, len(reading.unknown), search.num_beams), search))
    step = model.decode(memory, torch.tensor([[TITLE, *tokens[:-1]]]))
    total, share = model.log_likelihood(step, memory.extended, torch.tensor([tokens]))
    names = {int(number): word.text for number, word in zip(reading.extended, reading.words, strict=True)}
    rows = zip(tokens, total[0].exp().tolist(), share[0].tolist(), step.p_gen[0].tolist(), strict=True)
    return [
        Written(vocabulary.forms[t] if t < len(vocabulary) else names[t], p * (1 - c), p * c, g) for t, p, c, g in rows
    ]


def _last(search: Any) -> list[int]:
    while True:
        try:
            next(search)
        except StopIteration as done:
            return [token for token in done.value if token != END]


def _frame(words: list[Written], shown: int) -> Frame:
    figure, axes = plot.canvas(height=3.4)
    x, part = np.arange(shown), words[:shown]
    generated, copied = np.array([w.generated for w in part]), np.array([w.copied for w in part])
    axes.bar(x, generated, color=plot.COLOURS[0])
    axes.bar(x, copied, bottom=generated, color=plot.COLOURS[1])
    axes.plot(x, [w.p_gen for w in part], "D", color=plot.COLOURS[2], markersize=5)
    axes.set(ylabel="$p$", ylim=(0, 1.03), xlim=(-0.6, len(words) - 0.4))
    axes.set_xticks(
        range(len(words)),
        labels=[w.text if i < shown else "" for i, w in enumerate(words)],
        rotation=40,
        ha="right",
        parse_math=False,
    )
    share = float(copied.sum() / max(1e-9, (copied + generated).sum()))
    word = part[-1]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"“{word.text}”: p = {word.generated + word.copied:.2f}, of which {word.copied:.2f} points at the source; "
            f"gate p_gen = {word.p_gen:.2f}. So far {share:.0%} of the probability was copied.",
            f"“{word.text}”：p = {word.generated + word.copied:.2f}，其中 {word.copied:.2f} 来自指向原文；"
            f"门控 p_gen = {word.p_gen:.2f}。到目前为止 {share:.0%} 的概率来自复制。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("generated from the vocabulary", "从词表生成")),
            Mark(colour=plot.COLOURS[1], words=Words("copied from the source", "从原文复制")),
            Mark(colour=plot.COLOURS[2], words=Words("gate p_gen", "门控 p_gen")),
        ),
        facts={"copied": share, "p_gen": word.p_gen},
    )
