"""What several servers and processes rest on, measured on this machine: the figures under docs/SCALE.md's arithmetic.

    python -m benchmarks.several [ledger] [shards] [training] [--url postgresql://…]

*ledger*: a job's life (entered, noted twice, done) from four threads, in SQLite and, with ``--url``, in PostgreSQL; then how long
dropping the oldest takes among 20,000. *shards*: packing, reading in order, and reading with decoding, of drawn pictures of 128 px.
*training*: the face model's U-Net on latents (8×8×8, 3 million parameters) on one process and on two, one thread each, started
by torchrun; how many pictures a second, and what a picture costs in floating-point operations.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
JOBS, THREADS, MANY = 400, 4, 20_000
PICTURES, SIDE = 2000, 128
KIMG, BATCH = 3.2, 64
SHAPE = "--resolution 8 --channels 8 --width 64 --multipliers 1 2 --blocks 1 --attention 8 4 --dropout 0"


def main() -> None:
    """Print the figures that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.several", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--url", default="", help="an empty PostgreSQL database to write into")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in args.what or PARTS:
            PARTS[name](Path(folder), args.url)


# --- the ledger ---


def ledger(folder: Path, url: str) -> None:
    """Jobs a second, and seconds of a look through many."""
    from aigc_core.jobs.opening import opened

    for name, place in (("SQLite", ""), ("PostgreSQL", url)):
        if name == "PostgreSQL" and not url:
            continue
        kept, servers = opened(folder, place)
        _life(name, kept)
        _dropping(name, kept)
        if kept.fault:
            raise SystemExit(kept.fault[0])
        servers.close()
        kept.close()


def _job(i: int) -> Any:
    from aigc_core.jobs.ledger import Job

    request = {
        "task": "faces",
        "model": "faces-gan-128",
        "seed": i,
        "parameters": {"prompt": "a portrait photo of a person"},
    }
    return Job(task="faces", kind="faces", model="faces-gan-128", request=request, state="running", size=100_000)


def _life(name: str, kept: Any) -> None:
    def live(i: int) -> None:
        job = _job(i)
        kept.add(job)
        for step in (1, 2):
            kept.change(job.id, step=step)
        kept.change(job.id, state="done", seconds=0.5)

    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(live, range(JOBS)))
    print(f"{name}: {JOBS / (time.perf_counter() - start):.0f} jobs a second, four statements each")


def _dropping(name: str, kept: Any) -> None:
    from aigc_core.jobs.ledger import Limits

    with kept._together():
        for i in range(MANY):
            kept.add(_job(i))
    start = time.perf_counter()
    kept.prune(Limits(jobs=10**9, total_bytes=None))
    print(f"{name}: {time.perf_counter() - start:.2f} s to look through {MANY:,} jobs for what is beyond the limits")


# --- shards ---


def shards(folder: Path, url: str) -> None:
    """Samples a second."""
    import io

    import numpy as np
    from PIL import Image

    from aigc_core.datasets import faces, shards
    from aigc_core.datasets.shards import Sample, Shards

    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (PICTURES, 16, 16, 3), np.uint8)
    samples = []
    for i, pixels in enumerate(coarse):
        file = io.BytesIO()
        Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(file, "WEBP", quality=90)
        samples.append(Sample(f"{i:09d}", {"webp": file.getvalue(), "json": b"{}"}))
    out = folder / "shards"
    size = sum(len(sample.files["webp"]) for sample in samples) / PICTURES
    print(f"a picture has {size / 1000:.1f} kB")
    _timed("packed", lambda: len(shards.write(out, samples, 2_000_000)))
    _timed("read, in order", lambda: sum(1 for _ in Shards(folder=out, buffer=1).samples()))
    _timed("read, buffer of 1000", lambda: sum(1 for _ in Shards(folder=out).samples()))
    _timed(
        "read and decoded",
        lambda: sum(faces.decoded(s.files["webp"], SIDE).size for s in Shards(folder=out).samples()),
    )


def _timed(what: str, work: Callable[[], Any]) -> None:
    start = time.perf_counter()
    work()
    print(f"{what}: {PICTURES / (time.perf_counter() - start):,.0f} samples a second")


# --- training ---


def training(folder: Path, url: str) -> None:
    """Pictures a second on one and on two processes."""
    import numpy as np

    data = folder / "pictures"
    data.mkdir()
    # A latent has 8 channels and a picture three: the loop is fed a stand-in of the latents' shape, which costs the same.
    np.save(data / "latents.npy", np.random.default_rng(0).standard_normal((2048, 8, 8, 8), np.float32))
    rates = {}
    for processes in (1, 2):
        out = folder / f"on-{processes}"
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        subprocess.run([*command, __file__, "--child", str(data), str(out)], cwd=ROOT, env=env, check=True)
        rates[processes] = json.loads((out / "log.jsonl").read_text().splitlines()[-1])["images_per_s"]
        print(f"{processes} process{'es' * (processes > 1)}: {rates[processes]:.0f} latents a second, batch {BATCH}")
    print(f"two processes: {rates[2] / rates[1]:.2f} x one")


def child(data: Path, out: Path) -> None:
    """One process of :func:`training`."""
    import numpy as np
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from aigc_core.training import diffusion, faces_diffusion
    from aigc_core.training.faces_diffusion import Config, Faces
    from aigc_core.training.images import Pictures

    torch.set_num_threads(1)

    class Drawn(Pictures):
        def batch(self, index: Any, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
            at = torch.from_numpy(index)
            return self.images[at], self.labels[at]

    parser = argparse.ArgumentParser()
    faces_diffusion.add_arguments(parser)
    arguments = [
        "--data",
        str(data),
        "--out",
        str(out),
        "--kimg",
        str(KIMG),
        "--save-kimg",
        str(KIMG),
        "--batch",
        str(BATCH),
    ]
    given = vars(parser.parse_args([*arguments, *SHAPE.split()]))
    del given["threads"]
    config: Config = faces_diffusion.configured(given)
    latents = torch.from_numpy(np.load(data / "latents.npy"))
    pictures = Drawn(latents, torch.zeros(len(latents), len(config.model.attributes), dtype=torch.long))

    class Task(Faces):
        def sheet(self, average: Any) -> Any:
            from PIL import Image

            return Image.new("RGB", (8, 8))

    task = Task(config, pictures)
    learner = faces_diffusion.build(config, pictures)
    if os.environ.get("RANK") == "0" and os.environ["WORLD_SIZE"] == "1":
        one = torch.ones(1)
        with FlopCounterMode(display=False) as counted:
            task.loss(learner.model, one, latents[:1], latents[:1], pictures.labels[:1]).backward()  # type: ignore[no-untyped-call]
        learner.optimizer.zero_grad()
        parameters = sum(p.numel() for p in learner.model.parameters())
        print(
            f"{parameters / 1e6:.2f} M parameters, {counted.get_total_flops() / 1e9:.2f} GFLOP a picture, forward and back"
        )
    for _ in diffusion.train(config, task, learner):
        pass


PARTS: dict[str, Callable[[Path, str], None]] = {"ledger": ledger, "shards": shards, "training": training}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
