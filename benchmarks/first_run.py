"""What a newcomer waits for: fetch, load, first preview, result, and peak memory of every tab's default model.

    python benchmarks/first_run.py [--warm] [TASK …]

Each tab runs in its own process with an empty weights cache (``--warm``: the user's own). Prints a table; writes
``docs/first_run.json``, which the start page shows, and ``docs/first_run.md`` when all tabs ran.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

TASKS = ("faces", "stylize", "inpaint", "continue_text", "chat", "summarize", "compose", "speak")
COLUMNS = ("fetch_s", "fetch_mb", "load_s", "preview_s", "result_s", "memory_mb")


def request(task: str) -> Any:
    """A typical request of each task, of what the tab's default controls send."""
    from aigc_core.media import scenes
    from aigc_core.tasks import request_type

    typical = request_type(task)
    if task == "faces":
        return typical(count=16, seed=7)
    if task == "stylize":
        return typical(image=scenes.lake())
    if task == "inpaint":
        picture, mask = scenes.scratched(scenes.still_life())
        return typical(image=picture, mask=mask)
    if task == "continue_text":
        return typical(prompt="The lighthouse keeper had not spoken to anyone for", max_new_tokens=64)
    if task == "chat":
        return typical(message="Why does the moon change its shape?", max_new_tokens=96)
    if task == "summarize":
        text = (ROOT / "README.md").read_text("utf-8").split("## Use it")[0].split("---")[-1]
        return typical(text=text)
    if task == "compose":
        return typical(bars=16, seed=7)
    return typical(text="Good morning. This voice was made on an ordinary processor, sentence by sentence.")


def measure(task: str) -> dict[str, Any]:
    """Run one request in this process; seconds of each stage, counted from its own start."""
    from aigc_core import engine, registry, weights
    from aigc_core.types import Result

    wanted = request(task)
    spec = registry.find("", task)
    start = time.perf_counter()
    size = weights.state(spec.source).size
    for _ in weights.ensure(spec.source):
        pass
    fetched = time.perf_counter()
    loaded = preview = None
    for event in engine.Engine().run(wanted):
        now = time.perf_counter()
        if isinstance(event, Result) or event.stage == "run":
            loaded = loaded or now
            if preview is None and (isinstance(event, Result) or _shows(event.preview)):
                preview = now
    assert loaded is not None and preview is not None
    done = time.perf_counter()
    return {
        "task": task,
        "model": spec.name,
        "fetch_s": round(fetched - start, 2),
        "fetch_mb": round(size / 1e6, 1),
        "load_s": round(loaded - fetched, 2),
        "preview_s": round(preview - loaded, 2),
        "result_s": round(done - loaded, 2),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _shows(preview: Any) -> bool:
    """Whether there is something to see or hear: a picture, some text, some sound."""
    if preview is None or getattr(preview, "text", "?") == "":
        return False
    audio = getattr(preview, "audio", None)
    return audio is None or hasattr(preview, "piano_roll") or len(audio.samples) > 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", choices=[*TASKS, []], help="default: all")
    parser.add_argument("--warm", action="store_true", help="use the user's weights cache")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.tasks[0])))
        return 0
    rows = []
    print(f"{'task':<14} {'model':<20} " + " ".join(f"{c:>9}" for c in COLUMNS), flush=True)
    for task in args.tasks or TASKS:
        row = _in_process(task, args.warm)
        rows.append(row)
        print(f"{row['task']:<14} {row['model']:<20} " + " ".join(f"{row[c]:>9}" for c in COLUMNS), flush=True)
    if len(rows) == len(TASKS) and not args.warm:
        _write(rows)
    return 0


def _in_process(task: str, warm: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as cache:
        environment = dict(os.environ) if warm else {**os.environ, "AIGC_HOME": cache}
        done = subprocess.run(
            [sys.executable, __file__, "--one", task], env=environment, capture_output=True, text=True, timeout=900
        )
    if done.returncode != 0:
        raise SystemExit(f"{task} failed:\n{done.stderr[-2000:]}")
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def _write(rows: list[dict[str, Any]]) -> None:
    (ROOT / "docs" / "first_run.json").write_text(json.dumps({r["task"]: r for r in rows}, indent=1) + "\n")
    head = (
        "| tab | model | fetch s | fetch MB | load s | first preview s | result s | peak memory MB |\n|---|---|"
        + "---|" * 6
    )
    lines = [f"| {r['task']} | {r['model']} | " + " | ".join(str(r[c]) for c in COLUMNS) + " |" for r in rows]
    where = (
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, empty cache, one run each."
    )
    about = (
        "Load includes importing the framework and one-off conversions; preview and result count from the loaded model."
    )
    text = (
        f"# First run\n\nMade by `python benchmarks/first_run.py`. {where}\n{about}\n\n{head}\n"
        + "\n".join(lines)
        + "\n"
    )
    (ROOT / "docs" / "first_run.md").write_text(text)


if __name__ == "__main__":
    sys.exit(main())
