"""Shared pieces of the image trainings: pictures in device memory, random numbers, schedules, sheets of samples."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

T = TypeVar("T")
SHARD_BYTES = 15 * 2**20
"""Largest weights file of a checkpoint, so that it can be carried and kept in git."""


class Pictures(NamedTuple):
    """A data set in device memory, one byte a value."""

    images: Tensor
    """uint8 (N, 3, R, R)."""
    labels: Tensor
    """int64 (N, A)."""

    def batch(self, index: NDArray[np.int64], rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Images in [-1, 1], half of them mirrored, channels last; and their labels."""
        at = torch.from_numpy(index).to(self.images.device)
        images = self.images[at].float() / 127.5 - 1  # (B, 3, R, R)
        mirrored = torch.rand(len(at), 1, 1, 1, generator=rng, device=rng.device).to(images.device) < 0.5
        images = torch.where(mirrored, images.flip(3), images)
        return images.contiguous(memory_format=torch.channels_last), self.labels[at]


def step_rng(seed: int, step: int, device: str) -> torch.Generator:
    """The generator of one step: an interrupted run goes on with the numbers it would have drawn."""
    return torch.Generator(device).manual_seed(seed * 1_000_003 + step)


@contextmanager
def seeded(seed: int, step: int, device: str) -> Generator[None]:
    """For what draws from torch's global generator, such as dropout; it is put back afterwards."""
    cuda = device.startswith("cuda")
    with torch.random.fork_rng(devices=[torch.device(device)] if cuda else []):
        torch.manual_seed(seed * 1_000_003 + step)
        yield


def autocast(device: str) -> torch.autocast:
    """bfloat16 in matrix products and convolutions on an accelerator; float32 on a CPU."""
    cuda = device.startswith("cuda")
    return torch.autocast("cuda" if cuda else "cpu", torch.bfloat16, enabled=cuda)


def faster(device: str) -> None:
    """TF32 and measured convolution algorithms: for a process that only trains."""
    if device.startswith("cuda"):
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True


def decay_at(seen: float, batch: int, half_life: float, ramp: float = 0.05) -> float:
    """Decay of the average: its half-life is ``half_life`` pictures, but never more than a share of those seen (EDM)."""
    return float(0.5 ** (batch / max(min(half_life, ramp * seen), 1e-8)))


def lr_at(progress: float, seen: float, *, lr: float, warmup: float, cooldown: float = 0.3) -> float:
    """Learning rate: up in a line over ``warmup`` pictures, level, and down to 0 over the last ``cooldown`` of the run."""
    return lr * min(1.0, (seen + 1) / max(warmup, 1)) * min(1.0, max(0.0, (1 - progress) / cooldown))


def ahead(make: Callable[[int], T], start: int, workers: int) -> Iterator[T]:
    """``make(start)``, ``make(start + 1)``, … without end; with ``workers`` threads, so many calls are under way at once.

    Decoding pictures leaves Python's lock alone: threads are enough to keep an accelerator fed. ``make`` must depend on its
    argument alone, then the number of workers changes nothing.
    """
    if workers == 0:
        yield from map(make, count(start))
        return
    pool = ThreadPoolExecutor(workers)
    try:
        steps = count(start)
        waiting = deque(pool.submit(make, next(steps)) for _ in range(2 * workers))
        while True:
            waiting.append(pool.submit(make, next(steps)))
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def grid(images: Tensor, columns: int) -> Image.Image:
    """Pictures (N, 3, S, S) in [-1, 1] in rows of ``columns``, N a multiple of it."""
    rows, side = len(images) // columns, images.shape[-1]
    cells = images.float().cpu().view(rows, columns, 3, side, side).permute(0, 3, 1, 4, 2)  # (rows, S, columns, S, 3)
    levels = ((cells.reshape(rows * side, columns * side, 3).clamp(-1, 1) + 1) * 127.5).round().byte()
    return Image.fromarray(levels.numpy())
