"""Servers of the toy app in processes of their own, and a page that asks them for jobs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

SUPPORT = Path(__file__).resolve().parent
BROWSER, WINDOW = "a" * 32, "b" * 32
WITHIN_S = 120


@contextmanager
def running(
    outputs: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address and the process of a server (``toy_server.py``), killed in the end."""
    command = [sys.executable, str(SUPPORT / "toy_server.py"), str(outputs), *arguments]
    paths = f"{SUPPORT.parents[1]}:{SUPPORT}"
    environment = {**os.environ, "PYTHONPATH": paths, "GRADIO_ANALYTICS_ENABLED": "False", **(env or {})}
    server = subprocess.Popen(command, cwd=SUPPORT.parents[1], stdout=subprocess.PIPE, text=True, env=environment)
    assert server.stdout is not None
    try:
        line = next((line for line in server.stdout if line.startswith("SERVES ")), "")
        assert line, "the app did not start"
        yield line.split()[1].rstrip("/"), server
    finally:
        server.kill()
        server.wait()


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


def until(reached: Callable[[], Any], what: str) -> None:
    """Wait for something that a server does."""
    end = time.monotonic() + WITHIN_S
    while not reached():
        assert time.monotonic() < end, what
        time.sleep(0.1)
