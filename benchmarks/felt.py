"""What a user waits for beside the model: every task through the engine, through its endpoint, and through the page.

    python benchmarks/felt.py [--tree FOLDER] [--repeat 3] [--no-page] [--only TEXT] [--json FILE] [--write] [TASK …]

One process, one model after another, the three ways in turn, so that a busy machine weighs on all of them alike. *Endpoint* is
``gradio_client`` with the files downloaded; *page* is Chromium from the click to the finished output painted (it needs
Debian's ``chromium``). Each figure is the median of ``--repeat`` runs after one that warms up. Models whose weights are not
at hand are left out. *CPU* is the processor's work in this process, of server, model and client together: it says most on a busy
machine, where waiting takes the longest. At the end: components, events and bytes of the first page. ``--tree`` measures another checkout;
``--write`` keeps the figures in ``docs/felt.md`` and ``docs/felt.json``. The client is told not to load certificates, which it does
anew for each file it fetches (30 ms, over plain HTTP too).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SCENES = ROOT / "docs" / "gallery" / "scenes"
TEXT = (ROOT / "demos" / "summarize" / "texts" / "tram_en.txt").read_text("utf-8")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request, the same in all three ways."""

    task: str
    model: str
    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Request fields that are pictures, by file name in docs/gallery/scenes; the page opens with the same."""

    @property
    def name(self) -> str:
        shown = ", ".join(f"{key} {value}" for key, value in self.values.items() if not isinstance(value, str))
        return f"{self.model} ({shown})" if shown else self.model


def faces(model: str, count: int) -> Case:
    return Case(task="faces", model=model, values={"count": count})


def text(model: str, tokens: int) -> Case:
    return Case(task="continue_text", model=model, values={"prompt": "Once upon a time", "max_new_tokens": tokens})


SAID = "Good morning. This voice was made on an ordinary processor, sentence by sentence."
CASES = [
    *(faces(model, count) for model in ("faces-gan-128", "faces-diffusion-128") for count in (4, 8, 16)),
    Case(task="stylize", model="style-multi-26", files={"image": "lake.jpg"}),
    Case(task="inpaint", model="inpaint-patchmatch", files={"image": "scratched.jpg", "mask": "scratched-mask.png"}),
    Case(task="inpaint", model="inpaint-telea", files={"image": "scratched.jpg", "mask": "scratched-mask.png"}),
    text("text-gpt-en", 64),
    text("text-gpt-en", 256),
    text("text-gpt-en", 500),
    Case(task="chat", model="chat-gpt-en", values={"message": "What do you like to do?"}),
    Case(task="summarize", model="summarize-textrank", values={"text": TEXT}),
    Case(task="compose", model="chorale-ngram", values={"bars": 8}),
    Case(task="compose", model="chorale-ngram", values={"bars": 64}),
    Case(task="speak", model="kokoro-82m", values={"text": SAID}),
]
LABELS = {("continue_text", "prompt"): "Text to continue"}
"""Labels of controls that are not those of their request fields."""


def seconds(run: Callable[[int], Any], repeat: int) -> tuple[float, float]:
    """The median time of a run, and of the processor's work for it; ``run`` gets a seed, which differs from run to run."""
    run(99)
    times, works = [], []
    for seed in range(repeat):
        start, worked = time.perf_counter(), time.process_time()
        run(seed)
        times.append(time.perf_counter() - start)
        works.append(time.process_time() - worked)
    return statistics.median(times), statistics.median(works)


def by_engine(case: Case, engine: Any) -> Callable[[int], Any]:
    from aigc_core.engine import drain
    from aigc_core.media import image
    from aigc_core.tasks import request_type

    request = request_type(case.task)
    pictures = {name: image.read(str(SCENES / file)) for name, file in case.files.items()}

    def run(seed: int) -> Any:
        seeded = {"seed": seed} if "seed" in request.__dataclass_fields__ else {}
        return drain(engine.run(request(model=case.model, **case.values, **pictures, **seeded)))

    return run


