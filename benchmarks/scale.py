"""Throughput of one and two Ray workers beside the engine in this process, measured in one run.

    python -m benchmarks.scale [--jobs 24] [--threads 1] [--model faces-diffusion-128] [--steps 12]

The same jobs, seeds 0, 1, …, go through the engine one after the other, then through one worker and through two, as many side
by side as there are workers. Every job computes with ``--threads`` threads, wherever it runs, so that two workers have two cores
where one has one. A first round, in which models are loaded, is not counted. *Beside the model* is what a job takes longer in a
worker than in the engine: routing, pickling and sending. Needs requirements-ray.txt; downloads nothing.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

WORKERS = (1, 2)


class Figure(NamedTuple):
    """One row of the table."""

    name: str
    at_once: int
    seconds: float


def request(model: str, steps: int, seed: int) -> Any:
    """One job: a face in a number of denoising steps, or of any other row of the task."""
    from aigc_core import registry
    from aigc_core.tasks.faces import FacesRequest

    honours = "num_inference_steps" in registry.find(model, "faces").accepts
    return FacesRequest(model=model, count=1, seed=seed, **({"num_inference_steps": steps} if honours else {}))


def seconds(backend: Any, asked: list[Any], at_once: int) -> float:
    """Wall time of all jobs, so many of them side by side, once every worker has its model."""
    from aigc_core.engine import drain

    with ThreadPoolExecutor(at_once) as pool:
        for _ in range(2):  # Serve sends the second of two to a worker without the model only after a while
            list(pool.map(lambda one: drain(backend.run(one)), asked[: 2 * at_once]))
        start = time.perf_counter()
        list(pool.map(lambda one: drain(backend.run(one)), asked))
        return time.perf_counter() - start


@contextmanager
def workers(number: int, threads: int, model: str) -> Iterator[Any]:
    """A Ray of this machine with so many workers for the model's task."""
    from aigc_core.backends.ray_cluster import Cluster
    from aigc_core.backends.ray_front import RayBackend
    from aigc_core.backends.ray_settings import RaySettings, Workers

    settings = RaySettings(default=Workers(replicas=number, jobs_at_once=1, threads=threads))
    cluster = Cluster(settings)
    try:
        yield RayBackend(cluster, offered=frozenset({model}))
    finally:
        cluster.close()


def measure(model: str, steps: int, jobs: int, threads: int) -> list[Figure]:
    """The engine, then each number of workers."""
    import torch

    from aigc_core.engine import Engine

    torch.set_num_threads(threads)
    asked = [request(model, steps, seed) for seed in range(jobs)]
    figures = [Figure("engine", 1, seconds(Engine(), asked, 1))]
    for number in WORKERS:
        with workers(number, threads, model) as backend:
            name = f"Ray, {number} worker{'s' if number > 1 else ''}"
            figures.append(Figure(name, number, seconds(backend, asked, number)))
    return figures


def table(figures: list[Figure], jobs: int) -> str:
    """The figures in Markdown."""
    engine = figures[0].seconds
    lines = [
        "| where | jobs at once | s | jobs/min | × engine | beside the model, ms/job |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in figures:
        beside = (row.seconds * row.at_once - engine) / jobs * 1000
        lines.append(
            f"| {row.name} | {row.at_once} | {row.seconds:.1f} | {jobs / row.seconds * 60:.0f} | {engine / row.seconds:.2f} | {beside:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--model", default="faces-diffusion-128")
    parser.add_argument("--steps", type=int, default=12)
    args = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", str(args.threads))
    figures = measure(args.model, args.steps, args.jobs, args.threads)
    print(f"{args.jobs} jobs of {args.model}, {args.threads} thread(s) a job\n\n{table(figures, args.jobs)}")


if __name__ == "__main__":
    main()
