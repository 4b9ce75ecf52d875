"""Constrained decoding of verse: which characters may stand next, given the form and what is written. Pure functions.

The mark after a line follows from the form and is never drawn, so lines have the right length by construction. At a rhyming
foot only characters of the rhyme already set are left, in its tone class and not used as a rhyme before. Rules are applied
in order of weight; one that would leave no character at all is passed over.

Shapes: V vocabulary.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from aigc_core.datasets.poetry import Line, Pattern

LEVEL, OBLIQUE = "平", "仄"
RICH = 40
"""Characters that a rhyme must have in the vocabulary to be chosen as a poem's rhyme."""
NEAR = 24
"""In a long form, characters may repeat after this many."""
DOUBLING = 1.5
"""Nats against doubling a character: small networks stammer."""
SHORT = 56
"""Longest poem in characters that uses no character twice, as the regulated forms demand."""


class Lexicon:
    """The vocabulary as a poet sees it.

    Args:
        characters: The character of every token id; empty for special tokens and bytes.
        sound: (rhyme, tone class) of a character, empty strings where unknown.

    Attributes:
        usable: (V,) bool: is a character.
        rhyme: (V,) int64: number of its rhyme, 0 unknown.
        level: (V,) int64: 1 for 平, 2 for 仄, 0 unknown.
    """

    def __init__(self, characters: Sequence[str], sound: Callable[[str], tuple[str, str]]) -> None:
        self.characters, self.sound = characters, sound
        self.ids = {character: i for i, character in enumerate(characters) if character}
        sounds = [sound(character) if character else ("", "") for character in characters]
        names = sorted({rhyme for rhyme, _ in sounds} - {""})
        self._numbers = {"": 0, **{name: i for i, name in enumerate(names, 1)}}
        self.usable = torch.tensor([bool(character) for character in characters])
        self.rhyme = torch.tensor([self._numbers[rhyme] for rhyme, _ in sounds])
        self.level = torch.tensor([("", LEVEL, OBLIQUE).index(tone) for _, tone in sounds])

    def rhyming(self, character: str) -> Tensor:
        """Characters that rhyme with a character in its tone class, (V,) bool; none where its sound is unknown."""
        rhyme, tone = self.sound(character)
        number = self._numbers.get(rhyme, 0)
        return (self.rhyme == number) & self.toned(tone) & (number > 0)

    def toned(self, tone: str) -> Tensor:
        """Characters of a tone class, (V,) bool."""
        return self.level == ("", LEVEL, OBLIQUE).index(tone)

    def rich(self) -> Tensor:
        """Characters whose rhyme has at least :data:`RICH` members in their tone class, (V,) bool."""
        key = self.rhyme * 3 + self.level
        return (torch.bincount(key)[key] >= RICH) & (self.rhyme > 0) & (self.level > 0)

    def only(self, characters: Collection[str]) -> Tensor:
        """These characters, (V,) bool."""
        mask = torch.zeros_like(self.usable)
        mask[[self.ids[c] for c in characters if c in self.ids]] = True
        return mask


def allowed(lexicon: Lexicon, pattern: Pattern, lines: Sequence[str]) -> Tensor:
    """Characters that may come next in the last of ``lines``, which is not full; (V,) bool, never empty.

    Args:
        lines: Characters of the lines so far without marks, the one being written last.
    """
    line, written = pattern[len(lines) - 1], lines[-1]
    rules = []
    if len(written) == line.length - 1:
        rules += [foot_rule(lexicon, pattern, lines), ~closing(lexicon, lines)]
    rules.append(~lexicon.only(used(pattern, lines)))
    mask = lexicon.usable
    for rule in rules:
        if bool((mask & rule).any()):
            mask = mask & rule
    return mask


def foot_rule(lexicon: Lexicon, pattern: Pattern, lines: Sequence[str]) -> Tensor:
    """Characters that satisfy rhyme and tone at the end of the last line, (V,) bool."""
    line = pattern[len(lines) - 1]
    before = feet(lexicon, pattern, lines[:-1], line.rhyme)
    if before and bool((found := lexicon.rhyming(before[0])).any()):
        return found & ~lexicon.only(before)
    if line.opens or (not line.rhyme and not line.tone):
        return lexicon.usable
    mask = lexicon.toned(line.tone) if line.tone else lexicon.usable
    return mask & lexicon.rich() if line.rhyme else mask


def feet(lexicon: Lexicon, pattern: Pattern, lines: Sequence[str], group: str) -> list[str]:
    """Last characters of the lines of a rhyme group, in order; an opening line counts only if it ends in 平."""
    ends = [(line, text[-1]) for line, text in zip(pattern, lines, strict=False) if group and line.rhyme == group]
    return [end for line, end in ends if not line.opens or lexicon.sound(end)[1] == LEVEL]


def closing(lexicon: Lexicon, lines: Sequence[str]) -> Tensor:
    """Characters that would make the last line the same as an earlier one, (V,) bool."""
    return lexicon.only([line[-1] for line in lines[:-1] if line[:-1] == lines[-1]])


def used(pattern: Pattern, lines: Sequence[str]) -> set[str]:
    """Characters that should not come again: all so far in a short poem, the latest :data:`NEAR` in a long one.

    Doubling the character just written (悠悠) is allowed once a line, and never past the line's border.
    """
    size = sum(line.length for line in pattern)
    text = "".join(lines)
    before = set(text if size <= SHORT else text[-NEAR:])
    written = lines[-1]
    doubled = any(a == b for a, b in itertools.pairwise(written))
    return before - {written[-1]} if written and not doubled else before


def bias(lexicon: Lexicon, pattern: Pattern, lines: Sequence[str], strength: float) -> Tensor:
    """Penalties (V,) in nats: ``strength`` for breaches of the regulated tone pattern, and one for doubled characters.

    In every line the 2nd, 4th and 6th character alternate between 平 and 仄; a couplet's lines are opposite, and neighbouring
    couplets begin alike (粘对). The second character written sets which.
    """
    against = torch.zeros(len(lexicon.characters))
    wanted = wanted_tone(lexicon.sound, pattern, lines)
    if wanted:
        against[lexicon.toned(OBLIQUE if wanted == LEVEL else LEVEL)] = -strength
    if lines[-1]:
        against[lexicon.only(lines[-1][-1])] -= DOUBLING
    return against


def wanted_tone(sound: Callable[[str], tuple[str, str]], pattern: Pattern, lines: Sequence[str]) -> str:
    """Tone class that the regulated pattern asks of the next character; empty where it asks for none.

    Args:
        sound: (rhyme, tone class) of a character.
        lines: The lines so far, the one being written last.
    """
    line, at = len(lines) - 1, len(lines[-1])
    if not is_regulated(pattern) or at % 2 == 0 or at == pattern[line].length - 1:
        return ""
    known = sound(lines[0][1])[1] if len(lines[0]) > 1 else ""
    if not known:
        return ""
    turned = (line % 4 in (1, 2)) ^ (at // 2 % 2)
    return {LEVEL: OBLIQUE, OBLIQUE: LEVEL}[known] if turned else known


def is_regulated(pattern: Sequence[Line]) -> bool:
    """Four or eight equal lines of five or seven characters, the even ones rhyming."""
    return (
        len(pattern) in (4, 8)
        and {line.length for line in pattern} in ({5}, {7})
        and all(line.rhyme and line.mark == "。" for line in pattern[1::2])
    )


def constrained(logits: Tensor, mask: Tensor) -> Tensor:
    """Logits with −inf outside the mask, (V,)."""
    return logits.masked_fill(~mask, -math.inf)
