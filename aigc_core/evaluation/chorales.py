"""Compare composed chorales with Bach's: smoothing, part writing, endings, and the share that is copied.

python -m aigc_core.evaluation.chorales [--pieces 20] [--bars 16]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from aigc_core import terminal
from aigc_core.datasets.chorales import Chorale
from aigc_core.pipelines.music.chorale_ngram import ChoraleNGram
from aigc_core.pipelines.music.composer import Score, compose
from aigc_core.sampling.music.counterpoint import Pitches, authentic, consonance, parallel_rate, steps_rate


def composed(model: ChoraleNGram, count: int, bars: int, temperature: float = 1.0) -> list[Score]:
    """``count`` pieces, half of them minor, not transposed."""
    scores = []
    for seed in range(count):
        score = Score(minor=seed % 2, shift=0)
        for _ in compose(model, score, bars, temperature, np.random.default_rng(seed)):
            pass
        scores.append(score)
    return scores


def measures(pieces: Sequence[Pitches], tonics: Sequence[int]) -> dict[str, float]:
    """Means over pieces, each (T, 4) in pitches; ``authentic %`` is the share that ends on dominant, then tonic."""
    ends = []
    for pitches, tonic in zip(pieces, tonics, strict=True):
        rest = len(pitches) - 1
        while rest > 0 and (pitches[rest - 1] == pitches[-1]).all():
            rest -= 1
        ends.append(rest > 0 and authentic(pitches[rest - 1], pitches[-1], tonic))
    return {
        "parallels per 100 chords": float(np.mean([parallel_rate(p) for p in pieces])),
        "consonant intervals %": 100 * float(np.mean([consonance(p) for p in pieces])),
        "soprano by step %": 100 * float(np.mean([steps_rate(p) for p in pieces])),
        "authentic ending %": 100 * float(np.mean(ends)),
        "chords a beat": float(np.mean([2 * (p[1:] != p[:-1]).any(axis=1).mean() for p in pieces])),
    }


def longest_copies(pieces: Sequence[Pitches], corpus: Sequence[Pitches]) -> list[int]:
    """Length of each piece's longest run of steps copied exactly from one chorale (all in C major or A minor)."""
    runs = []
    for piece in pieces:
        length = 0
        for size in range(1, len(piece) + 1):
            grams = {c[t : t + size].tobytes() for c in corpus for t in range(len(c) - size + 1)}
            if not any(piece[t : t + size].tobytes() in grams for t in range(len(piece) - size + 1)):
                break
            length = size
        runs.append(length)
    return runs


def sounding(pieces: Sequence[Chorale]) -> tuple[list[Pitches], list[int]]:
    """Normalised pitches of the chorales in which no voice rests, and their tonics."""
    kept = [(p.normalised(), 9 if p.mode == "minor" else 0) for p in pieces if p.pitches.all()]
    return [pitches for pitches, _ in kept], [tonic for _, tonic in kept]


def main(argv: Sequence[str] | None = None) -> int:
    from aigc_core import registry
    from aigc_core.datasets import chorales
    from aigc_core.weights import ensure

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pieces", type=int, default=20)
    parser.add_argument("--bars", type=int, default=16)
    options = parser.parse_args(argv)
    fetching = ensure(registry.find("chorale-ngram", "compose").source)
    while True:
        try:
            next(fetching)
        except StopIteration as done:
            folders = done.value
            break
    corpus = list(chorales.read_folder(folders[0] / "music21" / "corpus" / "bach"))
    held = ChoraleNGram.fit([p for i, p in enumerate(corpus) if i % 10])
    bits = held.bits(corpus[::10])
    out = sys.stdout.write
    out(f"{len(corpus)} chorales, {sum(len(p.pitches) for p in corpus)} eighths\n")
    out(
        f"held out (every tenth): {sum(bits):.2f} bits a chord; S {bits[0]:.2f} A {bits[1]:.2f} T {bits[2]:.2f} B {bits[3]:.2f}\n"
    )
    model = ChoraleNGram.fit(corpus)
    bach, tonics = sounding(corpus)
    scores = composed(model, options.pieces, options.bars)
    ours = [score.grid()[0] for score in scores]
    rows = measures(bach, tonics), measures(ours, [s.tonic for s in scores])
    for name in rows[0]:
        out(f"{name:<28}Bach {rows[0][name]:6.2f}   composed {rows[1][name]:6.2f}\n")
    copies = longest_copies(ours, bach)
    out(
        f"longest passage found in a chorale: median {np.median(copies) / 2:.1f}, at most {max(copies) / 2:.1f} beats\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
