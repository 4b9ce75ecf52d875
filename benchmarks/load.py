"""Do light requests of many visitors get through beside a heavy job? 50 clients with 10 requests each, in several tabs, against a real server.

    python -m benchmarks.load [--clients 50] [--each 10] [--p95 5] [--flag=--queue-seconds=300 …]

The app is started in a process of its own, offline. Each client asks for one thing after the other, without a pause, through the
endpoints and with what :data:`LIGHT` lists, while another one keeps :data:`HEAVY` running. A request counts from its sending to its
whole answer. One of each kind warms up before. Ends with status 1 where a request fails, or 95 of 100 take longer than ``--p95``.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
from PIL import Image

from benchmarks.start import free_port, served

ROOT = Path(__file__).resolve().parent.parent
Values = Mapping[str, Any]
PICTURE, MASK = "<picture>", "<mask>"
"""Stand for pictures that were uploaded."""
SIDE = 64
TEXT = (
    "The keeper climbed the stair and lit the lamp. Below him the town slept. The wind had turned. A ship came home. "
)
LIGHT: Sequence[tuple[str, Values]] = (
    ("faces", {"model": "faces-gan-128", "count": 1}),
    ("inpaint", {"model": "inpaint-telea", "image": PICTURE, "mask": MASK}),
    ("continue_text", {"model": "text-gpt-en", "prompt": "It was", "max_new_tokens": 8}),
    ("summarize", {"model": "summarize-textrank", "text": TEXT * 4, "max_sentences": 2}),
    ("stylize", {"model": "style-paintings", "image": PICTURE, "style": "starry-night", "max_side": 256}),
)
"""Endpoints and what they are asked for."""
HEAVY = "faces", {"model": "faces-diffusion-128", "count": 16, "num_inference_steps": 200}
START_S, ANSWER_S = 120, 600


class Taken(NamedTuple):
    """One request."""

    endpoint: str
    seconds: float
    fault: str
    """Empty where it was answered."""


def picture(name: str) -> Image.Image:
    """A grey picture, or a mask that marks a stripe of it."""
    made = Image.new("L", (SIDE, SIDE), 0 if name == MASK else 128)
    if name == MASK:
        made.paste(255, (0, 0, SIDE // 4, SIDE))
    return made


class Client:
    """A program that asks through the endpoints, with an uploaded picture of its own."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._uploaded: dict[str, Values] = {}

    async def ask(self, endpoint: str, values: Values) -> Taken:
        """Send a request, and read its answer to the end."""
        body = {
            name: await self._upload(value) if value in (PICTURE, MASK) else value for name, value in values.items()
        }
        start = time.perf_counter()
        try:
            fault = await asyncio.wait_for(self._fault(endpoint, body), ANSWER_S)
        except (httpx.HTTPError, TimeoutError) as error:
            fault = f"{type(error).__name__} {error}"
        return Taken(endpoint, time.perf_counter() - start, fault)

    async def _fault(self, endpoint: str, body: Values) -> str:
        joined = await self._http.post(f"/gradio_api/call/v2/{endpoint}", json=body)
        if joined.status_code != 200:
            return f"status {joined.status_code}: {joined.text[:200]}"
        said = ""
        async with self._http.stream("GET", f"/gradio_api/call/v2/{endpoint}/{joined.json()['event_id']}") as answer:
            async for line in answer.aiter_lines():
                said = line.removeprefix("event: ") if line.startswith("event: ") else said
                if said == "error" and line.startswith("data: "):
                    return line[:200]
        return "" if said == "complete" else f"ended with {said!r}"

    async def _upload(self, name: str) -> Values:
        if name not in self._uploaded:
            file = io.BytesIO()
            picture(name).save(file, "PNG")
            sent = await self._http.post("/gradio_api/upload", files={"files": ("picture.png", file.getvalue())})
            (path,) = sent.raise_for_status().json()
            self._uploaded[name] = {"path": path, "meta": {"_type": "gradio.FileData"}}
        return self._uploaded[name]


