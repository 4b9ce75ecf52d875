"""Make a chat partner of a text GPT: ``python -m aigc_core.training.chat_gpt --start runs/text-gpt/model --data dialogue.jsonl.xz``.

Two stages in one run. First every turn counts (the model moves from books to conversation, role tokens are learned), then
the replies alone, −Σ log p(token of a reply | everything before) / tokens of replies. Windows hold several slices of
conversations (:mod:`aigc_core.datasets.dialogues`); the same command goes on with an interrupted run. Chinese: ``--language zh``, from the
Chinese GPT.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from aigc_core import checkpoint, terminal
from aigc_core.datasets import dialogues, dialogues_zh
from aigc_core.datasets.dialogues import ASKED, REPLY, Windows
from aigc_core.models.gpt import GPT, GPTConfig, cross_entropy
from aigc_core.tokenizers import bpe, zh_tokens
from aigc_core.training import language_model
from aigc_core.training.language_model import Batch

log = logging.getLogger(__name__)

VAL_WINDOWS = 48


def batcher(windows: Windows, *, batch: int, adapt: int) -> Callable[[int], Batch]:
    """The next ``batch`` windows at every step; before step ``adapt`` all words count, afterwards those of replies."""

    def take(step: int) -> Batch:
        rows = np.arange(step * batch, (step + 1) * batch) % len(windows.ids)
        counted = windows.marks[rows, 1:] >= (ASKED if step < adapt else REPLY)
        ids = torch.from_numpy(windows.ids[rows].astype(np.int64))
        return Batch(ids, torch.from_numpy(counted.astype(np.float32)))

    return take


@torch.inference_mode()
def reply_loss(model: GPT, windows: Windows) -> float:
    """Mean of −log p over the tokens of all replies, in nats."""
    total, count = 0.0, 0
    device = next(model.parameters()).device
    for start in range(0, len(windows.ids), 16):
        ids = torch.from_numpy(windows.ids[start : start + 16].astype(np.int64)).to(device)
        weight = torch.from_numpy((windows.marks[start : start + 16, 1:] == REPLY).astype(np.float32)).to(device)
        tokens = int(weight.sum())
        total += float(cross_entropy(model(ids[:, :-1]), ids[:, 1:], weight)) * tokens
        count += tokens
    return total / count


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.chat_gpt", description=__doc__)
    parser.add_argument(
        "--start", type=Path, required=True, help="checkpoint folder of the text GPT, tokenizer included"
    )
    parser.add_argument("--data", type=Path, required=True, help="dialogue.jsonl.xz or dialogue_zh.jsonl.xz")
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    parser.add_argument("--adapt", type=float, default=0.5, help="part of the steps in which all turns count")
    language_model.add_arguments(parser, out="runs/chat-gpt", steps=800, batch=16, length=160, lr=2e-3)
    args = parser.parse_args(argv)
    model = checkpoint.load_config(args.start, GPTConfig)
    config = language_model.configured(args, model, warmup=30, start=args.start)
    tokenizer = bpe.load(args.start)
    encoder = dialogues.Encoder(tokenizer)
    language = dialogues_zh if args.language == "zh" else dialogues

    def windows(split: str, count: int, seed: int) -> Windows:
        talks = language.read(args.data, split)
        log.info("%s: %d conversations", split, len(talks))
        pieces = dialogues.stream(talks, encoder, args.length, np.random.default_rng(seed), language.SHARES)
        return dialogues.pack(pieces, count, args.length + 1)

    train = windows("train", args.steps * args.batch, args.seed).shuffled(np.random.default_rng(args.seed))
    val = windows("val", VAL_WINDOWS, 0)
    log.info("%.1f %% of the places hold a token", 100 * float((train.marks > 0).mean() + (train.ids > 0).mean()) / 2)

    def validate(network: GPT) -> dict[str, float]:
        loss = reply_loss(network, val)
        return {"val_reply_loss": loss, "val_reply_perplexity": math.exp(loss)}

    def on_save(folder: Path) -> None:
        save = zh_tokens.save if args.language == "zh" else bpe.save
        save(tokenizer, folder, window=model.max_position_embeddings, chat=True)

    batches = batcher(train, batch=args.batch, adapt=round(args.steps * args.adapt))
    for _ in language_model.train(config, batches, validate, on_save):
        pass


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