def by_endpoint(case: Case, url: str, folder: Path) -> Callable[[int], Any]:
    from gradio_client import Client, handle_file

    client = Client(url, verbose=False, download_files=str(folder), ssl_verify=False)
    known = client.view_api(return_format="dict", print_info=False)["named_endpoints"][f"/{case.task}"]["parameters"]
    names = {parameter["parameter_name"] for parameter in known}

    def run(seed: int) -> Any:
        pictures = {name: handle_file(str(SCENES / file)) for name, file in case.files.items()}
        values = {"model": case.model, **case.values, **pictures, "seed": seed}
        return client.predict(**{k: v for k, v in values.items() if k in names}, api_name=f"/{case.task}")

    return run


FINISHED = """before => {
  const shown = e => e.offsetParent !== null;
  const status = [...document.querySelectorAll(".statusbox [role=status], .sum-facts")].filter(shown);
  const text = status.map(e => e.textContent).join();
  const failed = [...document.querySelectorAll(".notice[role=alert]")].find(shown);
  if (failed) { throw new Error(failed.textContent); }
  const idle = [...document.querySelectorAll("button.go, .go button")].some(shown);
  return idle && text !== before && /\\d\\.\\d\\d s/.test(text) && [...document.images].filter(shown).every(i => i.complete);
}"""
STATUS = """() => [...document.querySelectorAll(".statusbox [role=status], .sum-facts")]
  .filter(e => e.offsetParent !== null).map(e => e.textContent).join()"""


def by_page(case: Case, page: Any) -> Callable[[int], Any]:
    """From the click until the status line tells the time and all pictures are there."""
    from aigc_core.tasks import request_type
    from aigc_core.tasks.fields import limits

    for name, value in case.values.items():
        label = LABELS.get((case.task, name)) or limits(request_type(case.task), name).label
        box = page.get_by_label(f"number input for {label}")
        box = box if box.count() else page.get_by_label(label, exact=True)
        box.first.fill(str(value))
    go = page.locator("button.go:visible, .go button:visible").first

    def run(seed: int) -> Any:
        if case.task == "chat":
            page.get_by_label("Message", exact=True).first.fill(case.values["message"])
        before = page.evaluate(STATUS)
        go.click()
        page.wait_for_function(FINISHED, arg=before, polling="raf", timeout=300_000)

    return run


@contextmanager
def app(tabs: list[str], folder: Path, *flags: str) -> Iterator[tuple[str, Any]]:
    """The address of the running app, and its page."""
    from demos.ui import page

    demo, options = page.make(tabs, page.parser().parse_args(["--outputs", str(folder), *flags]))
    _, url, _ = demo.launch(**{**options, "quiet": True, "prevent_thread_lock": True})
    try:
        yield url, demo
    finally:
        demo.close()


def measure(case: Case, browser: Any, repeat: int) -> dict[str, Any]:
    """Seconds of each way."""
    with tempfile.TemporaryDirectory() as folder, app([case.task], Path(folder), "--models", case.model) as (url, demo):
        made = {"task": case.task, "case": case.name}
        made["engine_s"], made["engine_cpu_s"] = seconds(by_engine(case, demo.studio.engine), repeat)
        made["endpoint_s"], made["endpoint_cpu_s"] = seconds(by_endpoint(case, url, Path(folder)), repeat)
        if browser is not None:
            context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
            try:
                page = context.new_page()
                page.goto(url)
                page.locator("button.go:visible, .go button:visible").first.wait_for()
                made["page_s"], _ = seconds(by_page(case, page), repeat)
            except Exception as error:
                made["page_failed"] = str(error).splitlines()[0][:120]
            finally:
                context.close()
        return made


