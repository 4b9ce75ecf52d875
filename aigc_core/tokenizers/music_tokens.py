"""Music as a row of event tokens, in the manner of REMI (Huang and Yang 2020, arXiv 2002.00212), on a grid of sixteenths.

    <end> chorale 4/4 "A minor" tempo density start score  bar(9) at(0) note(soprano, 69) length(4) note(alto, 64) length(8) … <end>

A note is two tokens: voice and pitch in one, then the length. ``bar(n)`` says that n bars are left, itself included (16 stands
for more), so a piece can be asked to end after so many bars, and the model sees its cadence coming.

Two layouts. *Score*: bar after bar, everything as it sounds. *Lead*: the leading voice (soprano, melody) one bar ahead of the
others, as a player reads ahead, so that a given melody can be accompanied:

    bar(9) lead₁  bar(8) lead₂  <under> rest₁  bar(7) lead₃  <under> rest₂ …  <under> rest₉ <end>

MidiTok's REMI has neither the countdown nor the second layout, and spends three tokens on a note; hence our own two pages.
Exact for notes on the grid of up to 24 sixteenths; longer ones take the nearest length of :data:`LENGTHS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Mode = Literal["major", "minor"]
STEPS_PER_BEAT = 4
STYLES = ("chorale", "pop")
VOICES = ("soprano", "alto", "tenor", "bass", "melody", "bridge", "piano")
VOICES_OF = {"chorale": (0, 1, 2, 3), "pop": (4, 5, 6)}
"""Numbers of each style's voices; the first one leads."""
SINGING = 4
"""Voices below this number sing one note at a time."""
METRES = (3, 4)
"""Beats a bar."""
TEMPI = (40, 50, 60, 70, 80, 90, 100, 110, 120, 140, 160, 180)
"""Quarter notes a minute, each the middle of its class."""
CROWDED = {"chorale": (12.5, 14.0, 16.0), "pop": (17.0, 21.0, 24.5)}
"""Notes in four beats from which on a piece belongs to the next of four classes of density: quartiles of the training split."""
COUNTDOWN = 16
LENGTHS = (*range(1, 25), 28, 32, 36, 40, 48, 56, 64)
"""In sixteenths."""
LOWEST, HIGHEST = 21, 108
"""Pitches of a piano."""
KEYS = 24

END, START, MIDDLE, SCORE, LEAD, UNDER = range(6)
STYLE = 6
METRE = STYLE + len(STYLES)
KEY = METRE + len(METRES)
TEMPO = KEY + KEYS
DENSITY = TEMPO + len(TEMPI)
BAR = DENSITY + 4
AT = BAR + COUNTDOWN
LENGTH = AT + max(METRES) * STEPS_PER_BEAT
NOTE = LENGTH + len(LENGTHS)
VOCABULARY = NOTE + len(VOICES) * (HIGHEST - LOWEST + 1)
PREFIX = 8
"""Tokens before the first bar, the ``<end>`` that opens every row included."""


class Note(NamedTuple):
    """One note; times in sixteenths from the first bar line."""

    start: int
    voice: int
    pitch: int
    length: int


@dataclass(frozen=True, kw_only=True)
class Header:
    """Settings carried by the tokens before the first bar."""

    style: str
    metre: int
    tonic: int
    """Pitch class, C is 0."""
    mode: Mode
    tempo: float
    """Quarter notes a minute."""
    density: int
    """0 sparse … 3 crowded."""
    middle: bool = False
    """True where the row does not begin with the piece."""
    lead: bool = False
    """True for the layout in which the leading voice runs ahead."""

    @property
    def bar(self) -> int:
        """Sixteenths a bar."""
        return self.metre * STEPS_PER_BEAT

    def tokens(self) -> list[int]:
        return [
            END,
            STYLE + STYLES.index(self.style),
            METRE + METRES.index(self.metre),
            KEY + self.tonic + 12 * (self.mode == "minor"),
            TEMPO + min(range(len(TEMPI)), key=lambda i: abs(TEMPI[i] - self.tempo)),
            DENSITY + self.density,
            MIDDLE if self.middle else START,
            LEAD if self.lead else SCORE,
        ]


