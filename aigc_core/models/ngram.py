"""An n-gram model that interpolates a chain of contexts: Kneser-Ney smoothing over any list of levels.

Kneser and Ney, "Improved backing-off for M-gram language modeling" (1995), interpolated as in Chen and Goodman 1999
(section 2.7). For a context h of one level and h' the context of the next, more general one::

    P(w | h) = max(c(h, w) - D, 0) / c(h)  +  D · N(h) / c(h) · P(w | h')
    D        = n1 / (n1 + 2 n2)

N(h) is the number of distinct tokens seen after h; n1 and n2 are how many (h, w) of the level were counted once and twice.
c counts occurrences at the first level only. Further down an event counts where it was new one level up, so that c(h', w) is
in how many contexts w was seen rather than how often: a general context is asked only where the specific ones fail, and
has to speak for that case. Below the last level lies the uniform distribution.

Difference from text: a level is not "one word fewer" but whatever the caller lists (a factored language model, Bilmes and
Kirchhoff 2003): for music, the four pitches of a chord may give way to one voice and the bass.

Shapes: V tokens in the vocabulary.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aigc_core.errors import CheckpointError

Context = tuple[int, ...]
"""A context at one level: a few small integers, equally many for all contexts of the level."""
Probabilities = NDArray[np.float64]
FILE = "ngram.safetensors"


class Level(NamedTuple):
    """Tokens seen after each context, with ``counts``: context i owns ``tokens[starts[i]:starts[i + 1]]``."""

    rows: dict[Context, int]
    starts: NDArray[np.int32]
    tokens: NDArray[np.int32]
    counts: NDArray[np.int32]


class NGram:
    """Counts per level, most specific first.

    Args:
        vocabulary: V.
    """

    def __init__(self, vocabulary: int, levels: Sequence[Level]) -> None:
        self.vocabulary = vocabulary
        self.levels = list(levels)
        self.discounts = [discount(level.counts) for level in self.levels]

    @classmethod
    def fit(cls, events: Iterable[tuple[Sequence[Context], int]], vocabulary: int) -> NGram:
        """Count ``(contexts from specific to general, token)`` pairs."""
        counters: list[defaultdict[Context, Counter[int]]] = []
        for contexts, token in events:
            if not counters:
                counters = [defaultdict(Counter) for _ in contexts]
            for counter, context in zip(counters, contexts, strict=True):
                counter[context][token] += 1
                if counter[context][token] > 1:
                    break  # not new here, so nothing to learn further down
        return cls(vocabulary, [_level(counter) for counter in counters])

    def probabilities(self, contexts: Sequence[Context]) -> Probabilities:
        """P(w | contexts) of every token, (V,), which sums to 1."""
        p = np.full(self.vocabulary, 1.0 / self.vocabulary)
        for level, d, context in zip(self.levels[::-1], self.discounts[::-1], contexts[::-1], strict=True):
            i = level.rows.get(tuple(context))
            if i is None:
                continue
            seen = slice(level.starts[i], level.starts[i + 1])
            counts = level.counts[seen]
            total = float(counts.sum())
            p *= d * len(counts) / total
            p[level.tokens[seen]] += (counts - d) / total
        return p

    def bits(self, events: Iterable[tuple[Sequence[Context], int]]) -> float:
        """Mean -log2 P of the events' tokens: the cross-entropy in bits a token."""
        return float(np.mean([-np.log2(self.probabilities(contexts)[token]) for contexts, token in events]))

    def save(self, folder: Path) -> None:
        """Write the counts as one safetensors file."""
        from safetensors.numpy import save_file

        arrays: dict[str, NDArray[Any]] = {"vocabulary": np.array([self.vocabulary], np.int32)}
        for i, level in enumerate(self.levels):
            arrays[f"{i}.contexts"] = np.array(list(level.rows), np.int16).reshape(len(level.rows), -1)
            arrays |= {f"{i}.starts": level.starts, f"{i}.tokens": level.tokens, f"{i}.counts": level.counts}
        save_file(arrays, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> NGram:
        """Read what :meth:`save` wrote.

        Raises:
            CheckpointError: the file is missing or damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            arrays = load_file(folder / FILE)
            levels = []
            for i in range(sum(name.endswith(".starts") for name in arrays)):
                rows = {tuple(h): n for n, h in enumerate(arrays[f"{i}.contexts"].tolist())}
                levels.append(Level(rows, *(arrays[f"{i}.{name}"] for name in ("starts", "tokens", "counts"))))
            return cls(int(arrays["vocabulary"][0]), levels)
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise CheckpointError(
                f"{folder / FILE} cannot be read ({error}). Delete {folder} and run again: it is counted anew in seconds.",
                f"无法读取 {folder / FILE}（{error}）。请删除 {folder} 后重试，几秒即可重新统计。",
            ) from error


def discount(counts: NDArray[np.int32]) -> float:
    """D of one level, from how many pairs were counted once and twice; 0.5 where that says nothing."""
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    return once / (once + 2 * twice) if once and twice else 0.5


def _level(counter: dict[Context, Counter[int]]) -> Level:
    rows = {h: i for i, h in enumerate(counter)}
    pairs = [sorted(seen.items()) for seen in counter.values()]
    starts = np.cumsum([0, *map(len, pairs)], dtype=np.int32)
    flat = np.array([pair for seen in pairs for pair in seen], np.int32).reshape(-1, 2)
    return Level(rows, starts, np.ascontiguousarray(flat[:, 0]), np.ascontiguousarray(flat[:, 1]))
