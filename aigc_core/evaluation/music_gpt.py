"""``python -m aigc_core.evaluation music_gpt FOLDER… --data music_notes.npz --yardstick``: our music transformer and its yardstick.

Bits a note on held-out rows (:func:`aigc_core.sampling.music.rows.held_out`): of checkpoints, and of an interpolated Kneser-Ney
5-gram over the same tokens in the same keys, counted on the training split of each style. With ``--samples``: pieces with fixed seeds
beside the held-out ones: time in key, self-similarity, histograms, longest passage copied from the training split, and faults of
part writing a bar for chorales.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from aigc_core import checkpoint, runtime, terminal
from aigc_core.datasets import music_notes
from aigc_core.datasets.music_notes import Piece
from aigc_core.evaluation.ngram_text import TextNGram
from aigc_core.metrics import music
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.models.llama import Cache, Llama, LlamaConfig
from aigc_core.sampling.music import counterpoint, events, primer, rows
from aigc_core.sampling.music.events import Grammar
from aigc_core.sampling.music.rows import Held, Rows
from aigc_core.sampling.text.tokens import Sampling
from aigc_core.tokenizers import music_tokens
from aigc_core.tokenizers.music_tokens import PREFIX, STYLES, Note

BARS = 16


class Written(NamedTuple):
    """A piece to be measured, composed or held out."""

    style: str
    notes: Sequence[Note]
    bar: int
    """Sixteenths a bar."""


def surprise(network: GPT, held: Sequence[Held]) -> dict[str, float]:
    """Bits a note of a checkpoint on the rows of each style."""

    @torch.inference_mode()
    def bits(row: Held) -> float:
        ids = torch.tensor(row.ids)
        log_p = network(ids[None, :-1])[0].float().log_softmax(-1)
        return float(-log_p.gather(1, ids[1:, None])[PREFIX - 1 :].sum()) / math.log(2)

    return _per_style(held, [bits(row) for row in held])


def yardstick(train: Sequence[Piece], held: Sequence[Held], order: int = 5) -> dict[str, float]:
    """Bits a note of an n-gram of each style, counted on whole pieces in C major or A minor."""
    models = {}
    for style in {row.style for row in held}:
        made = [Rows.of(piece) for piece in train if piece.style == style]
        row = np.concatenate([np.array(piece.row(shift=piece.home), np.int64) for piece in made])
        models[style] = TextNGram(row, music_tokens.VOCABULARY, order)
    bits = [float(-np.log2(models[r.style].probabilities(np.array(r.ids))[PREFIX:]).sum()) for r in held]
    return _per_style(held, bits)


def _per_style(held: Sequence[Held], bits: Sequence[float]) -> dict[str, float]:
    found = {}
    for style in sorted({row.style for row in held}):
        of_style = [i for i, row in enumerate(held) if row.style == style]
        found[style] = round(sum(bits[i] for i in of_style) / sum(held[i].notes for i in of_style), 4)
    return found


@torch.inference_mode()
def composed(folder: Path, style: str, seed: int, tune: Sequence[Note] = ()) -> Written:
    """One piece of a checkpoint, 16 bars unless it harmonises a melody, without selection."""
    config = LlamaConfig.from_json(json.loads((folder / "config.json").read_text("utf-8")))
    network = Llama(config, checkpoint.load_state(folder), runtime.device())
    cache: list[Cache] = []

    def step(ids: Sequence[int], fresh: bool) -> torch.Tensor:
        if fresh:
            cache[:] = [network.cache(config.max_position_embeddings)]
        return network(torch.tensor(ids), cache[0])[: music_tokens.VOCABULARY].cpu()

    wanted = {
        events.STYLE_SLOT: music_tokens.STYLE + STYLES.index(style), events.METRE_SLOT: music_tokens.METRE + 1,
        events.LAYOUT_SLOT: music_tokens.LEAD if tune else music_tokens.SCORE,
    }  # fmt: skip
    grammar = Grammar(1 + tune[-1].start // 16 if tune else BARS, wanted)
    generator = torch.Generator().manual_seed(seed)
    window = config.max_position_embeddings
    given = (lambda bar: [n for n in tune if n.start // 16 == bar]) if tune else None
    for _ in events.write(step, grammar, Sampling(), generator, window=window, given=given):
        pass
    return Written(style, grammar.reader.notes, grammar.reader.bar)


def grid(notes: Sequence[Note]) -> NDArray[np.int16]:
    """Sounding pitches of the four singers at every sixteenth, (T, 4), 0 for a rest."""
    pitches = np.zeros((max((n.start + n.length for n in notes), default=0), 4), np.int16)
    for note in sorted(notes):
        if note.voice < music_tokens.SINGING:
            pitches[note.start : note.start + note.length, note.voice] = note.pitch
    return pitches


def measures(
    pieces: Sequence[Written], reference: Sequence[Written], corpus: Sequence[Sequence[Note]]
) -> dict[str, float]:
    """Means over pieces of one style; distances are to the reference pieces."""
    keys = [primer.key([primer.Sounding(n.start, n.length, n.pitch) for n in piece.notes]) for piece in pieces]
    figures = {
        "time in key": float(np.mean([music.in_key(p.notes, *key) for p, key in zip(pieces, keys, strict=True)])),
        "self-similarity": float(np.mean([music.self_similarity(p.notes, p.bar) for p in pieces])),
        "notes a bar": float(np.mean([len(p.notes) / (1 + p.notes[-1].start // p.bar) for p in pieces])),
        "distance of lengths": music.total_variation(*([n.length for p in side for n in p.notes] for side in (pieces, reference))),
        "distance of places": music.total_variation(
            *([n.start % p.bar for p in side for n in p.notes] for side in (pieces, reference))
        ),
        "longest copy": float(np.median([music.longest_copy(p.notes, corpus) for p in pieces])),
    }  # fmt: skip
    if pieces[0].style == "chorale":
        counted = [counterpoint.faults(grid(p.notes)) for p in pieces]
        bars = sum(1 + p.notes[-1].start // p.bar for p in pieces)
        figures |= {f"{kind} a bar": sum(c[kind] for c in counted) / bars for kind in counted[0]}
    return {name: round(value, 4) for name, value in figures.items()}


def opening(piece: Piece, bars: int = BARS) -> Written:
    """The first bars of a piece."""
    size = piece.metre * music_tokens.STEPS_PER_BEAT
    return Written(piece.style, [n for n in piece.notes if n.start < bars * size], size)


def sampled(folder: Path, train: Sequence[Piece], val: Sequence[Piece], count: int) -> list[dict[str, Any]]:
    """Figures of composed pieces, of harmonised melodies, and of the held-out pieces themselves."""
    lines: list[dict[str, Any]] = []
    for style in STYLES:
        corpus = [piece.notes for piece in train if piece.style == style]
        held = [opening(piece) for piece in val if piece.style == style]
        ours = [composed(folder, style, seed) for seed in range(count)]
        lines.append({"pieces": f"held-out {style}", **measures(held, held, corpus)})
        lines.append({"pieces": f"composed {style}", **measures(ours, held, corpus)})
    chorales = [piece for piece in val if piece.style == "chorale" and piece.metre == 4][:count]
    tunes = [[n for n in opening(piece).notes if n.voice == 0] for piece in chorales]
    made = [composed(folder, "chorale", seed, tune) for seed, tune in enumerate(tunes)]
    lines.append({"pieces": "harmonised chorale", **measures(made, [opening(p) for p in chorales], [])})
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation music_gpt", description=__doc__)
    parser.add_argument("models", nargs="*", type=Path, help="checkpoint folders")
    parser.add_argument("--data", type=Path, required=True, help="music_notes.npz")
    parser.add_argument("--length", type=int, default=512, help="tokens of a held-out row")
    parser.add_argument("--every", type=int, default=1, help="only every so many-th held-out piece")
    parser.add_argument("--yardstick", action="store_true", help="also the 5-gram")
    parser.add_argument("--samples", type=int, default=0, help="compose so many pieces a style and measure them")
    parser.add_argument("--out", type=Path, help="write everything as JSON, too")
    args = parser.parse_args(argv)
    train, val = (music_notes.read(args.data, split) for split in ("train", "val"))
    held = rows.held_out(val, args.length, args.every)
    lines: list[dict[str, Any]] = []

    def say(line: dict[str, Any]) -> None:
        lines.append(line)
        terminal.say(json.dumps(line))

    if args.yardstick:
        say({"model": "5-gram", "bits a note": yardstick(train, held)})
    for folder in args.models:
        network = checkpoint.load(folder, GPT(checkpoint.load_config(folder, GPTConfig)))
        say({"model": folder.name, "bits a note": surprise(network, held)})
        for line in sampled(folder, train, val, args.samples) if args.samples else ():
            say({"model": folder.name, **line})
    if args.out:
        args.out.write_text(
            json.dumps({"data": args.data.name, "split": "val", "rows": lines}, indent=1) + "\n", "utf-8"
        )
    return 0
