"""Train the Chinese poet: ``python -m aigc_core.training.text_poet --data poetry_zh.jsonl.xz --steps 2000``.

Characters are tokens (:mod:`aigc_core.tokenizers.poem_tokens`). In every epoch all regulated poems and 词 are seen once and half of
the other shi; author and title are left out now and then. Whole poems are packed into rows of equal length; only the lines
count in the loss, not the header, which is always given. The same command goes on with an interrupted run.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from aigc_core import terminal
from aigc_core.datasets import poetry
from aigc_core.datasets.packing import packed
from aigc_core.datasets.poetry import OTHER, Poem
from aigc_core.models.gpt import GPT, GPTConfig, cross_entropy
from aigc_core.tokenizers import poem_tokens
from aigc_core.training import language_model
from aigc_core.training.language_model import Batch

if TYPE_CHECKING:
    from tokenizers import Tokenizer

log = logging.getLogger(__name__)

OMIT_AUTHOR, OMIT_TITLE, OMIT_OTHER = 0.25, 0.3, 0.5
VAL_POEMS = 192
KNOWN_AUTHOR = 20
"""Poems an author must have to be offered by name."""
Encode = Callable[[str], list[int]]


def layout(
    poem: Poem, encode: Encode, length: int, *, author: bool = True, title: bool = True
) -> tuple[np.ndarray, int]:
    """Token ids of header, lines and end, at most ``length`` (a longer poem loses its last lines), and the header's size."""
    head = encode(poem_tokens.header_of(poem, author=author, title=title))
    ids = head + encode(poem.text)
    ids = [*ids, 0] if len(ids) < length else ids[:length]
    return np.asarray(ids, np.int64), len(head)


def batcher(poems: Sequence[Poem], encode: Encode, *, batch: int, length: int, seed: int) -> Callable[[int], Batch]:
    """Rows of ``length`` + 1 tokens; the rows of an epoch depend on the seed and its number alone."""

    def rows_of(epoch: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng((seed, epoch))
        sequences = []
        for i in rng.permutation(len(poems)):
            other, author, title = rng.random(3)
            if poems[i].form != OTHER or other >= OMIT_OTHER:
                keep = {"author": author >= OMIT_AUTHOR, "title": title >= OMIT_TITLE}
                sequences.append(layout(poems[i], encode, length + 1, **keep))
        ids, counted = packed(sequences, length + 1)
        order = rng.permutation(len(ids))
        return ids[order], counted[order]

    kept = {0: rows_of(0)}
    per_epoch = len(kept[0][0]) // batch

    def take(step: int) -> Batch:
        epoch, at = divmod(step, per_epoch)
        if epoch not in kept:
            kept.clear()
            kept[epoch] = rows_of(epoch)
        ids, counted = kept[epoch]
        chosen = np.arange(at * batch, (at + 1) * batch) % len(ids)
        return Batch(torch.from_numpy(ids[chosen]), torch.from_numpy(counted[chosen, 1:]))

    log.info("%d steps an epoch", per_epoch)
    return take


@torch.inference_mode()
def bits_per_character(model: GPT, sequences: Sequence[tuple[np.ndarray, int]], length: int) -> float:
    """Mean over the tokens of the lines, marks and end included."""
    ids, counted = (torch.from_numpy(part) for part in packed(sequences, length))
    device = next(model.parameters()).device
    losses = [
        float(cross_entropy(model(part[:, :-1].to(device)), part[:, 1:].to(device), mask[:, 1:].to(device)) * mask[:, 1:].sum())
        for part, mask in zip(torch.split(ids, 16), torch.split(counted, 16), strict=True)
    ]  # fmt: skip
    return sum(losses) / float(counted[:, 1:].sum()) / math.log(2)


def facts(poems: Sequence[Poem]) -> dict[str, object]:
    """``poet.json``: the tunes with their patterns and the authors to choose from, most poems first."""
    authors = Counter(poem.author for poem in poems if poem.author)
    return {
        "tunes": {tune: poetry.written(pattern) for tune, pattern in poetry.tune_patterns(poems).items()},
        "authors": [author for author, count in authors.most_common() if count >= KNOWN_AUTHOR],
    }


def encoder(tokenizer: Tokenizer) -> Encode:
    """Text to ids, special tokens known by name."""

    def encode(text: str) -> list[int]:
        ids: list[int] = tokenizer.encode(text).ids
        return ids

    return encode


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.text_poet", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="poetry_zh.jsonl.xz")
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--least", type=int, default=20, help="occurrences a character needs to be in the vocabulary")
    language_model.add_arguments(parser, out="runs/text-poet-zh", steps=2000, batch=20, length=160, lr=5e-3)
    args = parser.parse_args(argv)
    poems, val = list(poetry.poems(args.data, "train")), list(poetry.poems(args.data, "val"))[:VAL_POEMS]
    tokenizer = poem_tokens.train((poem.title + poem.author + poem.tune + poem.text for poem in poems), args.least)
    encode = encoder(tokenizer)
    args.out.mkdir(parents=True, exist_ok=True)
    model = GPTConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=args.width, num_hidden_layers=args.layers,
        intermediate_size=args.width * 11 // 4 // 32 * 32, num_attention_heads=args.width // 32,
        num_key_value_heads=args.width // 64, head_dim=32, max_position_embeddings=2 * args.length,
    )  # fmt: skip
    config = language_model.configured(args, model)
    log.info("%d poems, %d tokens in the vocabulary", len(poems), model.vocab_size)
    held = [layout(poem, encode, args.length) for poem in val]
    about = json.dumps(facts(poems), ensure_ascii=False, indent=1) + "\n"

    def on_save(folder: Path) -> None:
        poem_tokens.save(tokenizer, folder, model.max_position_embeddings)
        (folder / "poet.json").write_text(about, "utf-8")

    batches = batcher(poems, encode, batch=args.batch, length=args.length, seed=args.seed)
    validate = lambda network: {"bits_per_character": bits_per_character(network, held, args.length)}  # noqa: E731
    for _ in language_model.train(config, batches, validate, on_save):
        pass


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
