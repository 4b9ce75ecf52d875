"""Train the summarizer: ``python -m aigc_core.training.summarizer --data summarization.jsonl.xz --steps 1300``.

Loss: −log p(summary) per word, the content selector's binary cross-entropy per source word, and the coverage loss::

    L = −mean_t log p(y_t) + 0.5 · BCE(z, [x_j ∈ y]) + 0.1 · mean_t Σ_j min(a_tj, c_tj)

The word vectors begin where counting leads: positive pointwise mutual information of words and their neighbours, factorised
(Levy and Goldberg 2014); the output's bias begins as the logarithm of the word frequencies in summaries. Batches hold
sources of about the same length and are a function of the step, as is the dropout: an interrupted run goes on bit-exactly.

Chinese is read and written by characters: ``--data summarization_zh.jsonl.xz --max-source 384``.
"""

from __future__ import annotations

import argparse
import logging
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from aigc_core import checkpoint, terminal
from aigc_core.datasets import corpus
from aigc_core.models.pointer_generator import (
    PointerGenerator,
    PointerGeneratorConfig,
    Source,
    coverage_loss,
)
from aigc_core.tokenizers import vocabulary
from aigc_core.tokenizers.vocabulary import END, TITLE, TLDR, UNKNOWN, Vocabulary
from aigc_core.training import command, language_model, state
from aigc_core.training.averaging import update_ema
from aigc_core.training.journal import Journal
from aigc_core.training.language_model import build_optimizers, learning_rate
from aigc_core.training.word_vectors import factorised_pmi
from aigc_core.types import Events, Progress, Result

log = logging.getLogger(__name__)

LOSSES = ("nll", "select", "coverage")
"""Names of the parts of the loss, in the order of the log."""
SELECT_WEIGHT, COVERAGE_WEIGHT = 0.5, 0.1
POOL = 40
"""Batches whose examples are sorted together by the source's length, then eighths of them by the summary's."""
NEIGHBOURS = 4
"""Words on either side that count as neighbours."""


class Example(NamedTuple):
    """Source: ids (T,), extended (T,), facts (T, 4); summary (L,), the start and end included."""

    ids: vocabulary.Ints
    extended: vocabulary.Ints
    features: vocabulary.Ints
    summary: vocabulary.Ints


class Batch(NamedTuple):
    source: Source
    words: Tensor
    """(B, L) from the start token on, padded with END."""
    targets: Tensor
    """(B, L) the words after them; UNKNOWN, which counts for nothing, where there is no word or no way to write it."""


@dataclass(frozen=True, kw_only=True)
class Config:
    loop: language_model.Config
    """Folder, steps, learning rate and the like; its ``model`` is not used."""
    batch: int = 32
    max_source: int = 160
    """Source words that training reads; the network takes more."""
    model: PointerGeneratorConfig = field(default_factory=PointerGeneratorConfig)


def examples(records: Sequence[dict[str, str]], words: Vocabulary, max_source: int, max_target: int) -> list[Example]:
    """Records as numbers."""
    found = []
    for record in records:
        reading = words.read(record["document"], max_source)
        start = TLDR if record["src"].startswith("scitldr") else TITLE
        summary = words.write(record["summary"].rstrip(". 。"), reading.unknown)[: max_target - 1]
        if len(reading.ids) and len(summary):
            summary = np.concatenate([[start], summary, [END]])
            found.append(Example(reading.ids, reading.extended, reading.features, summary))
    return found


def collate(chosen: Sequence[Example]) -> Batch:
    """Pad on the right."""

    def rows(arrays: Sequence[vocabulary.Ints], fill: int) -> Tensor:
        longest = max(len(a) for a in arrays)
        out = np.full((len(arrays), longest, *arrays[0].shape[1:]), fill, np.int64)
        for row, a in zip(out, arrays, strict=True):
            row[: len(a)] = a
        return torch.from_numpy(out)

    source = Source(
        rows([e.ids for e in chosen], END),
        rows([e.extended for e in chosen], -1),
        rows([e.features for e in chosen], 0),
    )
    words = rows([e.summary[:-1] for e in chosen], END)
    return Batch(source, words, rows([e.summary[1:] for e in chosen], UNKNOWN))


