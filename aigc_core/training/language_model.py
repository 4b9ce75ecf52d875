"""The training loop of every GPT here: next-token cross-entropy, Muon for matrices, AdamW for the rest, cosine decay.

Who calls it brings the batches; a batch is a function of its step alone, so an interrupted run goes on bit-exactly from
``state.safetensors`` (weights, moments, step), and several processes (:mod:`distributed`) share the batch of one.

On one core with AVX512-BF16, ``--compile --bfloat16`` make 2.5 times as many tokens a second as neither. Memory in large pages
that is not given back after every step saves another eighth of the time: ``GLIBC_TUNABLES=glibc.malloc.hugetlb=1:\
glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=8000000000:glibc.malloc.top_pad=268435456``.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from aigc_core import checkpoint
from aigc_core.models.gpt import GPT, GPTConfig, cross_entropy
from aigc_core.training import command, distributed, journal, state
from aigc_core.training.averaging import update_ema
from aigc_core.training.distributed import Processes
from aigc_core.training.muon import Muon
from aigc_core.types import Events, Progress, Result


class Batch(NamedTuple):
    """Token ids (B, T + 1), and which of the T targets count (B, T); None counts all."""

    ids: Tensor
    weight: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    out: Path
    """Folder of the run: ``state.safetensors``, ``model/`` (the checkpoint), ``log.jsonl``."""
    steps: int
    lr: float = 4e-3
    """Peak, of both optimizers."""
    final_lr: float = 0.02
    """Learning rate at the end, as a fraction of the peak."""
    warmup: int = 100
    """Steps of linear warm-up."""
    weight_decay: float = 0.1
    clip: float = 1.0
    """Largest norm of the gradient."""
    ema: float = 0.0
    """Decay of a moving average of the weights, which is then what is saved; 0 saves the weights."""
    every: int = 200
    """Steps between two savings and validations."""
    seed: int = 0
    device: str = "cpu"
    compile: bool = False
    """Fuse the step's small operations with torch.compile: on two cores a quarter faster, far more beside other jobs; needs a C++ compiler."""
    bfloat16: bool = False
    """Multiply in bfloat16, the weights and what is summed stay float32: twice as fast on CPUs with such units (AVX512-BF16)."""
    cooldown: int | None = None
    """Keep the peak rate and let it fall linearly over the last so many steps (0: never): a run without an end, of which any
    state can be branched off and cooled down (Hägele et al. 2024, arXiv 2405.18392). None: half a cosine."""
    branch: Path | None = None
    """Folder of another run, whose last state this one begins with; that folder is only read."""
    start: Path | None = None
    """A checkpoint folder to start from (fine-tuning)."""
    model: GPTConfig = field(default_factory=GPTConfig)


def add_arguments(parser: argparse.ArgumentParser, *, out: str, steps: int, batch: int, length: int, lr: float) -> None:
    """Command-line options of every language model's training, with its own defaults."""
    parser.add_argument("--out", type=Path, default=Path(out), help="folder of the run")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--batch", type=int, default=batch, help="rows a step")
    parser.add_argument("--length", type=int, default=length, help="tokens a row")
    parser.add_argument("--lr", type=float, default=lr, help="peak learning rate")
    parser.add_argument("--ema", type=float, default=0.98, help="decay of the moving average that is saved")
    parser.add_argument("--every", type=int, default=Config.every, help="steps between two savings")
    command.add_machine(parser)
    parser.add_argument("--compile", action="store_true", help="fuse the step; needs a C++ compiler")
    parser.add_argument("--bfloat16", action="store_true", help="multiply in bfloat16")
    parser.add_argument(
        "--cooldown", type=int, help="constant rate, falling over the last so many steps; else a cosine"
    )
    parser.add_argument("--branch", type=Path, help="folder of a run to begin with the last state of")


def configured(args: argparse.Namespace, model: GPTConfig, **settings: Any) -> Config:
    """The run that :func:`add_arguments`' values ask for; sets up logging and threads."""
    command.start(args.threads)
    distributed.join(args.device)
    names = ("out", "steps", "lr", "ema", "every", "seed", "device", "compile", "bfloat16", "cooldown", "branch")
    return Config(model=model, **{name: getattr(args, name) for name in names}, **settings)


