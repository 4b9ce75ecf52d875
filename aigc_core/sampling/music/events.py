"""Write music token by token: a grammar that allows only what can be read and sung, and the loop around any model.

The grammar keeps the bars' number, lets each singer sing one note at a time, and puts notes in the order in which training rows
have them. What it forbids the model hardly ever wants; without it one slip in a thousand tokens would spoil a piece.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from aigc_core.sampling.text.tokens import Sampling, draw
from aigc_core.tokenizers import music_tokens
from aigc_core.tokenizers.music_tokens import (
    AT,
    BAR,
    COUNTDOWN,
    DENSITY,
    END,
    HIGHEST,
    KEY,
    KEYS,
    LEAD,
    LENGTH,
    LENGTHS,
    LOWEST,
    METRE,
    METRES,
    NOTE,
    SCORE,
    SINGING,
    START,
    STYLE,
    STYLES,
    TEMPI,
    TEMPO,
    UNDER,
    VOCABULARY,
    VOICES_OF,
    Header,
    Note,
    Reader,
)

Step = Callable[[Sequence[int], bool], Tensor]
"""Reads further tokens and gives the logits of the one that follows, (V,); True begins a new window with them."""
LONGEST_PART = 120
"""Tokens after which a bar, or its other voices, must close."""
ROOM = 3 * LONGEST_PART + 12
"""Tokens that may follow a bar's before the next one, or before the end: three parts where the last bar's lead runs ahead."""
KEPT_BARS = 6
"""Bars that stay in view when a long piece has outgrown the model's window."""
_SLOTS = (
    range(END, END + 1), range(STYLE, STYLE + len(STYLES)), range(METRE, METRE + len(METRES)), range(KEY, KEY + KEYS),
    range(TEMPO, TEMPO + len(TEMPI)), range(DENSITY, DENSITY + 4), range(START, START + 1), range(SCORE, LEAD + 1),
)  # fmt: skip
"""The tokens that each place before the first bar can hold."""
STYLE_SLOT, METRE_SLOT, KEY_SLOT, TEMPO_SLOT, DENSITY_SLOT, LAYOUT_SLOT = 1, 2, 3, 4, 5, 7
_LENGTHS = tuple(range(LENGTH, LENGTH + len(LENGTHS)))


def is_part(token: int) -> bool:
    """True for a token that begins a bar, or the other voices of one."""
    return BAR <= token < AT or token == UNDER