def first_page(browser: Any) -> dict[str, Any]:
    """What a visitor of the whole suite gets before anything is clicked."""
    from demos import TABS

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        with app(list(TABS), Path(folder)) as (url, demo):
            made: dict[str, Any] = {"built_and_served_s": round(time.perf_counter() - start, 2)}
            import httpx

            html = httpx.get(url, timeout=60).text
            found = re.search(r"window\.gradio_config = (.*?);\s*(?:window\.|</script>)", html, re.DOTALL)
            config = json.loads(found[1]) if found else {"components": [], "dependencies": []}
            made |= {
                "events": len(demo.fns), "components": len(demo.blocks), "first_page_components": len(config["components"]),
                "first_page_events": len(config["dependencies"]), "config_kb": round(len(found[1].encode()) / 1000) if found else None,
                "html_kb": round(len(html.encode()) / 1000),
            }  # fmt: skip
            if browser is not None:
                made |= _opening(browser, url)
            return made


def _opening(browser: Any, url: str) -> dict[str, Any]:
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    start = time.perf_counter()
    page.goto(url)
    page.locator(".tile").first.wait_for()
    usable = time.perf_counter() - start
    count = len(asked)
    start = time.perf_counter()
    page.locator(".tile").first.click()
    page.locator("button.go:visible, .go button:visible").first.wait_for()
    opened = time.perf_counter() - start
    context.close()
    return {"usable_s": round(usable, 2), "requests": count, "tab_opened_s": round(opened, 2)}


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown."""
    lines = [
        "| task | case | engine s | endpoint s | × | page s | × | engine CPU s | endpoint CPU s | × |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        engine = row["engine_s"]
        cells = [row["task"], row["case"], f"{engine:.3f}"]
        for way in ("endpoint_s", "page_s"):
            taken = row.get(way)
            cells += ["–", "–"] if taken is None else [f"{taken:.3f}", f"{taken / engine:.2f}"]
        works = row["engine_cpu_s"], row["endpoint_cpu_s"]
        cells += [*(f"{work:.3f}" for work in works), f"{works[1] / works[0]:.2f}"]
        lines.append(f"| {' | '.join(cells)} |" + (f" {row['page_failed']}" if "page_failed" in row else ""))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", metavar="TASK")
    parser.add_argument("--tree", type=Path, default=ROOT, help="another checkout of this project")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--no-page", action="store_true", help="without a browser")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="cases whose name holds it, and nothing of the first page"
    )
    parser.add_argument("--write", action="store_true", help="keep the figures under docs/; on a quiet machine")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    sys.path.insert(0, str(args.tree.resolve()))

    from aigc_core import registry, weights

    here = {
        spec.name for spec in registry.list_models() if weights.state(spec.source).kind in ("shipped", "ready", "none")
    }
    asked = [case for case in CASES if args.only in case.name and (not args.tasks or case.task in args.tasks)]
    cases = [case for case in asked if case.model in here]
    with _browser(wanted=not args.no_page) as browser:
        rows = []
        for case in cases:
            rows.append(measure(case, browser, args.repeat))
            print(table(rows[-1:]).splitlines()[-1], flush=True)
        start = first_page(browser) if not args.only else {}
    print("\n" + table(rows), json.dumps(start), sep="\n\n")
    record = json.dumps({"rows": rows, "first_page": start}, indent=1) + "\n"
    if args.json:
        args.json.write_text(record, "utf-8")
    if args.write:
        (ROOT / "docs" / "felt.json").write_text(record, "utf-8")
        (ROOT / "docs" / "felt.md").write_text(_document(rows, start), "utf-8")


def _document(rows: list[dict[str, Any]], start: dict[str, Any]) -> str:
    figures = "\n".join(f"| {name} | {value} |" for name, value in start.items())
    return (
        f"# What a user waits for beside the model\n\nMade by `python benchmarks/felt.py --write` on {os.cpu_count()} CPUs, load "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}; what is measured is said there.\n\n{table(rows)}\n\n"
        f"The first page:\n\n| | |\n|---|---:|\n{figures}\n"
    )


@contextmanager
def _browser(*, wanted: bool) -> Iterator[Any]:
    path = shutil.which("chromium")
    if not wanted or path is None:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


if __name__ == "__main__":
    main()