async def load(url: str, clients: int, each: int, *, with_heavy: bool = True) -> tuple[list[Taken], int, float]:
    """All requests, the heavy jobs that ended beside them, and the seconds that it took."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=ANSWER_S, limits=limits, trust_env=False) as http:
        for endpoint, values in LIGHT:
            warm = await Client(http).ask(endpoint, values)
            assert not warm.fault, f"{endpoint}: {warm.fault}"
        heavy = Heavy(Client(http))
        beside = asyncio.create_task(heavy.run() if with_heavy else asyncio.sleep(0))
        await asyncio.sleep(2)  # it runs by now
        start = time.perf_counter()
        taken = await asyncio.gather(*(visit(Client(http), i, each) for i in range(clients)))
        seconds = time.perf_counter() - start
        beside.cancel()
        with suppress(asyncio.CancelledError):
            await beside
    assert not heavy.faults, f"the heavy job failed: {heavy.faults[0]}"
    return [one for own in taken for one in own], heavy.ended, seconds


async def visit(client: Client, number: int, each: int) -> list[Taken]:
    """One visitor's requests, in an order of its own."""
    rng = random.Random(number)
    return [await client.ask(*rng.choice(LIGHT)) for _ in range(each)]


class Heavy:
    """A visitor whose heavy job always runs."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.ended = 0
        self.faults: list[str] = []

    async def run(self) -> None:
        """Ask again and again, until it is cancelled."""
        while not self.faults:
            taken = await self._client.ask(*HEAVY)
            self.ended += not taken.fault
            self.faults += [taken.fault] if taken.fault else []


@contextmanager
def app(port: int, flags: Sequence[str]) -> Iterator[int]:
    """The app in a process of its own, which has answered; the process's number."""
    with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("w+") as log:
        command = [sys.executable, "app.py", "--port", str(port), "--offline", "--outputs", folder, *flags]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            began = time.monotonic()
            while not served(port):
                if process.poll() is not None or time.monotonic() - began > START_S:
                    raise RuntimeError(f"the app did not start: {Path(log.name).read_text()[-2000:]}")
                time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=60)
            process.kill()
            process.wait()


def memory_mb(process: int, what: str) -> float:
    """``VmRSS``, the memory that a process holds, or ``VmHWM``, the most it has held."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) * 1024 / 1e6


def cpu_s(process: int) -> float:
    """Seconds of the processor that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def table(taken: Sequence[Taken]) -> str:
    """Seconds by endpoint and of all."""
    lines = ["| request | answered | p50 s | p95 s | max s |", "|---|---:|---:|---:|---:|"]
    for name in (*sorted({one.endpoint for one in taken}), "all"):
        rows = [one for one in taken if name in (one.endpoint, "all")]
        p50, p95, most = np.percentile([one.seconds for one in rows], (50, 95, 100))
        answered = sum(not one.fault for one in rows)
        lines.append(f"| {name} | {answered}/{len(rows)} | {p50:.2f} | {p95:.2f} | {most:.2f} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--each", type=int, default=10, help="requests of each client")
    parser.add_argument("--alone", action="store_true", help="without the heavy job")
    parser.add_argument("--p95", type=float, default=5.0, metavar="S", help="bar (default 5)")
    parser.add_argument("--flag", action="append", default=[], help="of app.py, as --flag=--queue=100")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every request's seconds too")
    args = parser.parse_args()
    port = free_port()
    with app(port, args.flag) as process:
        before, worked = memory_mb(process, "VmRSS"), cpu_s(process)
        taken, heavy, seconds = asyncio.run(
            load(f"http://127.0.0.1:{port}", args.clients, args.each, with_heavy=not args.alone)
        )
        after, most = memory_mb(process, "VmRSS"), memory_mb(process, "VmHWM")
        worked = cpu_s(process) - worked
    print(f"{os.cpu_count()} CPUs; {args.clients} clients, {args.each} requests each, in {seconds:.1f} s: {len(taken) / seconds:.1f} a second")  # fmt: skip
    print(f"beside them {heavy} heavy jobs ended; the server used {worked:.0f} s of the processor in all")
    print(f"its memory: {before:.0f} MB before, {after:.0f} after, {most:.0f} at most\n")
    print(table(taken))
    for fault in sorted({one.fault for one in taken if one.fault}):
        print(f"FAULT: {fault}", file=sys.stderr)
    if args.json is not None:
        args.json.write_text(json.dumps([one._asdict() for one in taken]) + "\n", "utf-8")
    all_answered = not any(one.fault for one in taken)
    return 0 if all_answered and np.percentile([one.seconds for one in taken], 95) <= args.p95 else 1


if __name__ == "__main__":
    sys.exit(main())