def batcher(data: Sequence[Example], size: int, seed: int) -> Callable[[int], Batch]:
    """Every example once an epoch, those of similar length together; the batch of a step is always the same."""
    sources, summaries = (np.array([len(e[i]) for e in data]) for i in (0, 3))
    per_epoch = len(data) // size

    @lru_cache(maxsize=1)
    def epoch(number: int) -> vocabulary.Ints:
        rng = np.random.default_rng((seed, number))
        order = rng.permutation(len(data))
        for step, key in ((POOL * size, sources), (POOL // 8 * size, summaries)):
            pools = np.split(order, range(step, len(data), step))
            order = np.concatenate([pool[np.argsort(key[pool], kind="stable")] for pool in pools])
        batches = order[: per_epoch * size].reshape(per_epoch, size)
        return rng.permutation(batches, axis=0)

    return lambda step: collate([data[i] for i in epoch(step // per_epoch)[step % per_epoch]])


def losses(network: PointerGenerator, batch: Batch) -> dict[str, Tensor]:
    """The three parts: nats a summary word, nats a source word, attention repeated a summary word."""
    memory = network.encode(batch.source)
    step = network.decode(memory, batch.words)
    counted = batch.targets != UNKNOWN
    log_p, _ = network.log_likelihood(step, batch.source.extended, batch.targets)
    mask = batch.source.mask
    wanted = (batch.source.extended[:, :, None] == batch.targets[:, None]).any(-1)  # (B, T)
    return {
        "nll": -log_p[counted].mean(),
        "select": F.binary_cross_entropy_with_logits(memory.selected[mask], wanted[mask].float()),
        "coverage": coverage_loss(step.attention)[counted].mean(),
    }


def word_vectors(data: Sequence[Example], size: int, width: int) -> Tensor:
    """Factorised positive pointwise mutual information of the sources' words, (size, width)."""
    row = np.concatenate([np.concatenate([e.ids, np.full(NEIGHBOURS, -1)]) for e in data])
    return factorised_pmi(row, size, width, neighbours=NEIGHBOURS, ignored=UNKNOWN)


def begin(network: PointerGenerator, data: Sequence[Example]) -> None:
    """Word vectors and word frequencies from the training set."""
    V, D = network.config.vocab_size, network.config.width
    vectors = word_vectors(data, V, D)
    vectors = vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1e-6) * 0.5 * math.sqrt(D)
    counts = np.bincount(np.concatenate([e.summary[1:] for e in data]), minlength=V)[:V]
    frequency = torch.from_numpy(counts.astype(np.float32) + 0.1)
    with torch.no_grad():
        known = vectors.norm(dim=1) > 0
        network.embed_words.weight[known] = vectors[known]
        network.bias.copy_((frequency / frequency.sum()).log())
        network.switch[-1] = -1.0


def train(
    config: Config,
    data: Sequence[Example],
    validate: Callable[[PointerGenerator], dict[str, float]],
    on_save: Callable[[Path], None],
) -> Events:
    """Yield ``Progress`` after every step, then the trained network.

    Raises:
        FloatingPointError: the loss is not finite; names the step.
    """
    loop = config.loop
    torch.manual_seed(loop.seed)
    network, average = PointerGenerator(config.model), PointerGenerator(config.model)
    if not (loop.out / "state.safetensors").exists():
        begin(network, data)
    average.load_state_dict(network.state_dict())
    average.requires_grad_(False).train(False)
    optimizers = build_optimizers(network, loop)
    modules = {"network": network, "average": average}
    step, seconds = state.resume(loop.out, modules, optimizers)
    batch = batcher(data, config.batch, loop.seed)
    journal = Journal(loop.out, LOSSES, seconds, total=loop.steps, every=loop.every, minutes=None)
    while step < loop.steps:
        torch.manual_seed(loop.seed * 1_000_003 + step)  # dropout
        for optimizer in optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = loop.lr * learning_rate(step, loop)
            optimizer.zero_grad(set_to_none=True)
        parts = losses(network, batch(step))
        loss = parts["nll"] + SELECT_WEIGHT * parts["select"] + COVERAGE_WEIGHT * parts["coverage"]
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), loop.clip)
        for optimizer in optimizers.values():
            optimizer.step()
        step += 1
        update_ema(average, network, min(loop.ema, step / (step + 9)))
        if journal.due(step, torch.stack([parts[name].detach() for name in LOSSES])):
            state.save(loop.out, modules, optimizers, {"step": step, "seconds": journal.seconds})
            checkpoint.save(loop.out / "model", average, config.model)
            on_save(loop.out / "model")
            journal.write(step, validate(average))
        yield Progress(step=step, total=loop.steps)
    yield Result(output=average, info=journal.info(step))


@torch.inference_mode()
def validation(network: PointerGenerator, batches: Sequence[Batch]) -> dict[str, float]:
    """Mean losses over held-out batches, and the share of summary words that are copied."""
    sums: dict[str, float] = {}
    for batch in batches:
        found = {f"val_{k}": float(v) for k, v in losses(network, batch).items()}
        sums = {k: sums.get(k, 0.0) + v / len(batches) for k, v in found.items()}
    return sums


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.summarizer", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="summarization.jsonl.xz or summarization_zh.jsonl.xz")
    parser.add_argument("--out", type=Path, default=Path("runs/summarize-pointer"))
    parser.add_argument("--steps", type=int, default=1300)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=4e-3)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--encoder-layers", type=int, default=2)
    parser.add_argument("--decoder-layers", type=int, default=2)
    parser.add_argument("--vocab", type=int, default=8192)
    parser.add_argument("--max-source", type=int, default=160, help="words of a source that training reads")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--ema", type=float, default=0.99)
    parser.add_argument("--every", type=int, default=200)
    command.add_seed_and_threads(parser)
    args = parser.parse_args(argv)
    command.start(args.threads)
    records, held_out = (list(corpus.records(args.data, split)) for split in ("train", "val"))
    if (args.out / "vocabulary.json").exists():
        words = Vocabulary.load(args.out)
    else:
        words = vocabulary.build((r["document"] for r in records), (r["summary"] for r in records), args.vocab)
        words.save(args.out)
    model = PointerGeneratorConfig(
        vocab_size=len(words), width=args.width, heads=args.width // 32, mlp=2 * args.width, dropout=args.dropout,
        encoder_layers=args.encoder_layers, decoder_layers=args.decoder_layers,
    )  # fmt: skip
    loop = language_model.Config(
        out=args.out, steps=args.steps, lr=args.lr, ema=args.ema, every=args.every, seed=args.seed,
        weight_decay=args.weight_decay,
    )  # fmt: skip
    config = Config(loop=loop, batch=args.batch, max_source=args.max_source, model=model)
    data = examples(records, words, args.max_source, model.max_target)
    val = examples(held_out, words, args.max_source, model.max_target)[:256]
    held = [collate(val[i : i + 32]) for i in range(0, len(val), 32)]
    log.info("%d examples, %s", len(data), asdict(model))
    for _ in train(config, data, lambda network: validation(network, held), words.save):
        pass


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
