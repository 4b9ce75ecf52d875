"""kill -9 in the middle of twenty jobs: the list and the outputs are whole at the next start, and what was cut is named and resumed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from aigc_core import recipe
from aigc_core.jobs.ledger import Job, Wanted, owner_of
from aigc_core.jobs.place import NAME
from aigc_core.jobs.sqlite import FILE, SqliteLedger

SUPPORT = Path(__file__).resolve().parents[1] / "support"
BROWSER, WINDOW = "a" * 32, "b" * 32


@contextmanager
def running(outputs: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, str(SUPPORT / "toy_server.py"), str(outputs), *arguments]
    server = subprocess.Popen(command, cwd=SUPPORT.parents[1], stdout=subprocess.PIPE, text=True, env=environment())
    assert server.stdout is not None
    try:
        line = next((line for line in server.stdout if line.startswith("SERVES ")), "")
        assert line, "the app did not start"
        yield line.split()[1].rstrip("/"), server
    finally:
        server.kill()
        server.wait()


def environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": f"{SUPPORT.parents[1]}:{SUPPORT}", "GRADIO_ANALYTICS_ENABLED": "False"}


def as_a_page_does(url: str, prompts: list[str]) -> None:
    """Say which browser it is, then press the button once a prompt."""
    http, session = httpx.Client(base_url=url, timeout=60), "page"
    events = http.get("/config").json()["dependencies"]
    came = next(e for e in events if len(e["inputs"]) == 1 and any(trigger == "load" for _, trigger in e["targets"]))
    run = next(e for e in events if e["api_name"] == "faces")
    said = {"fn_index": came["id"], "data": [f"{BROWSER} {WINDOW}"], "session_hash": session}
    http.post("/gradio_api/run/predict", json=said).raise_for_status()
    for seed, prompt in enumerate(prompts):
        data = ["faces-toy", 2, seed, prompt]
        pressed = {"fn_index": run["id"], "data": data, "session_hash": session}
        http.post("/gradio_api/queue/join", json=pressed, headers={"x-gradio-user": "app"}).raise_for_status()


def jobs(outputs: Path) -> list[Job]:
    ledger = SqliteLedger(outputs / NAME / FILE)
    try:
        assert ledger.fault is None
        return ledger.jobs(Wanted(owner_of(BROWSER)), limit=100)
    finally:
        ledger.close()


def states(outputs: Path) -> Counter[str]:
    return Counter(job.state for job in jobs(outputs))


def until(reached: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + 120
    while not reached():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def check_files(outputs: Path, done: list[Job]) -> None:
    for job in done:
        folder = outputs / NAME / "runs" / job.folder
        for file in job.files.values():
            with Image.open(folder / file) as picture:
                picture.load()
            assert recipe.read(folder / file)["seed"] == job.request["seed"]
        assert {"sheet", "face-0", "face-1"} <= set(job.files) and job.peak_rss_mb and job.size


def test_nothing_is_lost_by_kill_9_and_what_was_cut_is_named_and_resumed(tmp_path: Path) -> None:
    with running(tmp_path, "held") as (url, server):
        as_a_page_does(url, ["done"] * 8 + ["held"] + ["waits"] * 11)
        until(
            lambda: states(tmp_path)["done"] >= 8 and states(tmp_path)["running"],
            f"eight jobs are done: {states(tmp_path)}",
        )
        until(lambda: len(jobs(tmp_path)) == 20, "all are entered")
        server.kill()
        server.wait()
    before = {job.id: job for job in jobs(tmp_path) if job.state == "done"}
    check_files(tmp_path, list(before.values()))
    with running(tmp_path, "held"):
        after = jobs(tmp_path)
        assert Counter(job.state for job in after) == {"done": len(before), "cut": 20 - len(before)}
        assert {job.id: job for job in after if job.state == "done"} == before
    with running(tmp_path, "open", "--resume"):
        until(lambda: states(tmp_path) == {"done": 20}, "the rest is made after all")
    assert sorted(job.request["seed"] for job in jobs(tmp_path)) == list(range(20))
    check_files(tmp_path, jobs(tmp_path))
