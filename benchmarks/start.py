"""From ``python app.py`` to the first page that is served, and what the time goes to.

    python -m benchmarks.start [--runs 3] [--packages 12]

Each run is a fresh process with a free port, asked for ``/`` as soon as it listens; the median run is shown. Where
its time goes is told by clocks inside of it, which cost nothing. Which packages take their time to import is measured in
a process of its own, since ``-X importtime`` slows the imports down.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import runpy
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STAGES = "stages: "
TIMEOUT_S = 300


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def app(port: int, *python: str) -> Iterator[subprocess.Popen[str]]:
    """The app in a process of its own, started by this file, which puts the clocks in."""
    command = [sys.executable, *python, "-m", "benchmarks.start", "--clocked", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def served(port: int) -> bool:
    """Whether somebody listens and ``/`` answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def start() -> dict[str, float]:
    """Seconds of one start: its stages, in order, and ``total``.

    Raises:
        RuntimeError: the app does not answer; says what it printed.
    """
    port, began = free_port(), time.time()
    with app(port) as process:
        while not served(port):
            if process.poll() is not None or time.time() - began > TIMEOUT_S:
                process.kill()
                raise RuntimeError(f"the app did not start: {process.communicate()[1][-2000:]}")
            time.sleep(0.02)
        total = time.time() - began
        said = list(_until_stages(process))
    if not said or not said[-1].startswith(STAGES):
        raise RuntimeError(f"the app ended: {''.join(said)[-2000:]}")
    clocks = json.loads(said[-1].removeprefix(STAGES))
    stages = {
        "Python": clocks["python"] - began,
        "imports": clocks["imports"],
        "building the tabs": clocks["built"] - clocks["python"] - clocks["imports"],
        "starting the server": min(clocks["listening"], began + total)
        - clocks["built"],  # it may answer before launch ends
    }
    return {**stages, "first page": total - sum(stages.values()), "total": total}


def _until_stages(process: subprocess.Popen[str]) -> Iterator[str]:
    """Lines of standard error, the clocks' being the last."""
    assert process.stderr is not None
    for line in process.stderr:
        yield line
        if line.startswith(STAGES):
            return


def clocked(port: int) -> None:
    """Run ``app.py`` in this process; once the server listens, write to standard error when which stage had ended."""
    clocks: dict[str, float] = {"python": time.time(), "imports": 0.0}
    stop = _time_imports(clocks)
    import gradio as gr

    launch = gr.Blocks.launch

    def timed_launch(self: Any, *args: Any, **kwargs: Any) -> Any:
        stop()  # what the server imports belongs to it
        clocks["built"] = time.time()
        found = launch(self, *args, **{**kwargs, "prevent_thread_lock": True})
        print(STAGES + json.dumps({**clocks, "listening": time.time()}), file=sys.stderr, flush=True)
        self.block_thread()
        return found

    gr.Blocks.launch = timed_launch
    sys.argv = ["app.py", "--port", str(port), "--offline"]
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


def _time_imports(clocks: dict[str, float]) -> Callable[[], None]:
    """Add up the time inside ``import`` statements, the outermost of nested ones alone, until what is returned is called."""
    import builtins

    original: Callable[..., Any] = builtins.__import__
    depth = 0

    def timed(*args: Any, **kwargs: Any) -> Any:
        nonlocal depth
        depth += 1
        began = time.time()
        try:
            return original(*args, **kwargs)
        finally:
            depth -= 1
            if depth == 0:
                clocks["imports"] += time.time() - began

    def stop() -> None:
        builtins.__import__ = original

    builtins.__import__ = timed
    return stop


def by_package() -> dict[str, float]:
    """Seconds that the modules of each top-level package take of their own to import, largest first."""
    port = free_port()
    with app(port, "-X", "importtime") as process:
        found: defaultdict[str, float] = defaultdict(float)
        for line in _until_stages(process):
            if match := re.match(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)", line):
                found[match[2].partition(".")[0]] += int(match[1]) / 1e6
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))


def table(rows: Mapping[str, float], total: float) -> str:
    """Markdown: name, seconds, share."""
    lines = [f"| {name:<20} | {seconds:6.2f} s | {100 * seconds / total:4.0f} % |" for name, seconds in rows.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--packages", type=int, default=12, help="rows of the second table")
    parser.add_argument("--clocked", type=int, metavar="PORT", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.clocked:
        clocked(args.clocked)
        return
    runs = sorted((start() for _ in range(args.runs)), key=lambda run: run["total"])
    middle = runs[(len(runs) - 1) // 2]
    totals = [run["total"] for run in runs]
    print(
        f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}; {args.runs} starts, "
    )
    print(f"median {median(totals):.2f} s, {totals[0]:.2f} to {totals[-1]:.2f} s. Of the median one:\n")
    print("| until HTTP 200       |  seconds |  share |\n|---|---|---|")
    print(table(middle, middle["total"]))
    packages = by_package()
    whole = sum(packages.values())
    print("\n| imports of           |  seconds |  share |\n|---|---|---|")
    print(table(dict(list(packages.items())[: args.packages]) | {"all": whole}, whole))


if __name__ == "__main__":
    main()
