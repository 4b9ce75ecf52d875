"""Two people's conversations as training windows: cleaned, cut into slices that fit, packed, with marks of what to learn.

A slice of a conversation becomes the text of :data:`aigc_core.tokenizers.bpe.CHAT_TEMPLATE`: every turn is its role token, the
words, and the end token. Either speaker may be the one that answers, so both halves of a conversation are replies to learn
from. Slices stand one behind the other in a window without a mark between conversations: people change the subject, too.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aigc_core.datasets import corpus

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

SHARES: Mapping[str, float] = {"synthetic-persona-chat": 0.6, "self-dialogue-corpus": 0.34, "chatterbot-corpus": 0.06}
"""Share of the training tokens from each source; Taskmaster-4 is left out because its replies refer to a screen."""
END, SYSTEM, USER, ASSISTANT = range(4)
"""Ids of the end token and of :data:`aigc_core.tokenizers.bpe.ROLES`."""
GIVEN, ASKED, REPLY = range(3)
"""Marks of tokens: context (role tokens, personas, padding), words of the user, words of the reply."""
NAMES = ("Alex", "Sam", "Anna", "Ben", "Maria", "Tom", "Julia", "David", "Emma", "Jack", "Lucy", "Max", "Sarah", "Leo")
LOOSE_TOPICS = ("conversations", "greetings", "health", "botprofile")
"""Topics of chatterbot-corpus whose further turns continue the conversation; in the others they are alternative
answers."""
DROPPED_TOPICS = ("coding", "gossip")
KNOWN_PEOPLE = 0.08
"""Largest share of names among the words of a self-dialogue; above it the dialogue is about facts that no small
model can know."""
_ALIKE = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "′": "'", "“": '"', "”": '"', "…": "...", "‚": ",", "–": "-", "—": "-", "\ufeff": ""})  # fmt: skip
_ASKS = re.compile(r"(who|what|when|where|why|how|which|whose|do|does|did|are|is|can|could|will|would|have|has|should)\b", re.I)  # fmt: skip
_NAME = re.compile(r"[\[{<(]\s*(?:user|your|my|the other|person)?\s*'?s?\s*\d?'?s?\s*name\s*\d?\s*[\]}>)]", re.I)


@dataclass(frozen=True, kw_only=True)
class Dialogue:
    """Turns of two speakers in alternation."""

    source: str
    turns: tuple[str, ...]
    personas: tuple[str, str] = ("", "")
    """Sentences about the one who begins and the other; empty where unknown."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Packed slices; token ids and their marks (:data:`GIVEN`, :data:`ASKED`, :data:`REPLY`), (N, T) each."""

    ids: NDArray[np.uint16]
    marks: NDArray[np.uint8]

    def shuffled(self, rng: np.random.Generator) -> Windows:
        """The windows in another order, so that a batch does not hold one conversation's pieces."""
        order = rng.permutation(len(self.ids))
        return Windows(ids=self.ids[order], marks=self.marks[order])


def read(file: Path, split: str) -> list[Dialogue]:
    """The cleaned conversations of a split, in the file's order.

    Raises:
        InvalidRequestError: see :func:`aigc_core.datasets.corpus.records`.
    """
    found: list[Dialogue] = []
    seen: set[tuple[str, ...]] = set()
    for record in corpus.records(file, split):
        source = record["src"]
        if source not in SHARES or record.get("lang", "en") != "en" or record.get("topic") in DROPPED_TOPICS:
            continue
        personas = " ".join(record.get("persona1") or ()), " ".join(record.get("persona2") or ())
        for turns in _conversations(record["turns"], str(record.get("topic")) if "lang" in record else None):
            if len(turns) > 1 and turns not in seen and not (source.startswith("self") and _names(turns)):
                seen.add(turns)
                found.append(Dialogue(source=source, turns=turns, personas=(tidy(personas[0]), tidy(personas[1]))))
    return found


def _conversations(turns: Sequence[str], topic: str | None) -> Iterator[tuple[str, ...]]:
    """Split into conversations, one for each alternative answer, and cut each before the first turn unfit for
    training."""
    if topic is not None and topic not in LOOSE_TOPICS:
        for answer in turns[1:]:
            yield from _conversations((turns[0], answer), None)
        return
    kept = []
    for i, turn in enumerate(turns):
        name = NAMES[(zlib.crc32(turns[0].encode()) + i % 2) % len(NAMES)]
        text = tidy(_NAME.sub(name, turn))
        if (
            len(text) < 2
            or len(text) > 400
            or re.search(r"[\[\]{}<>_\\#@|~^]|```|\b[uU]ser [12]\b|[^\x00-\u024f]", text)
        ):
            break
        kept.append(text)
    yield tuple(kept)


def _names(turns: Sequence[str]) -> bool:
    """True if too many words are names, that is, capitalised inside a sentence."""
    words = [word for turn in turns for word in turn.split()]
    inner = [b for turn in turns for a, b in zip(turn.split(), turn.split()[1:], strict=False) if a[-1] not in ".!?"]
    capital = sum(word[:1].isupper() and not re.match(r"I\b|I'", word) for word in inner)
    return capital > KNOWN_PEOPLE * len(words)


