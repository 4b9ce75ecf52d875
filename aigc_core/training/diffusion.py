"""The training loop of the diffusion models: faces (:mod:`faces_diffusion`) and clips (:mod:`video_sprites`).

One step: a batch with noise of a random strength on it, the network's guess at the clean batch, EDM's weighted squared error, Adam,
and the moving average that is sampled from. A step's random numbers come from the run's seed and the step's number: an interrupted
run goes on bit by bit as if nothing had happened, and several processes (:mod:`distributed`) share the batch of one. Where the data
are a stream, each process draws for itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from PIL import Image
from torch import Tensor, nn

from aigc_core.models import unet
from aigc_core.training import distributed, images, state
from aigc_core.training.averaging import update_ema
from aigc_core.training.distributed import Processes
from aigc_core.training.journal import ImageJournal, ImageRun
from aigc_core.types import Events, Progress, Result


class Settings(ImageRun, Protocol):
    """The part of a training's config that the loop reads."""

    @property
    def lr(self) -> float: ...
    @property
    def warmup_kimg(self) -> float: ...
    @property
    def cooldown(self) -> float: ...
    @property
    def clip(self) -> float: ...
    @property
    def ema_kimg(self) -> float: ...
    @property
    def noise_mean(self) -> float: ...
    @property
    def noise_deviation(self) -> float: ...
    @property
    def seed(self) -> int: ...
    @property
    def device(self) -> str: ...
    @property
    def compile(self) -> bool: ...


class Task(Protocol):
    """The data and the objective of a training."""

    @property
    def streams(self) -> bool:
        """True where each process reads samples of its own; else all know the same batch, and each works on its share."""

    def batches(self, start: int, processes: Processes) -> Iterator[Any]:
        """Batches without end for :meth:`draw`, such as indices, from that step on."""

    def draw(self, batch: Any, rng: torch.Generator) -> tuple[Tensor, ...]:
        """A batch: the clean samples (B, …) first, then what the loss is told of each of them."""

    def loss(self, network: Callable[..., Tensor], sigma: Tensor, noise: Tensor, *drawn: Tensor) -> Tensor:
        """The mean loss of what :meth:`draw` gave, or of a share of it, under noise σ (B,) times ε (B, …)."""

    def save(self, average: nn.Module, folder: Path) -> None:
        """Write the averaged model, as a checkpoint."""

    def sheet(self, average: nn.Module) -> Image.Image:
        """Samples of fixed seeds, not picked."""

    def scores(self, average: nn.Module) -> Mapping[str, float]:
        """Figures for the log."""


class Learner(NamedTuple):
    """A model in training, the moving average of its weights, and its optimizer."""

    model: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer


def learner(model: nn.Module, settings: Settings) -> Learner:
    """A new model on its device with its average and Adam."""
    model.to(settings.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(model).train(False).requires_grad_(False)
    fused = settings.device.startswith("cuda")
    return Learner(model, average, torch.optim.Adam(model.parameters(), settings.lr, betas=(0.9, 0.99), fused=fused))


def train(settings: Settings, task: Task, learner: Learner) -> Events:
    """Yield ``Progress`` after every step (preview: a sheet when one was drawn), then the averaged model.

    Raises:
        FloatingPointError: a loss is not finite; names the step.
        InvalidRequestError: the processes cannot share the batch equally.
    """
    processes = distributed.join(settings.device)
    model, average, optimizer = learner
    parts = {"model": model, "ema": average}, {"optimizer": optimizer}
    step, seconds = state.resume(settings.out, *parts)
    processes.require_same(step)
    network: Callable[..., Tensor] = torch.compile(model) if settings.compile else model
    journal = ImageJournal(settings, ("loss",), seconds, processes)

    drawing, sharing = (processes, Processes()) if task.streams else (Processes(), processes)
    rows = len(drawing.share(torch.empty(settings.batch)))

    for batch in task.batches(step, drawing):
        if step >= journal.total:
            break
        seen = step * settings.batch
        rng = images.step_rng(settings.seed + drawing.rank, step, settings.device)
        drawn = task.draw(batch, rng)
        normal = torch.randn(rows, generator=rng, device=settings.device)
        sigma = unet.training_sigmas(normal, settings.noise_mean, settings.noise_deviation)
        noise = torch.randn(drawn[0].shape, generator=rng, device=settings.device)
        optimizer.param_groups[0]["lr"] = images.lr_at(
            step / journal.total, seen, lr=settings.lr, warmup=settings.warmup_kimg * 1000, cooldown=settings.cooldown
        )
        with images.seeded(settings.seed + processes.rank, step, settings.device):  # dropout
            value = task.loss(network, *distributed.shares(sharing, (sigma, noise, *drawn)))
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        mean = processes.average(model, value.detach())
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        optimizer.step()

        step += 1
        update_ema(average, model, images.decay_at(seen, settings.batch, settings.ema_kimg * 1000))
        due = journal.due(step, mean[None])
        sheet = None
        if due and processes.first:
            sheet = task.sheet(average)
            state.save(settings.out, *parts, {"step": step, "seconds": journal.seconds})
            task.save(average, settings.out / "ema")
            journal.save_sheet(step, sheet)
            journal.write(step, task.scores(average))
        yield Progress(step=step, total=journal.total, preview=sheet)
        if due and journal.out_of_time:
            break
    yield Result(output=average, info=journal.info(step))
