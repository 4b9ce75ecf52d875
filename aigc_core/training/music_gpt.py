"""Train the music transformer: ``python -m aigc_core.training.music_gpt --data music_notes.npz --steps 20000``.

Tokens are events on a grid of sixteenths (:mod:`aigc_core.tokenizers.music_tokens`). A row begins with what is asked for (style,
metre, key, tempo, density) and holds a piece from its beginning or from any bar, in one of twelve keys, in one of the two
layouts; chorales and songs are drawn in fixed shares, though there are eleven times as many bars of songs.

The log gives bits a note of held-out pieces in C major or A minor; ``python -m aigc_core.evaluation music_gpt`` gives the n-gram's
on the same rows. The same command goes on with an interrupted run; ``--cooldown`` and ``--branch`` are explained in
:mod:`aigc_core.training.text_gpt_zh`.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from aigc_core import terminal
from aigc_core.datasets import music_notes
from aigc_core.models.gpt import GPT, GPTConfig, cross_entropy
from aigc_core.sampling.music import rows
from aigc_core.sampling.music.rows import Held, Rows
from aigc_core.tokenizers import music_tokens
from aigc_core.training import language_model
from aigc_core.training.language_model import Batch

log = logging.getLogger(__name__)

VAL_EVERY = 2
"""Every so many-th piece of the validation split is looked at during the run."""


def batcher(pieces: Sequence[Rows], *, batch: int, length: int, chorales: float, seed: int) -> Callable[[int], Batch]:
    """Rows of ``length`` + 1 tokens, filled up with ``<end>`` that does not count; they depend on seed and step alone.

    Args:
        chorales: Share of the rows that come from chorales.
    """
    styles: dict[str, list[Rows]] = defaultdict(list)
    for piece in pieces:
        styles[piece.piece.style].append(piece)

    def take(step: int) -> Batch:
        rng = np.random.default_rng((seed, step))
        ids = torch.full((batch, length + 1), music_tokens.END)
        weight = torch.zeros(batch, length)
        for i in range(batch):
            style = "chorale" if (rng.random() < chorales and styles["chorale"]) or not styles["pop"] else "pop"
            piece = styles[style][int(rng.integers(len(styles[style])))]
            row = rows.drawn(piece, length + 1, rng)
            ids[i, : len(row)] = torch.tensor(row)
            weight[i, : len(row) - 1] = 1
        return Batch(ids, weight)

    return take


@torch.inference_mode()
def bits_a_note(model: GPT, held: Sequence[Held], *, bfloat16: bool = False) -> dict[str, float]:
    """Σ −log₂ p of all tokens after the prefix, over the notes they write: of each style."""
    bits: defaultdict[str, float] = defaultdict(float)
    notes: defaultdict[str, int] = defaultdict(int)
    for row in held:
        ids = torch.tensor([row.ids])
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits = model(ids[:, :-1])
        body = slice(music_tokens.PREFIX - 1, None)  # the first target is the first bar
        nats = float(cross_entropy(logits[:, body].float(), ids[:, 1:][:, body]))
        bits[row.style] += nats * (len(row.ids) - music_tokens.PREFIX) / math.log(2)
        notes[row.style] += row.notes
    return {f"bits_a_note_{style}": bits[style] / notes[style] for style in sorted(bits)}


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.music_gpt", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="music_notes.npz")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--chorales", type=float, default=0.4, help="share of the rows")
    parser.add_argument("--window", type=int, default=1024, help="longest row of the model, in tokens")
    parser.add_argument("--style", choices=music_tokens.STYLES, help="one style alone, for fine-tuning")
    parser.add_argument("--start", type=Path, help="checkpoint folder to fine-tune")
    language_model.add_arguments(parser, out="runs/music-gpt", steps=20_000, batch=8, length=512, lr=3e-3)
    args = parser.parse_args(argv)
    heads = args.width // 64
    model = GPTConfig(
        vocab_size=-(-music_tokens.VOCABULARY // 64) * 64, hidden_size=args.width, num_hidden_layers=args.layers,
        intermediate_size=args.width * 11 // 4 // 32 * 32, num_attention_heads=heads, num_key_value_heads=heads,
        max_position_embeddings=args.window,
    )  # fmt: skip
    config = language_model.configured(args, model, start=args.start)
    train, val = (music_notes.read(args.data, split) for split in ("train", "val"))
    chosen = [Rows.of(piece) for piece in train if args.style in (None, piece.style)]
    held = rows.held_out([p for p in val if args.style in (None, p.style)], args.length, VAL_EVERY)
    log.info("%d pieces, %d notes to judge by", len(chosen), sum(row.notes for row in held))
    batches = batcher(chosen, batch=args.batch, length=args.length, chorales=args.chorales, seed=args.seed)
    for _ in language_model.train(config, batches, lambda network: bits_a_note(network, held, bfloat16=args.bfloat16)):
        pass


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
