"""Summaries of texts longer than a model's window: summarize passages, then the summaries.

The text is cut between sentences into passages that fit; each is summarized by itself (map). What comes out is joined and,
while it is still more than was asked for, summarized again; for models too weak to rewrite their own writing, the sentences
that TextRank puts first are kept instead (reduce). One passage takes the direct way.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

from aigc_core.nlp.grounding import Source, compression
from aigc_core.nlp.sentences import pack, split
from aigc_core.pipelines.text.extractive import select
from aigc_core.tasks.summarize import SummarizeRequest, Summary
from aigc_core.types import Progress

MAX_ROUNDS = 4
MIN_PER_PASSAGE = 2
"""Sentences asked of each passage: one alone tends to be its first."""

Write = Callable[[str, int], Generator[str, None, str]]
"""``(passage, sentences) -> summary so far…``, the whole summary returned."""


class Draft(NamedTuple):
    """The text so far: finished passages and the current one."""

    text: str
    part: int
    parts: int
    round: int

    @property
    def message(self) -> str:
        if self.parts == 1 and self.round == 1:
            return ""
        return f"merging {self.part} of {self.parts}" if self.round > 1 else f"part {self.part} of {self.parts}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Limits of the model.

    Args:
        cost: Tokens of a text.
        window: Tokens of source text that fit at once.
    """

    cost: Callable[[str], int]
    window: int
    rewrite: bool = True
    """True if the model merges summaries itself, else they are ranked."""


def map_reduce(text: str, sentences: int, plan: Plan, write: Write) -> Generator[Draft, None, tuple[str, list[int]]]:
    """Yield drafts.

    Returns:
        The summary, at most ``sentences`` sentences, and the number of passages in each round.
    """
    rounds: list[int] = []
    while True:
        passages = pack(split(text), plan.cost, plan.window)
        share = sentences if len(passages) == 1 else max(MIN_PER_PASSAGE, -(-sentences // len(passages)))
        rounds.append(len(passages))
        done: list[str] = []
        for i, passage in enumerate(passages, 1):
            writing = write(passage, share)
            while True:
                try:
                    now = next(writing)
                except StopIteration as end:
                    done.append(first_sentences(end.value, share))
                    break
                yield Draft(join([*done, now]), i, len(passages), len(rounds))
        merged = join(done)
        enough = len(split(merged)) <= sentences
        if enough or len(passages) == 1 or len(rounds) == MAX_ROUNDS or len(merged) >= len(text):
            return first_sentences(merged, sentences), rounds
        if not plan.rewrite:
            return join(select(split(merged), sentences)), rounds
        text = merged


def summarize(
    source: Source, request: SummarizeRequest, plan: Plan, write: Write
) -> Generator[Progress, None, tuple[Summary, dict[str, Any]]]:
    """Yield every draft grounded in the source.

    Returns:
        The summary, and what there is to say about it: facts of the source, compression, passages and rounds.
    """
    drafts = map_reduce(request.text, request.max_sentences, plan, write)
    for step in count(1):
        try:
            draft = next(drafts)
        except StopIteration as end:
            text, rounds = end.value
            break
        yield Progress(step=step, preview=source.summary(draft.text), message=draft.message)
    summary = source.no_longer(source.summary(text), request.max_sentences)
    shorter = round(compression(summary, request.text), 3)
    return summary, {**source.facts(), "compression": shorter, "passages": rounds[0], "rounds": len(rounds)}


def first_sentences(text: str, count: int) -> str:
    """The first ``count`` sentences; an unfinished last one, cut off by a length limit, is dropped if others are left."""
    pieces = split(text.strip())[: count + 1]
    if len(pieces) > count:
        pieces = pieces[:count]
    elif len(pieces) > 1 and pieces[-1].rstrip()[-1:] not in tuple(".!?。！？…\"'”’」』)）"):
        pieces = pieces[:-1]
    return "".join(pieces).strip()


def join(parts: list[str]) -> str:
    """One text; parts of Chinese are not set apart by spaces."""
    text = ""
    for part in filter(None, (p.strip() for p in parts)):
        text += (" " if text and ord(text[-1]) < 0x2E80 else "") + part
    return text
