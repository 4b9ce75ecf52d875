"""Titles and one-sentence summaries by our pointer-generator (:mod:`aigc_core.models.pointer_generator`).

Beam search writes one line for a passage. Of every word we know how much of its probability was copied, and from where: that
is the link to the source, for words and, summed over a line, for sentences. A text beyond the window is read by passages, a
line for each; where that makes more lines than were asked for, those that TextRank puts first are kept.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from aigc_core import checkpoint, runtime
from aigc_core.models.pointer_generator import Cache, Memory, PointerGenerator, PointerGeneratorConfig, Source
from aigc_core.nlp.grounding import Source as Grounding
from aigc_core.nlp.grounding import compression
from aigc_core.nlp.sentences import CJK, is_chinese, pack, split
from aigc_core.pipelines.text.extractive import select
from aigc_core.sampling.text.beam import BeamConfig, beam_search
from aigc_core.tasks.summarize import SummarizeRequest, Summary, SummaryWord
from aigc_core.tokenizers import vocabulary
from aigc_core.tokenizers.vocabulary import END, TITLE, TLDR, UNKNOWN, Reading, Vocabulary
from aigc_core.types import Events, ModelSpec, Progress, Result

WINDOW = 256
"""Source words read at once, where the row says nothing."""
LONGEST_WORD = 100
"""Characters of a word that are written: a text without a space is one word, and could be copied forty times."""
LINK_SHARE = 0.2
"""Share of a line's copied words above which a source sentence is linked."""
_NO_SPACE_BEFORE, _NO_SPACE_AFTER = frozenset(",.:;!?)]}%-–/’'"), frozenset("([{-–/$’'")


_WITHOUT_SPACES = re.compile(f"[{CJK}\u3000-\u303f\uff00-\uffef“”‘’…—]")
"""Chinese characters and marks: no space on either side."""


class Line(NamedTuple):
    """One written line and its words; ``start`` and ``end`` of a word are characters of the whole text."""

    text: str
    words: tuple[SummaryWord, ...] = ()


