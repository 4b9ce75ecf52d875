"""Train the Chinese GPT: ``python -m aigc_core.training.text_gpt_zh --data text_zh.jsonl.xz --steps 100000 --cooldown 0``.

Tokens are characters and words (:mod:`aigc_core.tokenizers.zh_tokens`), batches the packed windows of an epoch after another
(:mod:`aigc_core.datasets.prose_zh`). At a constant rate the run has no natural end. To see what it is worth at any time, branch
off and cool down over the last steps, with longer windows if wished; the first run stays as it is and goes on::

    … --out runs/zh-cooled --branch runs/text-gpt-zh --steps 5000 --cooldown 600 --length 512 --batch 8

The same command goes on with an interrupted run.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from aigc_core import terminal
from aigc_core.datasets import prose_zh
from aigc_core.datasets.prose_zh import Tokens
from aigc_core.models.gpt import GPT, GPTConfig, cross_entropy
from aigc_core.tokenizers import bpe, zh_tokens
from aigc_core.training import distributed, language_model
from aigc_core.training.language_model import Batch
from aigc_core.training.word_vectors import factorised_pmi

if TYPE_CHECKING:
    from tokenizers import Tokenizer

log = logging.getLogger(__name__)

NEIGHBOURS = 3
"""Tokens on either side that count for the first token vectors."""
VAL_SPANS, VAL_CHARACTERS = 128, 240


def cached_tokens(file: Path, out: Path, vocab_size: int, least: int) -> tuple[Tokens, Tokenizer]:
    """The train split and the tokenizer; kept in the run's folder, since encoding takes a minute."""
    cache = out / "tokens.npz"
    if not cache.exists():
        found = prose_zh.documents(file, "train")
        log.info("training the tokenizer and encoding")
        tokenizer = zh_tokens.train((document.text for document in found), vocab_size, least)
        tokens = Tokens.of(found, tokenizer)
        out.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(out / "tokenizer.json"))
        np.savez(cache, ids=tokens.ids, ends=tokens.ends, styles=tokens.styles)
    arrays = np.load(cache)
    return Tokens(arrays["ids"], arrays["ends"], arrays["styles"]), bpe.load(out)


def batcher(tokens: Tokens, *, batch: int, length: int, seed: int) -> Callable[[int], Batch]:
    """Rows of ``length`` + 1 tokens; the rows of an epoch depend on the seed and its number alone."""

    def rows_of(epoch: int) -> tuple[np.ndarray, np.ndarray]:
        ids, counted = prose_zh.windows(tokens, length + 1, np.random.default_rng((seed, epoch)))
        return ids.astype(np.uint16), counted.astype(bool)

    kept = {0: rows_of(0)}
    per_epoch = len(kept[0][0]) // batch - 1  # epochs differ by a few rows
    log.info("%d steps an epoch, %.1f %% of the places to predict", per_epoch, 100 * kept[0][1].mean())

    def take(step: int) -> Batch:
        epoch, at = divmod(step, per_epoch)
        if epoch not in kept:
            kept.clear()
            kept[epoch] = rows_of(epoch)
        ids, counted = (part[at * batch : (at + 1) * batch] for part in kept[epoch])
        return Batch(torch.from_numpy(ids.astype(np.int64)), torch.from_numpy(counted[:, 1:].astype(np.float32)))

    return take


def spans(texts: Sequence[str], count: int = VAL_SPANS, characters: int = VAL_CHARACTERS) -> list[str]:
    """Stretches spread evenly over all texts in a row: the same characters whatever the tokens."""
    text = "\n".join(texts)
    return [text[start : start + characters] for start in np.linspace(0, len(text) - characters, count).astype(int)]


@torch.inference_mode()
def bits_per_character(model: GPT, encoded: Sequence[Sequence[int]], characters: int, *, bfloat16: bool) -> float:
    """Σ −log₂ p over all tokens of texts that each begin a window, over their characters: an upper bound, for the log."""
    device, bits = next(model.parameters()).device, 0.0
    for start in range(0, len(encoded), 8):
        part = [[0, *ids] for ids in encoded[start : start + 8]]
        ids = torch.zeros(len(part), max(map(len, part)), dtype=torch.long)
        counted = torch.zeros(ids.shape)
        for row, tokens in enumerate(part):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            counted[row, 1 : len(tokens)] = 1
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            logits = model(ids[:, :-1].to(device))
        mean = cross_entropy(logits.float(), ids[:, 1:].to(device), counted[:, 1:].to(device))
        bits += float(mean) * float(counted.sum()) / math.log(2)
    return bits / characters


def begin(network: GPT, row: np.ndarray) -> None:
    """Token vectors from counting neighbours, as long as those drawn at random."""
    size, width = network.config.vocab_size, network.config.hidden_size
    vectors = factorised_pmi(row, size, width, neighbours=NEIGHBOURS)
    lengths = vectors.norm(dim=1, keepdim=True)
    with torch.no_grad():
        embedding = network.model.embed_tokens.weight
        length = embedding.norm(dim=1).mean()
        embedding.copy_(torch.where(lengths > 0, vectors / lengths.clamp(min=1e-6) * length, embedding))


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.text_gpt_zh", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="text_zh.jsonl.xz")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--vocab", type=int, default=8192)
    parser.add_argument("--least", type=int, default=8, help="occurrences a character needs to be in the vocabulary")
    parser.add_argument("--window", type=int, default=512, help="longest text of the model, in tokens")
    language_model.add_arguments(parser, out="runs/text-gpt-zh", steps=100_000, batch=16, length=256, lr=4e-3)
    args = parser.parse_args(argv)
    with distributed.first_ahead(args.device):
        train, tokenizer = cached_tokens(args.data, args.out, args.vocab, args.least)
    heads = args.width // 64
    model = GPTConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=args.width, num_hidden_layers=args.layers,
        intermediate_size=args.width * 11 // 4 // 32 * 32, num_attention_heads=heads,
        num_key_value_heads=heads // 2 if heads % 2 == 0 else heads, max_position_embeddings=args.window,
    )  # fmt: skip
    config = language_model.configured(args, model)
    held = spans([document.text for document in prose_zh.documents(args.data, "val")])
    encoded = [tokenizer.encode(text, add_special_tokens=False).ids for text in held]
    log.info("%d tokens, %d in the vocabulary", len(train.ids), model.vocab_size)

    def validate(network: GPT) -> dict[str, float]:
        characters = sum(map(len, held))
        return {"bits_per_character": bits_per_character(network, encoded, characters, bfloat16=args.bfloat16)}

    batches = batcher(train, batch=args.batch, length=args.length, seed=args.seed)
    for _ in language_model.train(
        config,
        batches,
        validate,
        lambda folder: zh_tokens.save(tokenizer, folder, window=args.window),
        lambda network: begin(network, train.ids),
    ):
        pass


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
