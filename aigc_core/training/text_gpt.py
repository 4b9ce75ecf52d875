"""Train the English GPT: ``python -m aigc_core.training.text_gpt --data text_en.jsonl.xz --steps 3000``.

A tokenizer is trained first (or taken from the run's folder), then the texts become two long rows of tokens, simple stories
and novels, and every batch takes a fixed share of its windows from each: the simple ones, 1.5 % of the characters, are seen
many times more often than chance would. The same command goes on with an interrupted run.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from aigc_core import terminal
from aigc_core.datasets import corpus
from aigc_core.models.gpt import GPT, GPTConfig, cross_entropy
from aigc_core.tokenizers import bpe
from aigc_core.training import distributed, language_model
from aigc_core.training.language_model import Batch

if TYPE_CHECKING:
    from tokenizers import Tokenizer

log = logging.getLogger(__name__)

VAL_WINDOWS = 24


@dataclass(frozen=True)
class Rows:
    """Tokens of the two kinds of text, uint16, documents separated by the end-of-text token."""

    simple: np.ndarray
    novels: np.ndarray


def rows(file: Path, split: str, tokenizer: Tokenizer) -> Rows:
    """Encode a split of the collection."""

    def encode(texts: list[str]) -> np.ndarray:
        pieces = []
        for text in texts:
            pieces += [tokenizer.encode(text).ids, [0]]
        return np.concatenate([np.asarray(piece, np.uint16) for piece in pieces])

    return Rows(*(encode(texts) for texts in corpus.english(file, split)))


def cached_rows(file: Path, out: Path, vocab_size: int) -> tuple[Rows, Rows, Tokenizer]:
    """Train and validation rows and the tokenizer; kept in the run's folder, since encoding takes a minute."""
    cache = out / "tokens.npz"
    if not cache.exists():
        simple, novels = corpus.english(file, "train")
        log.info("training the tokenizer")
        tokenizer = bpe.train([*(simple * 8), *novels], vocab_size)
        out.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(out / "tokenizer.json"))
        log.info("encoding")
        train, val = (rows(file, split, tokenizer) for split in ("train", "val"))
        np.savez(cache, ts=train.simple, tn=train.novels, vs=val.simple, vn=val.novels)
    tokens = np.load(cache)
    tokenizer = bpe.load(out)
    return Rows(tokens["ts"], tokens["tn"]), Rows(tokens["vs"], tokens["vn"]), tokenizer


def batcher(data: Rows, *, batch: int, length: int, simple: float, seed: int) -> Callable[[int], Batch]:
    """Windows of ``length`` + 1 tokens at random places, ``simple`` of them from the simple stories."""
    few = round(batch * simple)

    def take(step: int) -> Batch:
        rng = np.random.default_rng((seed, step))
        windows = []
        for i in range(batch):
            row = data.simple if i < few else data.novels
            start = int(rng.integers(len(row) - length))
            windows.append(row[start : start + length + 1])
        return Batch(torch.from_numpy(np.stack(windows).astype(np.int64)))

    return take


@torch.inference_mode()
def bits_per_byte(model: GPT, row: np.ndarray, bytes_per_token: float, length: int) -> float:
    """On windows spread evenly over the row, each from its beginning: an upper bound, for the log."""
    starts = np.linspace(0, len(row) - length - 1, VAL_WINDOWS).astype(int)
    ids = torch.from_numpy(np.stack([row[s : s + length + 1] for s in starts]).astype(np.int64))
    device = next(model.parameters()).device
    losses = [
        float(cross_entropy(model(part[:, :-1].to(device)), part[:, 1:].to(device))) for part in torch.split(ids, 8)
    ]
    return float(np.mean(losses)) / math.log(2) / bytes_per_token


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.text_gpt", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="text_en.jsonl.xz")
    parser.add_argument("--simple", type=float, default=0.25, help="share of the windows in simple language")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--vocab", type=int, default=8192)
    language_model.add_arguments(parser, out="runs/text-gpt", steps=3000, batch=8, length=512, lr=4e-3)
    args = parser.parse_args(argv)
    heads = args.width // 64
    model = GPTConfig(
        vocab_size=args.vocab, hidden_size=args.width, intermediate_size=args.width * 11 // 4 // 32 * 32,
        num_hidden_layers=args.layers, num_attention_heads=heads, num_key_value_heads=max(1, heads // 2),
        max_position_embeddings=args.length,
    )  # fmt: skip
    config = language_model.configured(args, model)
    with distributed.first_ahead(args.device):
        train, val, tokenizer = cached_rows(args.data, args.out, args.vocab)
    log.info("tokens: %d simple, %d novels", len(train.simple), len(train.novels))
    sizes = {name: len(tokenizer.decode(row.tolist()).encode()) / len(row) for name, row in vars(val).items()}

    def validate(model: GPT) -> dict[str, float]:
        return {f"bpb_{n}": bits_per_byte(model, row, sizes[n], args.length) for n, row in vars(val).items()}

    batches = batcher(train, batch=args.batch, length=args.length, simple=args.simple, seed=args.seed)
    for _ in language_model.train(
        config, batches, validate, lambda folder: bpe.save(tokenizer, folder, window=args.length)
    ):
        pass


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