def learning_rate(step: int, config: Config) -> float:
    """Linear warm-up, then half a cosine (or a constant and a line) down to ``final_lr``; in units of the peak."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    if config.cooldown is not None:
        left = min(1.0, (config.steps - step) / config.cooldown) if config.cooldown else 1.0
        return config.final_lr + (1 - config.final_lr) * left
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.final_lr + (1 - config.final_lr) * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


def train(
    config: Config,
    batch: Callable[[int], Batch],
    validate: Callable[[GPT], Mapping[str, float]],
    on_save: Callable[[Path], None] = lambda folder: None,
    begin: Callable[[GPT], None] = lambda network: None,
) -> Events:
    """Yield ``Progress`` after every step, then the trained network.

    Args:
        batch: The batch of a step, the same whenever it is asked for.
        validate: Figures for the log, such as ``{"val_loss": 3.2}``; called every ``config.every`` steps.
        on_save: Called with the checkpoint folder after each saving, to put the tokenizer there.
        begin: Called with the new network of a run that begins, to change its first weights.

    Raises:
        FloatingPointError: the loss is not finite; names the step.
    """
    processes = distributed.join(config.device)
    folders = [folder for folder in (config.out, config.branch) if folder is not None]
    earlier = next((folder for folder in folders if (folder / "state.safetensors").exists()), None)
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        network = GPT(config.model)
        if config.start is None and earlier is None:
            begin(network)
        network.to(config.device)
    if config.start is not None:
        checkpoint.load(config.start, network).train(True)
    average = GPT(config.model).to(config.device)
    average.load_state_dict(network.state_dict())
    average.requires_grad_(False)
    optimizers = build_optimizers(network, config)
    modules = {"network": network, "average": average}
    step, seconds = state.resume(earlier or config.out, modules, optimizers)
    processes.require_same(step)
    objective = torch.compile(loss_of) if config.compile else loss_of
    course = journal.Journal(
        config.out, ("loss",), seconds, processes, total=config.steps, every=config.every, minutes=None
    )

    while step < config.steps:
        for optimizer in optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = config.lr * learning_rate(step, config)
        (ids, weight), counted = share_of(batch(step), processes)
        here = None if weight is None else weight.to(config.device)
        loss = objective(network, ids.to(config.device), here, config.bfloat16) * counted
        for optimizer in optimizers.values():
            optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        mean = processes.average(network, loss.detach())
        torch.nn.utils.clip_grad_norm_(network.parameters(), config.clip)
        for optimizer in optimizers.values():
            optimizer.step()
        step += 1
        update_ema(average, network, min(config.ema, step / (step + 9)))
        if course.due(step, mean[None]) and processes.first:
            state.save(config.out, modules, optimizers, {"step": step, "seconds": course.seconds})
            checkpoint.save(config.out / "model", average, config.model)
            on_save(config.out / "model")
            course.write(step, validate(average.train(False)))
        yield Progress(step=step, total=config.steps)
    yield Result(output=average, info=course.info(step))


def share_of(batch: Batch, processes: Processes) -> tuple[Batch, float]:
    """The rows of a batch that this process works on, and the factor by which its mean loss counts: the processes' mean is then
    that of all targets that count, wherever they are."""
    ids, weight = batch
    if weight is None or processes.world == 1:
        return Batch(processes.share(ids), None if weight is None else processes.share(weight)), 1.0
    part = processes.share(weight)
    if not part.any():  # nothing to learn here: any targets will do, and count for nothing
        return Batch(processes.share(ids), torch.ones_like(part)), 0.0
    return Batch(processes.share(ids), part), processes.world * float(part.sum()) / float(weight.sum())


def loss_of(network: GPT, ids: Tensor, weight: Tensor | None, bfloat16: bool = False) -> Tensor:
    """Cross-entropy of a batch; ``ids`` (B, T + 1)."""
    with torch.autocast(ids.device.type, torch.bfloat16, enabled=bfloat16):
        logits = network(ids[:, :-1])
    return cross_entropy(logits.float(), ids[:, 1:], weight)


def build_optimizers(network: nn.Module, config: Config) -> dict[str, torch.optim.Optimizer]:
    """Muon for the blocks' matrices; AdamW for the embedding and, without decay, the gains."""
    matrices = [p for name, p in network.named_parameters() if p.dim() == 2 and "embed" not in name]
    embedding = [p for name, p in network.named_parameters() if "embed" in name]
    gains = [p for p in network.parameters() if p.dim() == 1]
    adam = [{"params": embedding, "weight_decay": config.weight_decay}, {"params": gains, "weight_decay": 0.0}]
    return {
        "muon": Muon(matrices, config.lr, weight_decay=config.weight_decay, bfloat16=config.bfloat16),
        "adam": torch.optim.AdamW(adam, config.lr, betas=(0.9, 0.95), fused=True),
    }
