"""How soon a run ends that nobody wants any more, for every task, with the request of ``benchmarks/first_run.py``.

    python -m benchmarks.stop [--repeat 3] [--no-page] [TASK …]

- *longest step*: the longest time between two words of the model, loading left out: Stop is heard between them;
- *engine*: from closing the events, in the middle of the run, to their end;
- *page*: from the click on Stop until the page says so, and until the run's place is free for the next;
- *killed*: from killing the browser's processes (``kill -9``) until the place is free.

The median of ``--repeat`` runs after one that warms up, in seconds; the longest step is the longest of all. *page* and *killed* need
Debian's ``chromium``; a dash stands where the run was over before it could be stopped.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.felt import app
from benchmarks.first_run import TASKS, request

LONGER: Mapping[str, Mapping[str, Any]] = {
    "faces": {"num_inference_steps": 100},
    "inpaint": {"model": "inpaint-patchmatch"},
    "continue_text": {"max_new_tokens": 400},
    "chat": {"max_new_tokens": 400},
    "summarize": {"model": "summarize-smollm2-135m"},
    "compose": {"bars": 64},
    "speak": {"text": "This voice was made on an ordinary processor, sentence by sentence. " * 12},
}
"""What makes a run last, so that there is something to stop; the page of summaries runs all its models anyway."""
STOPS_AT = 0.3
"""The part of its steps after which the engine's run is stopped."""
PATIENCE_S = 60.0
GO, STOP = "button.go:visible, .go button:visible", "button.stop:visible, .stop button:visible"


def by_engine(engine: Any, asked: Any) -> tuple[float, float]:
    """Seconds of the longest step, and from closing the events to their end."""
    events = engine.run(asked)
    last, longest = None, 0.0
    for event in events:
        now = time.perf_counter()
        if getattr(event, "stage", "") == "run":
            longest = max(longest, now - last) if last is not None else longest
            if event.total and event.step >= STOPS_AT * event.total:
                break
        last = time.perf_counter()
    start = time.perf_counter()
    events.close()
    return longest, time.perf_counter() - start


def until(is_true: Callable[[], bool], start: float) -> float:
    """Seconds from ``start`` until it is; infinite where it does not become so."""
    while not is_true():
        if time.perf_counter() - start > PATIENCE_S:
            return float("inf")
        time.sleep(0.005)
    return time.perf_counter() - start


@dataclass(frozen=True)
class Visitor:
    """A tab in a browser of its own, whose processes can be killed."""

    process: Any
    page: Any
    studio: Any

    def run(self, task: str) -> None:
        """Click the button, and wait until the model works."""
        if task == "chat":
            self.page.get_by_label("Message", exact=True).first.fill("Tell me a long story about a lighthouse.")
        self.page.locator(GO).first.click()
        self.page.locator(STOP).first.wait_for()
        self.page.wait_for_function("document.querySelector('.status[data-stage=run]')", timeout=1000 * PATIENCE_S)

    def is_free(self) -> bool:
        return bool(self.studio.lanes.idle(0))

    def stop(self) -> tuple[float, float]:
        """Seconds from the click on Stop until the page says that it has stopped, and until the place is free."""
        start = time.perf_counter()
        self.page.locator(STOP).first.click()
        self.page.locator(".statusbox:visible", has_text="Stopped").first.wait_for(timeout=1000 * PATIENCE_S)
        said = time.perf_counter() - start
        return said, until(self.is_free, start)

    def kill(self) -> float:
        """Seconds from killing the browser until the place is free."""
        start = time.perf_counter()
        os.killpg(self.process.pid, signal.SIGKILL)
        return until(self.is_free, start)


@contextmanager
def visitor(playwright: Any, chromium: str, url: str, task: str, studio: Any) -> Iterator[Visitor]:
    with socket.socket() as free, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--remote-debugging-port={port}",
            f"--user-data-dir={profile}",
        ]
        process = subprocess.Popen(
            [chromium, *flags], start_new_session=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            until(lambda: _listens(port), time.perf_counter())
            browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            page = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900}).new_page()
            settings = {} if task == "summarize" else LONGER.get(task, {})
            page.goto(f"{url}?{urlencode({'tab': task, **settings})}")
            page.locator(GO).first.wait_for()
            page.wait_for_timeout(2000)  # a link's settings are in the controls
            yield Visitor(process, page, studio)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def by_page(chromium: str, task: str, url: str, studio: Any) -> list[float]:
    """The figures of *page* and *killed*; an empty list where the run was over before it could be stopped."""
    from playwright.sync_api import Error, sync_playwright

    try:
        with sync_playwright() as playwright:
            with visitor(playwright, chromium, url, task, studio) as one:
                one.run(task)
                stopped = one.stop()
            with visitor(playwright, chromium, url, task, studio) as one:
                one.run(task)
                return [*stopped, one.kill()]
    except Error as error:
        print(f"{task}: {str(error).splitlines()[0]}", file=sys.stderr)
        return []


def measure(task: str, url: str, studio: Any, repeat: int, chromium: str | None) -> list[float]:
    """The figures of one task in the order of the columns."""
    asked = replace(request(task), **LONGER.get(task, {}))
    by_engine(studio.engine, asked)
    engine = [by_engine(studio.engine, asked) for _ in range(repeat)]
    figures = [max(longest for longest, _ in engine), statistics.median(closed for _, closed in engine)]
    pages = [by_page(chromium, task, url, studio) for _ in range(repeat)] if chromium is not None else []
    return figures + [statistics.median(column) for column in zip(*filter(None, pages), strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=", ".join(TASKS))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--no-page", action="store_true", help="without a browser")
    args = parser.parse_args()
    chromium = None if args.no_page else shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, app(Path(folder)) as (url, demo):
        print(
            "| task | longest step s | engine s | page says s | page free s | killed free s |\n|---|---:|---:|---:|---:|---:|"
        )
        for task in args.tasks or TASKS:
            figures = measure(task, url, demo.studio, args.repeat, chromium)
            cells = [f"{figure:.2f}" for figure in figures] + ["–"] * (5 - len(figures))
            print(f"| {task} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
