"""The next character of a Chinese poem: what our poet would write, and what the form leaves of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core import checkpoint
from aigc_core.datasets import poetry
from aigc_core.errors import InvalidRequestError
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.text.gpt import Reader
from aigc_core.lessons.words import Words
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.pipelines.text.poem_plan import Book, Plan, plan
from aigc_core.sampling.text import verse
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tokenizers import bpe
from aigc_core.weights import CHECKPOINTS

FOLDER = CHECKPOINTS / "text-poet-zh"
SHOWN = 20
DEFAULT = "床前明月光，疑是地上"
"""Read where the prompt is no poem of a known form."""


@cache
def _poet() -> tuple[Reader, verse.Lexicon, Book]:
    network = checkpoint.load(FOLDER, GPT(checkpoint.load_config(FOLDER, GPTConfig)))
    tokenizer = bpe.load(FOLDER)
    names = [tokenizer.id_to_token(i) or "" for i in range(network.config.vocab_size)]
    characters = [name if len(name) == 1 and poetry.is_han(name) else "" for name in names]
    return Reader(network, tokenizer), verse.Lexicon(characters, poetry.sound), Book.read(FOLDER)


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """All characters, then those without repeats, then those the form allows; ``values``: ``poem``, ``rule``."""
    reader, lexicon, book = _poet()
    poem = _planned(values["poem"], book)
    lines, pattern = list(poem.given), poem.pattern
    p = _logits(reader, poem).softmax(-1)
    fresh = lexicon.usable & ~lexicon.only(verse.used(pattern, lines))
    form = verse.allowed(lexicon, pattern, lines)
    masks = {"free": lexicon.usable, "fresh": fresh, "form": form}
    for rule in list(masks)[: list(masks).index(values["rule"]) + 1]:
        yield _frame(p, masks[rule], lexicon, rule, _foot(poem))


def _planned(text: str, book: Book) -> Plan:
    """The plan of a poem whose last line is not full, else of :data:`DEFAULT`."""
    for prompt in (text, DEFAULT):
        try:
            found = plan(ContinueTextRequest(prompt=prompt), book)
        except InvalidRequestError:
            continue
        if found.given and len(found.given[-1]) < found.pattern[len(found.given) - 1].length:
            return found
    raise AssertionError(DEFAULT)


def _foot(poem: Plan) -> bool:
    """Tell whether the next character ends its line."""
    return len(poem.given[-1]) == poem.pattern[len(poem.given) - 1].length - 1


@torch.inference_mode()
def _logits(reader: Reader, poem: Plan) -> Tensor:
    """Logits of the next character, (V,)."""
    lines = zip(poem.given, poem.pattern, strict=False)
    text = "".join(characters + line.mark for characters, line in lines)[:-1]  # the last line is not closed
    ids = reader.tokenizer.encode(poem.header + text).ids
    logits: Tensor = reader.network(torch.tensor([ids]))[0, -1]
    return logits


def _frame(p: Tensor, mask: Tensor, lexicon: verse.Lexicon, rule: str, foot: bool) -> Frame:
    held = p.masked_fill(~mask, 0)
    share = float(held.sum())
    q = held / share
    order = q.argsort(descending=True, stable=True)[: min(SHOWN, int(mask.sum()))]
    names = [lexicon.characters[int(i)] for i in order]
    figure, axes = plot.canvas(height=3.0)
    x = np.arange(len(order))
    level = [lexicon.sound(name)[1] == verse.LEVEL for name in names]
    axes.bar(x, q[order].numpy(), color=[plot.COLOURS[0] if flat else plot.COLOURS[1] for flat in level], alpha=0.85)
    axes.plot(x, p[order].numpy(), "_", color="#8a90a0", markersize=14, markeredgewidth=2)
    axes.set_xticks(x, labels=names, fontsize=13)
    axes.set(ylabel="$p$", xlim=(-0.7, SHOWN - 0.3))
    count = int(mask.sum())
    first = names[0]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{_RULES[rule].en}: {count:,} characters are left, which hold {share:.1%} of the model's probability; likeliest {first}."
            + (" The next character ends the line." if foot else ""),
            f"{_RULES[rule].zh}：剩下 {count:,} 个字，占模型概率的 {share:.1%}；最可能是“{first}”。"
            + ("下一个字是句末。" if foot else ""),
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("level tone (平)", "平声")),
            Mark(colour=plot.COLOURS[1], words=Words("oblique tone (仄)", "仄声")),
            Mark(colour="#8a90a0", words=Words("before any rule", "未加约束时")),
        ),
        facts={"left": count, "share": share, "largest": float(q.max())},
    )


_RULES = {
    "free": Words("No rule", "不加约束"),
    "fresh": Words("No character twice", "不重字"),
    "form": Words("Rhyme and tone too", "再加押韵与平仄"),
}