class Grammar:
    """Grammar of the tokens that may follow in a piece of ``bars`` bars.

    Args:
        wanted: Tokens asked for before the first bar, by their places; what is not asked for is drawn.
    """

    def __init__(self, bars: int, wanted: Mapping[int, int]) -> None:
        self.bars, self.wanted = bars, wanted
        self.ids: list[int] = []
        self.reader = Reader()
        self.free = [0] * SINGING
        """End of each singer's last note, in sixteenths."""
        self.began = 0
        """Start of the present part of the row."""

    @property
    def header(self) -> Header:
        """Settings given by the first tokens, once they are there."""
        style, metre, key, tempo, density = self.ids[1:6]
        return Header(
            style=STYLES[style - STYLE],
            metre=METRES[metre - METRE],
            tonic=(key - KEY) % 12,
            mode="minor" if key - KEY >= 12 else "major",
            tempo=TEMPI[tempo - TEMPO],
            density=density - DENSITY,
            lead=self.ids[LAYOUT_SLOT] == LEAD,
        )

    def push(self, token: int) -> None:
        self.ids.append(token)
        self.reader.push(token)
        if is_part(token):
            self.began = len(self.ids)
        if LENGTH <= token < NOTE and self.reader.notes:
            note = self.reader.notes[-1]
            if note.voice < SINGING:
                self.free[note.voice] = note.start + note.length

    def allowed(self) -> Sequence[int]:
        """The tokens that may follow."""
        place = len(self.ids)
        if place < len(_SLOTS):
            return (self.wanted[place],) if place in self.wanted else _SLOTS[place]
        if self.reader.pending is not None:
            return _LENGTHS
        if self.reader.leading < 0:
            return (self._bar(),)
        notes = list(self._notes())
        if AT <= self.ids[-1] < LENGTH:
            return notes
        if len(self.ids) - self.began > LONGEST_PART:
            return (self.closing(),)
        return [*notes, *self._positions(), self.closing()]

    def mask(self) -> Tensor:
        """True where a token may not follow, (V,)."""
        forbidden = torch.ones(VOCABULARY, dtype=torch.bool)
        forbidden[torch.tensor(self.allowed())] = False
        return forbidden

    def _voices(self) -> Sequence[int]:
        """The voices whose notes stand in this part of the row."""
        voices = VOICES_OF[STYLES[self.ids[STYLE_SLOT] - STYLE]]
        if self.ids[LAYOUT_SLOT] == SCORE:
            return voices
        return voices[1:] if self.reader.in_under else voices[:1]

    def _notes(self) -> Iterator[int]:
        """Notes that may begin here: after the last one, in voices that are free."""
        if self.reader.position < 0:
            return
        last = (self.reader.token - NOTE) // (HIGHEST - LOWEST + 1) if self.reader.token >= 0 else -1
        for voice in self._voices():
            if voice < SINGING and (self.free[voice] > self.reader.time or voice == last):
                continue
            first = music_tokens.note_token(voice, HIGHEST)
            yield from range(max(first, self.reader.token + 1), first + HIGHEST - LOWEST + 1)

    def _positions(self) -> Sequence[int]:
        """Later places in the bar at which some voice is free."""
        voices = self._voices()
        begin = self.reader.time - max(self.reader.position, 0)
        soonest = 0 if voices[-1] >= SINGING else min(self.free[v] for v in voices) - begin
        return range(AT + max(self.reader.position + 1, soonest), AT + self.reader.bar)

    def _bar(self) -> int:
        return BAR + min(self.bars - self.reader.leading - 1, COUNTDOWN) - 1

    def closing(self) -> int:
        """The token that closes this part of the row: the next bar, the other voices, or the end."""
        reader, last = self.reader, self.bars - 1
        if self.ids[LAYOUT_SLOT] == SCORE:
            return self._bar() if reader.leading < last else END
        behind = reader.leading - reader.under  # bars whose other voices are still to come
        if reader.leading < last and behind < 2:
            return self._bar()
        return UNDER if behind else END

    def recent(self, longest: int) -> list[int]:
        """The last bars as the row of a piece that has begun earlier, in at most ``longest`` tokens.

        Of a single bar that needs more (a primer may hold any number of notes) the end is kept.
        """
        bars, size = self.reader.leading + 1, self.reader.bar
        for kept in range(min(KEPT_BARS, bars), 0, -1):
            first = bars - kept
            notes = [n._replace(start=n.start - first * size) for n in self.reader.notes if n.start >= first * size]
            row = music_tokens.encode(replace(self.header, middle=first > 0), notes, kept, self.bars - first)
            if len(row) <= longest:
                return row
        prefix, body = row[: music_tokens.PREFIX], row[music_tokens.PREFIX :]
        return [*prefix, *body[len(prefix) - longest :]]


def write(
    step: Step,
    grammar: Grammar,
    sampling: Sampling,
    generator: torch.Generator,
    *,
    window: int,
    given: Callable[[int], Iterable[Note]] | None = None,
    beginning: Sequence[Note] = (),
    begun: int = 0,
) -> Generator[int, None, None]:
    """Push tokens until the piece ends; yields the bar being written after each token drawn.

    Args:
        window: Most tokens the model can see, at least two :data:`ROOM`.
        given: The leading voice's notes of each bar, which are then not drawn (lead layout).
        beginning: Notes of the first ``begun`` bars, which the piece goes on from.
    """
    unread: list[int] = []
    fresh, used = True, 0
    complete = False  # what was pushed last is a whole part of the row

    def push(tokens: Iterable[int]) -> None:
        for token in tokens:
            grammar.push(token)
            unread.append(token)

    while not grammar.reader.ended:
        reader = grammar.reader
        allowed = (grammar.closing(),) if complete else grammar.allowed()
        if len(allowed) > 1:
            logits = step(unread, fresh).masked_fill(grammar.mask(), -math.inf)
            used, fresh = (0 if fresh else used) + len(unread), False
            unread.clear()
            token = draw(logits, sampling, (), generator)
            yield max(reader.leading, 0)
        else:
            token = allowed[0]
        complete = False
        if not BAR <= token < AT:
            push([token])
        elif reader.leading < 0 and begun:
            row = music_tokens.encode(grammar.header, beginning, begun, grammar.bars)
            push(row[music_tokens.PREFIX :])
            complete = True
        else:
            if (0 if fresh else used) + len(unread) + ROOM > window:
                unread[:], fresh = grammar.recent(window // 2), True
            push([token])
            if given is not None:
                push(music_tokens.events(given(reader.leading), reader.bar))
                complete = True
