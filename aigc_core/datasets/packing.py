"""Pack sequences of different lengths into rows of equal length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

OPEN_ROWS = 64
"""Rows being filled at a time: the more, the less padding."""
Sequences = list[tuple[NDArray[np.int64], int]]
"""Token ids, and how many leading ones are context, not to be predicted."""


def packed(
    sequences: Sequence[tuple[NDArray[np.int64], int]], length: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Pack whole sequences into rows, each into the fullest open row with room for it.

    Args:
        sequences: Token ids, at most ``length``, and the size of their headers.

    Returns:
        Rows (N, length), filled up with the end token, and which tokens are to be predicted (N, length).
    """
    rows: list[list[tuple[NDArray[np.int64], int]]] = []
    room: list[int] = []
    opened: list[int] = []
    for sequence in sequences:
        size = len(sequence[0])
        fitting = [row for row in opened if room[row] >= size]
        if fitting:
            row = min(fitting, key=lambda candidate: room[candidate])
        else:
            if len(opened) == OPEN_ROWS:
                opened.remove(min(opened, key=lambda candidate: room[candidate]))
            row = len(rows)
            rows.append([])
            room.append(length)
            opened.append(row)
        rows[row].append(sequence)
        room[row] -= size
    ids, counted = np.zeros((len(rows), length), np.int64), np.zeros((len(rows), length), np.float32)
    for row, parts in enumerate(rows):
        at = 0
        for tokens, head in parts:
            ids[row, at : at + len(tokens)] = tokens
            counted[row, at + head : at + len(tokens)] = 1
            at += len(tokens)
    return ids, counted
