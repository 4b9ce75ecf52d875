"""Join the bytes of a character that is missing from a vocabulary of whole characters.

Shapes: T tokens, C of them after joining.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aigc_core.tasks.decoding import Surprisal


def groups(pieces: Sequence[str]) -> list[range]:
    """Places of the tokens that make up each shown piece: those without text belong to the next that has some."""
    found: list[range] = []
    start = 0
    for i, piece in enumerate(pieces):
        if piece or i == len(pieces) - 1:
            found.append(range(start, i + 1))
            start = i + 1
    return found


def surprisals(tokens: Sequence[Surprisal]) -> tuple[Surprisal, ...]:
    """One surprisal per character: bits summed, the worst rank, the alternatives of its first byte."""
    joined = []
    for group in groups([token.text for token in tokens]):
        parts = [tokens[i] for i in group]
        text, bits = "".join(part.text for part in parts), sum(part.bits for part in parts)
        joined.append(replace(parts[0], text=text, bits=bits, rank=max(part.rank for part in parts)))
    return tuple(joined)


def attention(pieces: Sequence[str], weights: NDArray[np.float32]) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Maps (…, T, T) as (…, C, C): a character is looked at as much as its bytes together and looks as they do on average."""
    joined = groups(pieces)
    starts = [group.start for group in joined]
    sizes = np.array([len(group) for group in joined], np.float32)
    summed = np.add.reduceat(np.add.reduceat(weights, starts, axis=-1), starts, axis=-2)
    return tuple("".join(pieces[i] for i in group) for group in joined), (summed / sizes[:, None]).astype(np.float32)
