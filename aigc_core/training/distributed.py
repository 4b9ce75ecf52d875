"""One training on several processes (data parallel): every process holds the whole model and works on its share of each batch.

    torchrun --nproc-per-node 2 -m aigc_core.training.faces_diffusion --data faces128.zip --batch 64 …
    torchrun --nnodes 4 --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint HOST:29500 -m … --device cuda --out /shared/run

A batch and its noise are drawn whole by every process from the same seed and then cut into equal shares, so that any number of
processes makes the steps of one, up to the rounding of sums and up to dropout, which every process draws for itself. What it
needs is the mean of the gradients over the processes, after each backward pass: gloo computes it on CPUs, nccl on accelerators.
The run's folder must be one that all processes read; the first process alone writes to it.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from aigc_core.errors import InvalidRequestError


@dataclass(frozen=True)
class Processes:
    """The processes of a training, seen from one of them."""

    rank: int = 0
    """Number of this process, from 0."""
    world: int = 1
    """Number of processes."""

    @property
    def first(self) -> bool:
        """True of the process that writes state, samples and log."""
        return self.rank == 0

    def share(self, batch: Tensor) -> Tensor:
        """The rows of a batch (B, …) that this process works on, (B / world, …).

        Raises:
            InvalidRequestError: the batch cannot be cut into equal shares.
        """
        if len(batch) % self.world:
            raise InvalidRequestError(
                f"A batch of {len(batch)} cannot be shared equally by {self.world} processes; choose a multiple of {self.world}.",
                f"批大小 {len(batch)} 无法平均分给 {self.world} 个进程，请改为 {self.world} 的倍数。",
            )
        rows = len(batch) // self.world
        return batch[self.rank * rows : (self.rank + 1) * rows]

    def average(self, model: nn.Module, loss: Tensor) -> Tensor:
        """Replace each gradient by its mean over all processes; the mean of their losses.

        All of it travels as one vector. Every process must have gradients of the same parameters.
        """
        if self.world == 1:
            return loss
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        flat = torch.cat([*(g.reshape(-1) for g in gradients), loss.reshape(1).to(gradients[0])])
        dist.all_reduce(flat)
        flat /= self.world
        *means, mean = torch.split(flat, [*(g.numel() for g in gradients), 1])
        for gradient, of_all in zip(gradients, means, strict=True):
            gradient.copy_(of_all.view_as(gradient))
        return torch.reshape(mean, loss.shape)

    def agreed(self, answer: bool) -> bool:
        """The first process's answer: clocks differ, and all must stop at the same step."""
        if self.world == 1:
            return answer
        told = torch.tensor([int(answer)], device=_device())
        dist.broadcast(told, 0)
        return bool(told.item())

    def require_same(self, step: int) -> None:
        """Make sure that all processes go on from one state.

        Raises:
            InvalidRequestError: they read different ones.
        """
        if self.world == 1:
            return
        steps = torch.tensor([step, -step], device=_device())
        dist.all_reduce(steps, dist.ReduceOp.MAX)
        most, least = int(steps[0]), -int(steps[1])
        if most != least:
            raise InvalidRequestError(
                f"The processes read states of different steps, {least} to {most}; --out must be a folder that all of them share.",
                f"各进程读到的训练步数不同（{least} 到 {most}），--out 必须是所有进程共享的文件夹。",
            )


def join(device: str) -> Processes:
    """Join the processes that ``torchrun`` has started; without it, the one process there is.

    Args:
        device: "cpu" or "cuda"; of several accelerators each process takes its own.
    """
    if started() == 1:
        return Processes()
    if not dist.is_initialized():
        cuda = device.startswith("cuda")
        if cuda:
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        dist.init_process_group("nccl" if cuda else "gloo")
        atexit.register(dist.destroy_process_group)
    return Processes(dist.get_rank(), dist.get_world_size())


@contextmanager
def first_ahead(device: str) -> Iterator[None]:
    """A passage that the first process goes through before the others: it writes a file that they then read."""
    processes = join(device)
    if not processes.first:
        dist.barrier()
    yield
    if processes.first and processes.world > 1:
        dist.barrier()


def require_alone() -> None:
    """Refuse to train in several processes, each of which would do all of the work.

    Raises:
        InvalidRequestError: ``torchrun`` has started more than one.
    """
    if started() > 1:
        raise InvalidRequestError(
            "This training runs in one process; start it with python in the place of torchrun.",
            "该训练只支持单进程，请用 python 而不是 torchrun 启动。",
        )


def started() -> int:
    """Number of processes that ``torchrun`` has started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """The number that ``torchrun`` has given this process; 0 without it."""
    return int(os.environ.get("RANK", "0"))


def shares(processes: Processes, batch: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """The share of a process of each tensor of a batch."""
    return tuple(processes.share(tensor) for tensor in batch)


def _device() -> str:
    return "cuda" if dist.get_backend() == "nccl" else "cpu"