class PointerSummary:
    """One loaded model.

    Settings of the row: ``num_beams``, ``length_penalty``, ``min_words``, ``max_words``, ``no_repeat_ngram``, ``window``.
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        config = checkpoint.load_config(folders[0], PointerGeneratorConfig)
        self._model = checkpoint.load(folders[0], PointerGenerator(config)).to(runtime.device())
        self._vocabulary = Vocabulary.load(folders[0])
        given = spec.settings
        self._window = int(given.get("window", WINDOW))
        self._search = BeamConfig(
            num_beams=int(given.get("num_beams", 4)),
            max_new_tokens=int(given.get("max_words", 40)),
            min_new_tokens=int(given.get("min_words", 4)),
            length_penalty=float(given.get("length_penalty", 1.0)),
            no_repeat_ngram_size=int(given.get("no_repeat_ngram", 2)),
            start_token=TITLE,
            end_tokens=(END,),
            last_token=END,
        )

    @torch.inference_mode()
    def stream(self, request: SummarizeRequest) -> Events:
        """Yield after each word, with the leading hypothesis."""
        source = Grounding(request.text)
        passages = pack(split(request.text), lambda text: len(vocabulary.words(text)), self._window)
        lines: list[Line] = []
        offset = step = 0
        for i, passage in enumerate(passages, 1):
            message = f"part {i} of {len(passages)}" if len(passages) > 1 else ""
            writing = self._write(passage, offset)
            while True:
                try:
                    now = next(writing)
                except StopIteration as end:
                    lines.append(end.value)
                    break
                step += 1
                yield Progress(step=step, preview=source.summary([*(x.text for x in lines), now]), message=message)
            offset += len(passage)
        summary = _linked(source, request.text, _stopped(_chosen([x for x in lines if x.text], request.max_sentences)))
        summary = source.no_longer(summary, request.max_sentences)
        info = {
            **source.facts(),
            "compression": round(compression(summary, request.text), 3),
            "passages": len(passages),
            "window_words": self._window,
        }
        yield Result(output=summary, info=info)

    def _write(self, passage: str, offset: int) -> Generator[str, None, Line]:
        reading = self._vocabulary.read(passage, self._window)
        if not len(reading.ids):
            return Line("")
        device = next(self._model.parameters()).device
        arrays = (reading.ids, reading.extended, reading.features)
        memory = self._model.encode(Source(*(torch.from_numpy(a)[None].to(device) for a in arrays)))
        search = beam_search(Decoder(self._model, memory, len(reading.unknown), self._search.num_beams), self._search)
        while True:
            try:
                yield self._spelled(reading, next(search), [])
            except StopIteration as end:
                return self._line(reading, memory, [t for t in end.value if t != END], offset)

    def _line(self, reading: Reading, memory: Memory, tokens: list[int], offset: int) -> Line:
        """Read the finished hypothesis once more to see where each word came from."""
        if not tokens:
            return Line("")
        targets = torch.tensor([tokens], device=memory.extended.device)  # (1, L)
        begun = torch.cat([torch.full_like(targets[:, :1], TITLE), targets[:, :-1]], dim=1)
        step = self._model.decode(memory, begun)
        _, share = self._model.log_likelihood(step, memory.extended, targets)
        places = step.attention * (targets[..., None] == memory.extended[:, None])  # (1, L, T)
        best, copied = places[0].argmax(-1).tolist(), share[0].clamp(0, 1).tolist()
        words: list[SummaryWord] = []
        forms: list[str] = []
        text = self._spelled(reading, tokens, forms)
        for form, place, probability in zip(forms, best, copied, strict=True):
            word = reading.words[place]
            there = (offset + word.start, offset + word.end) if probability > 0 else (-1, -1)
            words.append(SummaryWord(text=form, start=there[0], end=there[1], copied=round(probability, 4)))
        return Line(text, tuple(words))

    def _spelled(self, reading: Reading, tokens: list[int], forms: list[str]) -> str:
        """Text of extended numbers; fills ``forms`` with the words as they are spelled."""
        text = ""
        own = {int(t): w.text for t, w in reversed(list(zip(reading.extended, reading.words, strict=True)))}
        touching = _touching(reading)
        for before, token in zip([-1, *tokens], tokens, strict=False):
            form = self._vocabulary.forms[token] if token < len(self._vocabulary) else own[token]
            if sum(c.isupper() for c in own.get(token, "")) > 1:
                form = own[token]
            form = form[:LONGEST_WORD]
            if not text:
                form = form[:1].upper() + form[1:]
            glued = not text or form in _NO_SPACE_BEFORE or text[-1] in _NO_SPACE_AFTER
            glued = glued or (before, token) in touching or bool(_WITHOUT_SPACES.search(text[-1] + form[0]))
            text += form if glued else f" {form}"
            forms.append(form)
        return text


class Decoder:
    """Next-word scores over the extended vocabulary for :func:`beam_search`, with a cache."""

    def __init__(self, model: PointerGenerator, memory: Memory, unknown: int, num_beams: int) -> None:
        self._model, self._memory, self._unknown = model, memory, unknown
        self._cache = Cache(torch.zeros(num_beams, 0, dtype=torch.int64, device=memory.extended.device))

    def __call__(self, tokens: Tensor, order: Tensor) -> Tensor:
        """(B,) tokens of the hypotheses ``order`` to log p, (B, V + N); what cannot be written has none."""
        device = self._memory.extended.device
        self._cache.reorder(order.to(device))
        step = self._model.decode(self._memory, tokens.to(device)[:, None], self._cache)
        p = self._model.distribution(step, self._memory.extended, self._unknown)[:, -1]
        p[:, [TITLE, TLDR, UNKNOWN]] = 0.0
        return p.log()


def _touching(reading: Reading) -> set[tuple[int, int]]:
    """Pairs of words that a Chinese source writes without a space between them, such as names of programs."""
    if not any(_WITHOUT_SPACES.match(word.text) for word in reading.words):
        return set()
    pairs = zip(reading.extended.tolist(), reading.extended[1:].tolist(), pairwise(reading.words), strict=False)
    return {(a, b) for a, b, (first, second) in pairs if first.end == second.start}


def _chosen(lines: list[Line], count: int) -> list[Line]:
    if len(lines) <= count:
        return lines
    kept = select([line.text for line in lines], count)
    return [next(line for line in lines if line.text == text) for text in kept]


def _stopped(lines: list[Line]) -> list[Line]:
    """Several lines in a row end with a full stop, a single title does not."""
    if len(lines) < 2:
        return lines
    stops = ["。" if is_chinese(line.text) else "." for line in lines]
    return [
        line if line.text.endswith(tuple("。！？.!?")) else line._replace(text=line.text + stop)
        for line, stop in zip(lines, stops, strict=True)
    ]


def _linked(source: Grounding, text: str, lines: list[Line]) -> Summary:
    """The lines with their words; each linked to the source sentences that most of its copied words stand in."""
    summary = source.summary([line.text for line in lines])
    starts, place = [], 0
    for i, original in enumerate(summary.source_sentences):
        place = max(text.find(original, place), 0)
        starts.append((place, i))
        place += len(original)
    sentences = []
    for sentence in summary.sentences:
        line = next((line for line in lines if line.text.strip() == sentence.text.strip()), Line(""))
        mass: dict[int, float] = {}
        for word in line.words:
            if word.start >= 0 and word.text[0].isalnum():
                home = max((i for start, i in starts if start <= word.start), default=0)
                mass[home] = mass.get(home, 0.0) + word.copied
        total = sum(mass.values())
        linked = sorted((i for i in mass if mass[i] >= LINK_SHARE * total), key=lambda i: -mass[i])
        sentences.append(
            replace(sentence, words=line.words, sources=tuple(linked) if total > 0.5 else sentence.sources)
        )
    return replace(summary, sentences=tuple(sentences))