def density(style: str, notes: int, beats: float) -> int:
    """Class of density of so many notes in so many beats."""
    return sum(4 * notes / max(beats, 1) >= limit for limit in CROWDED[style])


def note_token(voice: int, pitch: int) -> int:
    """High pitches first: the notes of a chord, sorted by their tokens, go from the top voice down."""
    return NOTE + voice * (HIGHEST - LOWEST + 1) + HIGHEST - pitch


def length_token(length: int) -> int:
    """The nearest length there is."""
    return LENGTH + min(range(len(LENGTHS)), key=lambda i: abs(LENGTHS[i] - length))


def encode(header: Header, notes: Iterable[Note], bars: int, left: int | None = None) -> list[int]:
    """The row of a piece, or of ``bars`` bars out of it; ends in ``<end>`` where the piece does.

    Args:
        notes: Those that begin in the bars; the first bar begins at 0.
        left: Bars of the piece from the first one on; ``bars`` when not given.
    """
    left = bars if left is None else left
    leading = VOICES_OF[header.style][0]
    groups: list[tuple[list[Note], list[Note]]] = [([], []) for _ in range(bars)]
    for note in notes:
        groups[note.start // header.bar][header.lead and note.voice != leading].append(note)
    ids = header.tokens()
    for i, (first, _) in enumerate(groups):
        ids += [BAR + min(left - i, COUNTDOWN) - 1, *events(first, header.bar)]
        if header.lead and i:
            ids += [UNDER, *events(groups[i - 1][1], header.bar)]
    if left == bars:
        ids += [UNDER, *events(groups[-1][1], header.bar)] if header.lead else []
        ids.append(END)
    return ids


def events(notes: Iterable[Note], bar: int) -> Iterator[int]:
    """One bar's notes, in order of time and token; several of one key at one time are one."""
    position = -1
    events = {(n.start % bar, note_token(n.voice, n.pitch)): n.length for n in sorted(notes)}
    for (at, token), length in sorted(events.items()):
        if at != position:
            yield AT + at
            position = at
        yield token
        yield length_token(length)


class Reader:
    """Follows a row token by token: where it stands, and the notes so far.

    A token that makes no sense where it stands is passed over, so any row can be read.
    """

    def __init__(self, bar: int = 16) -> None:
        self.bar = bar
        """Sixteenths a bar; a metre token changes it."""
        self.notes: list[Note] = []
        self.leading = self.under = -1
        """The last bar begun, and the last one whose other voices were begun (lead layout)."""
        self.in_under = False
        self.position = -1
        """Sixteenth of the bar; -1 before the first."""
        self.token = -1
        """The last note begun at this position."""
        self.pending: tuple[int, int] | None = None
        """Voice and pitch of a note whose length is to come."""
        self.ended = False

    @property
    def time(self) -> int:
        """Sixteenths from the first bar line to the present position."""
        return (self.under if self.in_under else self.leading) * self.bar + max(self.position, 0)

    def push(self, token: int) -> None:
        if token >= NOTE:
            voice, below = divmod(token - NOTE, HIGHEST - LOWEST + 1)
            self.pending, self.token = (voice, HIGHEST - below), token
        elif token >= LENGTH:
            if self.pending is not None and self.leading >= 0:
                self.notes.append(Note(self.time, *self.pending, LENGTHS[token - LENGTH]))
            self.pending = None
        elif token >= AT:
            self.position, self.token = token - AT, -1
        elif token >= BAR or token == UNDER:
            self.in_under = token == UNDER
            self.under, self.leading = self.under + self.in_under, self.leading + (not self.in_under)
            self.position = self.token = -1
        elif METRE <= token < KEY:
            self.bar = METRES[token - METRE] * STEPS_PER_BEAT
        elif token == END:
            self.ended = self.leading >= 0


def decode(ids: Iterable[int]) -> list[Note]:
    """The notes of a row, in order of time and voice."""
    reader = Reader()
    for token in ids:
        reader.push(token)
    return sorted(reader.notes, key=lambda n: (n.start, n.voice, -n.pitch))
