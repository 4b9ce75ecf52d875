"""An app that is told to end lets the job that runs come to its end: its file is there, and the status is 0."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
TEXT = "The keeper climbed the long stair and lit the lamp, while the town below him slept and a ship came home. " * 30


def running_jobs(url: str) -> float:
    found = re.search(r"^aigc_running_jobs (\d+)", httpx.get(f"{url}/metrics", timeout=60).text, re.MULTILINE)
    assert found is not None
    return float(found[1])


def listened(url: str) -> str:
    """All that a stream says."""
    with httpx.stream("GET", url, timeout=250) as answer:
        return "".join(answer.iter_text())


def test_sigterm_during_a_run_ends_with_the_runs_file_there(tmp_path: Path) -> None:
    flags = ["--outputs", str(tmp_path), "--grace", "200", "--log-json"]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "demos.summarize", *flags],
        cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    watchdog = threading.Timer(280, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        address = next(
            found[1] for line in process.stdout if (found := re.search(r"Running on local URL:\s+(\S+)", line))
        )
        asked = {"text": TEXT, "model": "summarize-pointer-en", "max_sentences": 3}
        event = httpx.post(f"{address}/gradio_api/call/v2/summarize", json=asked, timeout=60).json()["event_id"]
        answers: list[str] = []
        listening = threading.Thread(
            target=lambda: answers.append(listened(f"{address}/gradio_api/call/summarize/{event}"))
        )
        listening.start()
        while not running_jobs(address):
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        listening.join()
        said = process.stdout.read()
        assert process.wait(60) == 0, said
    finally:
        process.kill()
        process.wait()
        watchdog.cancel()
    assert "event: complete" in answers[0]
    assert '"message": "asked to end: 1 jobs' in said and TEXT[:40] not in said
    assert list(tmp_path.rglob("summarize-*.json"))
