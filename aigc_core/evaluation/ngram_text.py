"""Baseline language model: interpolated Kneser-Ney n-grams over bytes or tokens, counted by sorting.

For a context h and h' without its first symbol (Kneser and Ney 1995; Chen and Goodman 1999, section 2.7)::

    P(w | h) = max(c(h, w) − D, 0) / c(h)  +  D · N(h) / c(h) · P(w | h'),    D = n1 / (n1 + 2 n2)

c counts occurrences in the longest context; in shorter ones, in how many contexts a gram was new. N(h) is the number of
distinct symbols after h. Below the single symbol lies the uniform distribution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Order:
    """All distinct grams of one length; a gram is its prefix's number times V plus its last symbol."""

    keys: Ids
    """Sorted; a gram's number is its place here."""
    counts: Ids
    after: Ids
    """Σ counts of the grams with the same prefix, for each gram of the next shorter order."""
    kinds: Ids
    """Number of n-grams with that prefix."""
    discount: float


class TextNGram:
    """Counts of all grams up to ``order`` symbols of one long row.

    Args:
        row: Symbols, 0 ≤ symbol < ``vocabulary``.
        order: Longest gram; 5 looks at four symbols to guess the fifth.
    """

    def __init__(self, row: NDArray[np.integer], vocabulary: int, order: int = 5) -> None:
        if len(row) < order:
            raise ValueError(f"at least {order} symbols; got {len(row)}")
        self.vocabulary = vocabulary
        symbols = row.astype(np.int64)
        self.orders: list[Order] = []
        numbers = np.zeros(len(row), np.int64)  # of the gram one shorter that begins at each place
        prefixes = 1
        grams: list[tuple[Ids, Ids, Ids, int]] = []
        for length in range(1, order + 1):
            keys = numbers[: len(symbols) - length + 1] * vocabulary + symbols[length - 1 :]
            unique, first, inverse, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
            grams.append((unique, first, counts, prefixes))
            if length > 1:  # in how many contexts a gram was new: the suffixes of the distinct longer grams
                suffix = numbers[first + 1]
                shorter = grams[length - 2]
                grams[length - 2] = (*shorter[:2], np.bincount(suffix, minlength=len(shorter[0])), shorter[3])
            numbers, prefixes = inverse, len(unique)
        self.orders = [self._order(unique, counts, prefixes) for unique, _, counts, prefixes in grams]

    def _order(self, keys: Ids, counts: Ids, prefixes: int) -> Order:
        prefix = keys // self.vocabulary
        seen = counts > 0  # a gram only at the very beginning has no context
        after = np.bincount(prefix, weights=counts, minlength=prefixes).astype(np.int64)
        kinds = np.bincount(prefix[seen], minlength=prefixes)
        once, twice = int((counts == 1).sum()), int((counts == 2).sum())
        return Order(keys, counts, after, kinds, once / (once + 2 * twice) if once and twice else 0.5)

    def probabilities(self, row: NDArray[np.integer]) -> NDArray[np.float64]:
        """P of every symbol of a text given up to ``order`` − 1 symbols before it, (T,)."""
        symbols = row.astype(np.int64)
        p = np.full(len(symbols), 1.0 / self.vocabulary)
        for length, numbers in enumerate(self._numbers(symbols), 1):
            order = self.orders[length - 1]
            at = np.arange(length - 1, len(symbols))
            prefix = numbers[: len(at)]
            known = prefix >= 0
            at, prefix = at[known], prefix[known]
            total = order.after[prefix]
            at, prefix, total = at[total > 0], prefix[total > 0], total[total > 0]
            number = find(order.keys, prefix * self.vocabulary + symbols[at])
            count = np.where(number >= 0, order.counts[number], 0)
            own = np.maximum(count - order.discount, 0.0) / total
            p[at] = own + order.discount * order.kinds[prefix] / total * p[at]
        return p

    def _numbers(self, symbols: Ids) -> Iterator[Ids]:
        """For each length n, the number of the (n − 1)-gram that starts at each place, −1 where it is unknown."""
        numbers = np.zeros(len(symbols), np.int64)
        for length, order in enumerate(self.orders, 1):
            yield numbers
            keys = numbers[: len(symbols) - length + 1] * self.vocabulary + symbols[length - 1 :]
            numbers = np.where(numbers[: len(keys)] >= 0, find(order.keys, keys), -1)

    def bits(self, row: NDArray[np.integer]) -> float:
        """Σ −log2 P over the row."""
        return float(-np.log2(self.probabilities(row)).sum())


def find(keys: Ids, wanted: Ids) -> Ids:
    """Places of ``wanted`` in sorted ``keys``, −1 where absent."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, -1)