def tidy(text: str) -> str:
    """Normalise quotes, spaces, capitals and final punctuation; turn upper-case texts to lower case."""
    text = " ".join(text.translate(_ALIKE).split())
    if len(text) > 3 and text.isupper():
        text = text.lower()
    text = re.sub(r"\s+([.,!?;:])(?=\s|$)", r"\1", text)
    text = re.sub(r"\bi\b(?!\.\w)", "I", text)
    text = re.sub(r"(^|[.!?] )([a-z])", lambda match: match[1] + match[2].upper(), text)
    if text and (text[-1].isalnum() or text[-1] in "'\""):
        text += "?" if _ASKS.match(text) and text[-1].isalnum() else "." if text[-1].isalnum() else ""
    return text


class Encoder:
    """Conversations to token ids; a conversation's turns are encoded once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def turns(self, dialogue: Dialogue) -> list[list[int]]:
        """Token ids of every turn, without role and end tokens."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(dialogue.turns))]

    def persona(self, dialogue: Dialogue, speaker: int) -> list[int]:
        """The system turn with a speaker's persona (0 is the one who begins); empty without one."""
        text = dialogue.personas[speaker]
        return [SYSTEM, *self._tokenizer.encode(text).ids, END] if text else []


def rendered(turns: Sequence[Sequence[int]], first: int, persona: Sequence[int] = ()) -> tuple[list[int], list[int]]:
    """Ids and marks of consecutive turns.

    Args:
        first: Role of the first turn, :data:`USER` or :data:`ASSISTANT`.
    """
    ids, marks = list(persona), [GIVEN] * len(persona)
    for i, turn in enumerate(turns):
        answers = (first == ASSISTANT) == (i % 2 == 0)
        ids += [ASSISTANT if answers else USER, *turn, END]
        marks += [GIVEN] + [REPLY if answers else ASKED] * (len(turn) + 1)
    return ids, marks


def slices(
    dialogue: Dialogue, encoder: Encoder, answering: int, length: int, rng: np.random.Generator
) -> Iterator[tuple[list[int], list[int]]]:
    """Cut a conversation into pieces of at most ``length`` tokens (ids and marks), ``answering`` (0 or 1) the one to learn.

    Half of the pieces begin with that speaker's persona where there is one. One in ten begins with a reply, from which the
    model learns what is said whatever was asked, p(reply).
    """
    turns = encoder.turns(dialogue)
    persona = encoder.persona(dialogue, answering)
    start = 0
    while start < len(turns):
        opens = start % 2 == answering
        if opens and start + 1 < len(turns) and rng.random() > 0.1:
            start += 1
            continue
        head = persona if rng.random() < 0.5 and len(persona) < length // 2 else []
        room = int(rng.integers(length // 3, length + 1)) - len(head)
        stop = start
        while stop < len(turns) and (room := room - len(turns[stop]) - 2) >= 0:
            stop += 1
        if stop % 2 == answering:  # a question whose answer did not fit goes to the next piece
            stop -= 1
        if stop > start:
            yield rendered(turns[start:stop], ASSISTANT if opens else USER, head)
        start = max(stop, start + 1)


def stream(
    dialogues: Sequence[Dialogue],
    encoder: Encoder,
    length: int,
    rng: np.random.Generator,
    shares: Mapping[str, float] = SHARES,
) -> Iterator[tuple[list[int], list[int]]]:
    """Yield slices endlessly, sources mixed by ``shares``; within a source every conversation is used before any
    repeats."""
    sources = [name for name in shares if any(d.source == name for d in dialogues)]
    endless = {name: _endless([d for d in dialogues if d.source == name], encoder, length, rng) for name in sources}
    drawn = dict.fromkeys(sources, 0)
    while True:
        name = min(sources, key=lambda name: drawn[name] / shares[name])
        piece = next(endless[name])
        drawn[name] += len(piece[0])
        yield piece


def _endless(
    dialogues: Sequence[Dialogue], encoder: Encoder, length: int, rng: np.random.Generator
) -> Iterator[tuple[list[int], list[int]]]:
    """Pass over the conversations endlessly in a new order each time; the answering speaker alternates, except in
    short ones."""
    turn = 0
    while True:
        for i in rng.permutation(len(dialogues)):
            dialogue = dialogues[i]
            answering = 1 if len(dialogue.turns) < 4 else (turn + int(i)) % 2
            yield from slices(dialogue, encoder, answering, length, rng)
        turn += 1


def pack(pieces: Iterator[tuple[list[int], list[int]]], count: int, length: int, ahead: int = 32) -> Windows:
    """``count`` windows of ``length`` tokens; each takes the first of the next ``ahead`` pieces that fits, then padding."""
    ids = np.full((count, length), END, np.uint16)
    marks = np.full((count, length), GIVEN, np.uint8)
    waiting: list[tuple[list[int], list[int]]] = []
    for row in range(count):
        filled = 0
        while True:
            while len(waiting) < ahead and (piece := next(pieces, None)) is not None:
                waiting.append(piece)
            fit = next((i for i, piece in enumerate(waiting) if filled + len(piece[0]) <= length), None)
            if fit is None:
                break
            piece_ids, piece_marks = waiting.pop(fit)
            ids[row, filled : filled + len(piece_ids)] = piece_ids
            marks[row, filled : filled + len(piece_ids)] = piece_marks
            filled += len(piece_ids)
    return Windows(ids=ids, marks=marks)
