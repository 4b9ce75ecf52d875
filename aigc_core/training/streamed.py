"""Pictures with labels that a training reads from shards as it goes, for data sets that fit no memory."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from aigc_core.datasets import face_labels, faces
from aigc_core.datasets.shards import Sample, Shards
from aigc_core.training.distributed import Processes
from aigc_core.training.images import Pictures

AHEAD = 2
"""Batches that each worker makes in advance."""


@dataclass(frozen=True, kw_only=True)
class Streamed:
    """A folder of shards (:mod:`aigc_core.datasets.shards`) whose samples are a picture and a JSON object of labels.

    Args:
        attributes: How many of the labels of :mod:`aigc_core.datasets.face_labels` are used.
        workers: Threads that read and decode; each has shards of its own.
        buffer: Samples that each worker draws from.
    """

    folder: Path
    resolution: int
    attributes: int
    device: str
    workers: int = 1
    buffer: int = 1000

    def batches(self, size: int, seed: int, start: int, processes: Processes) -> Iterator[Pictures]:
        """Batches of this process, without end; worker w makes every so many-th from the w-th on.

        Args:
            start: Batches that were taken before.
        """
        readers = processes.world * self.workers
        streams = [
            Shards(
                folder=self.folder,
                reader=processes.rank * self.workers + worker,
                readers=readers,
                buffer=self.buffer,
                seed=seed,
            ).endless(size * len(range(worker, start, self.workers)))
            for worker in range(self.workers)
        ]
        threads = [ThreadPoolExecutor(1) for _ in streams]  # one each: a stream is read in order

        def begun(batch: int) -> Future[Pictures]:
            worker = batch % self.workers
            return threads[worker].submit(lambda: self._decoded(list(islice(streams[worker], size))))

        waiting = deque(begun(batch) for batch in range(start, start + AHEAD * self.workers))
        following = start + len(waiting)
        try:
            while True:
                yield waiting.popleft().result()
                waiting.append(begun(following))
                following += 1
        finally:
            for thread in threads:
                thread.shutdown(wait=False, cancel_futures=True)

    def batch(self, pictures: Pictures, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """One of the batches as :meth:`Pictures.batch` gives them."""
        return pictures.batch(np.arange(len(pictures.labels)), rng)

    def first(self, count: int) -> Pictures:
        """The first samples, or all where there are fewer; the same for every process."""
        return self._decoded(list(islice(Shards(folder=self.folder, buffer=1).samples(), count)))

    def _decoded(self, samples: list[Sample]) -> Pictures:
        rows, pictures = [], []
        for sample in samples:
            (file,) = (content for ending, content in sample.files.items() if f".{ending}" in faces.SUFFIXES)
            pictures.append(faces.decoded(file, self.resolution))
            rows.append(json.loads(sample.files.get("json", b"{}")))
        labels = face_labels.encode(rows)[:, : self.attributes]
        return Pictures(torch.from_numpy(np.stack(pictures)).to(self.device), torch.from_numpy(labels).to(self.device))
