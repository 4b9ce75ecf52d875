"""What a user waits for beside the model: every task through the engine, through its endpoint, and through the page.

    python benchmarks/felt.py [--tree FOLDER] [--repeat 3] [--no-page] [--only TEXT] [--json FILE] [--write] [TASK …]

One process with the whole suite, one model after another, the three ways in turn, so that a busy machine weighs on all of them
alike; the same seed in all. *Endpoint* is ``gradio_client`` with the files downloaded; *page* is Chromium from the click to the
finished output painted (it needs Debian's ``chromium``), its settings given by a link. Each figure is the median of ``--repeat``
runs after one that warms up. Models whose weights are not at hand are left out; a way that fails has its reason in the row.
*CPU* is the processor's work in this process, of server, model and client together: it says most on a busy machine, where waiting
takes the longest. Then each tab's button pressed as its tab opens (the start page tells these figures), where the endpoint's time
goes that is not the engine's, and the first page: components, events, bytes, files, seconds until it can be used. ``--tree`` measures another checkout; ``--write`` keeps the figures in ``docs/felt.md`` and
``docs/felt.json``. The client is told not to load certificates, which it does anew for each file it fetches (30 ms, over plain
HTTP too).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
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
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
SCENES = ROOT / "docs" / "gallery" / "scenes"
TEXT = (ROOT / "demos" / "summarize" / "texts" / "tram_en.txt").read_text("utf-8")


SEED = 1
TYPED = {("summarize", "text"): "Text", ("chat", "message"): "Message"}
"""Labels of the controls of texts that no link can carry."""
CONFIG = "window.gradio_config = "


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request, the same in all three ways."""

    task: str
    model: str
    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Request fields that are pictures, by file name in docs/gallery/scenes; the page opens with the same."""

    @property
    def link(self) -> str:
        """The address, under the app's, of its tab with its settings."""
        linked = {name: value for name, value in self.values.items() if (self.task, name) not in TYPED}
        return "?" + urlencode({"tab": self.task, "model": self.model, "seed": SEED, **linked})

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
Run = Callable[[], Any]


def seconds(run: Run, repeat: int, prepare: Run = lambda: None) -> tuple[float, float, Any]:
    """The median time of a run and of the processor's work for it, and what the last returned; ``prepare`` is not counted."""
    times, works, made = [], [], None
    for _ in range(repeat + 1):
        prepare()
        start, worked = time.perf_counter(), time.process_time()
        made = run()
        times.append(time.perf_counter() - start)
        works.append(time.process_time() - worked)
    return statistics.median(times[1:]), statistics.median(works[1:]), made


def by_engine(case: Case, engine: Any) -> Run:
    from aigc_core.engine import drain
    from aigc_core.media import image
    from aigc_core.tasks import request_type

    request = request_type(case.task)
    pictures = {name: image.read(str(SCENES / file)) for name, file in case.files.items()}
    seeded = {"seed": SEED} if "seed" in request.__dataclass_fields__ else {}
    asked = request(model=case.model, **case.values, **pictures, **seeded)
    return lambda: drain(engine.run(asked))


def by_endpoint(case: Case, url: str, folder: Path | None) -> Run:
    from gradio_client import Client, handle_file

    client = Client(url, verbose=False, download_files=str(folder) if folder else False, ssl_verify=False)
    known = client.view_api(return_format="dict", print_info=False)["named_endpoints"][f"/{case.task}"]["parameters"]
    names = {parameter["parameter_name"] for parameter in known}

    def run() -> Any:
        pictures = {name: handle_file(str(SCENES / file)) for name, file in case.files.items()}
        values = {"model": case.model, **case.values, **pictures, "seed": SEED}
        return client.predict(**{k: v for k, v in values.items() if k in names}, api_name=f"/{case.task}")

    return run


GO = "button.go:visible, .go button:visible"
STATUS = ".statusbox [role=status], .sum-facts"
MARKED = f"""() => document.querySelectorAll("{STATUS}").forEach(e => e.dataset.felt = "before")"""
FINISHED = f"""() => {{
  const shown = e => e.offsetParent !== null;
  const failed = [...document.querySelectorAll(".notice[role=alert]")].find(shown);
  if (failed) {{ throw new Error(failed.textContent); }}
  const idle = [...document.querySelectorAll("button.go, .go button")].some(shown);
  const told = [...document.querySelectorAll("{STATUS}")].some(e => shown(e) && !e.dataset.felt && /\\d\\.\\d\\d s/.test(e.textContent));
  return idle && told && [...document.images].filter(shown).every(i => i.complete);
}}"""
"""A status that was not there before the click tells the time, the button is back, and all pictures are there."""


def by_page(case: Case, page: Any, url: str) -> tuple[Run, Run]:
    """The click until the status line tells the time and all pictures are there; and what makes the page ready for it.

    A dialogue begins anew each time, as each reply is read with the next message.
    """

    def prepare() -> None:
        if page.url == "about:blank" or case.task == "chat":
            page.goto(url + case.link)
            page.locator(".notice:visible", has_text="by the link").first.wait_for(timeout=60_000)
        for name, value in case.values.items():
            if (case.task, name) in TYPED:
                page.get_by_label(TYPED[case.task, name], exact=True).first.fill(value)
        page.evaluate(MARKED)

    return _click(page), prepare


def _click(page: Any) -> Run:
    def run() -> None:
        page.locator(GO).first.click(timeout=30_000)
        page.wait_for_function(FINISHED, polling="raf", timeout=120_000)

    return run


@contextmanager
def app(folder: Path) -> Iterator[tuple[str, Any]]:
    """The address of the whole suite, running, and its page."""
    from demos import TABS
    from demos.ui import page

    demo, options = page.make(TABS, page.parser().parse_args(["--outputs", str(folder)]))
    _, url, _ = demo.launch(**{**options, "quiet": True, "prevent_thread_lock": True})
    try:
        yield url, demo
    finally:
        demo.close()


def measure(case: Case, app: tuple[str, Any], folder: Path, browser: Any, repeat: int) -> dict[str, Any]:
    """Seconds of each way, or why there are none."""
    url, demo = app
    made: dict[str, Any] = {"task": case.task, "case": case.name}

    def through(way: str, ready: Callable[[], tuple[Run, Run]]) -> Any:
        try:
            run, prepare = ready()
            made[f"{way}_s"], made[f"{way}_cpu_s"], result = seconds(run, repeat, prepare)
        except Exception as error:  # of whatever kind: the other ways and cases are measured all the same
            made.setdefault("failed", f"{way}: {_why(error)}")
            return None
        return result

    result = through("engine", lambda: (by_engine(case, demo.studio.engine), lambda: None))
    made["tokens"] = _tokens(result)
    through("endpoint", lambda: (by_endpoint(case, url, folder), lambda: None))
    if browser is not None:
        context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
        through("page", lambda: by_page(case, context.new_page(), url))
        context.close()
    return made


def tabs(app: tuple[str, Any], browser: Any, repeat: int) -> dict[str, float]:
    """Seconds from the click on each tab's button to the result, the tab as it opens and its model warm; without those that fail."""
    from demos.home.tab import TILES

    made: dict[str, float] = {}
    for task in TILES if browser is not None else ():
        context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
        page = context.new_page()
        try:
            page.goto(f"{app[0]}?tab={task}")
            page.locator(GO).first.wait_for()
            page.wait_for_timeout(1000)  # its examples are in
            made[task] = round(seconds(_click(page), repeat, lambda page=page: page.evaluate(MARKED))[0], 2)
        except Exception as error:  # of whatever kind: the other tabs are measured all the same
            print(f"{task}: {_why(error)}", file=sys.stderr)
        context.close()
    return made


def breakdown(app: tuple[str, Any], folder: Path, repeat: int) -> dict[str, float]:
    """Seconds of a short job with many files, from the model alone to all that a program gets; each step adds something of one owner."""
    (url, demo), case = app, faces("faces-gan-128", 16)
    engine, studio = by_engine(case, demo.studio.engine), demo.studio
    steps: dict[str, Run] = {
        "engine": engine,
        "and the files, with recipes (ours)": lambda: studio.save(engine()),
        "and Gradio's queue and client, without downloads": by_endpoint(case, url, None),
        "and a download of each file (Gradio's client)": by_endpoint(case, url, folder),
    }
    return {name: round(seconds(run, repeat)[0], 3) for name, run in steps.items()}


def _why(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__


def _tokens(result: Any) -> int | None:
    """How many a model of text has written; None for other models, and for those that choose sentences."""
    output = getattr(result, "output", None)
    return getattr(output, "new_tokens", None) or len(getattr(output, "tokens", ())) or None


def first_page(app: tuple[str, Any], browser: Any) -> dict[str, Any]:
    """What a visitor of the whole suite gets before anything is clicked, and how soon a click does something."""
    import httpx

    url, demo = app
    answer = httpx.get(url, timeout=60, headers={"accept-encoding": "gzip"})
    at = answer.text.index(CONFIG) + len(CONFIG)
    config, end = json.JSONDecoder().raw_decode(answer.text, at)
    made = {
        "events": len(demo.fns), "components": len(demo.blocks), "first_page_components": len(config["components"]),
        "first_page_events": len(config["dependencies"]), "config_kb": round(len(answer.text[at:end].encode()) / 1000),
        "html_kb": round(len(answer.text.encode()) / 1000), "html_sent_kb": round(answer.num_bytes_downloaded / 1000),
    }  # fmt: skip
    return made | (_openings(browser, url) if browser is not None else {})


def _openings(browser: Any, url: str, times: int = 3) -> dict[str, Any]:
    """Each of them with an empty cache, as a visitor comes; the median."""
    made = [_opening(browser, url) for _ in range(times)]
    return {name: statistics.median(one[name] for one in made) for name in made[0]}


def _opening(browser: Any, url: str) -> dict[str, Any]:
    """Seconds until a tile can be clicked, and from there to a tab; then of a tab that opens with the page, whose button must run."""
    case = faces("faces-gan-128", 4)
    page, asked = browser.new_page(locale="en-US", viewport={"width": 1280, "height": 900}), []
    page.on("request", lambda request: asked.append(request.url))
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator(".tile").first.wait_for()
    made: dict[str, Any] = {"usable_s": round(time.perf_counter() - start, 2), "requests": len(asked)}
    start = time.perf_counter()
    page.locator(f".tile[onclick*={case.task}]").click()
    page.locator(GO).first.wait_for()
    made["tab_opened_s"] = round(time.perf_counter() - start, 2)
    page.context.close()
    page = browser.new_page(locale="en-US", viewport={"width": 1280, "height": 900})
    start = time.perf_counter()
    page.goto(f"{url}?tab={case.task}", wait_until="commit")
    page.locator(GO).first.wait_for()
    made["tab_of_link_usable_s"] = round(time.perf_counter() - start, 2)
    page.evaluate(MARKED)
    page.locator(GO).first.click()
    page.wait_for_function(FINISHED, polling="raf", timeout=120_000)
    page.context.close()
    return made


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown."""
    lines = [
        "| task | case | engine s | endpoint s | × | page s | × | tokens/s engine | page | engine CPU s | endpoint CPU s | × | |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        engine, endpoint, page = (row.get(f"{way}_s") for way in ("engine", "endpoint", "page"))
        works, tokens = (row.get("engine_cpu_s"), row.get("endpoint_cpu_s")), row.get("tokens")
        cells = [
            row["task"], row["case"], _shown(engine), _shown(endpoint), _shown(_over(endpoint, engine), 2), _shown(page),
            _shown(_over(page, engine), 2), _shown(_over(tokens, engine), 1), _shown(_over(tokens, page), 1),
            _shown(works[0]), _shown(works[1]), _shown(_over(works[1], works[0]), 2), row.get("failed", ""),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _over(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


def _shown(number: float | None, digits: int = 3) -> str:
    return "–" if number is None else f"{number:.{digits}f}"


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
    rows: list[dict[str, Any]] = []
    with (
        _browser(wanted=not args.no_page) as browser,
        tempfile.TemporaryDirectory() as folder,
        app(Path(folder)) as running,
    ):
        for case in cases:
            rows.append(measure(case, running, Path(folder), browser, args.repeat))
            print(table(rows[-1:]).splitlines()[-1], flush=True)
        start, steps, opened = {}, {}, {}
        if not args.only:
            opened = tabs(running, browser, args.repeat)
            start = first_page(running, browser)
            steps = breakdown(running, Path(folder), args.repeat)
    print("\n" + table(rows), json.dumps(opened), json.dumps(start), json.dumps(steps), sep="\n\n")
    record = json.dumps({"rows": rows, "tabs": opened, "first_page": start, "breakdown": steps}, indent=1) + "\n"
    if args.json:
        args.json.write_text(record, "utf-8")
    if args.write:
        (ROOT / "docs" / "felt.json").write_text(record, "utf-8")
        (ROOT / "docs" / "felt.md").write_text(_document(rows, opened, start, steps), "utf-8")


def _document(
    rows: list[dict[str, Any]], opened: dict[str, float], start: dict[str, Any], steps: dict[str, float]
) -> str:
    return (
        f"# What a user waits for beside the model\n\nMade by `python benchmarks/felt.py --write` on {os.cpu_count()} CPUs, load "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}; what is measured is said there.\n\n{table(rows)}\n\n"
        f"Each tab's button as its tab opens, seconds from the click to the result:\n\n{_pairs(opened)}\n\n"
        f"Where the endpoint's time goes, 16 faces of a GAN:\n\n{_pairs(steps)}\n\nThe first page:\n\n{_pairs(start)}\n"
    )


def _pairs(figures: dict[str, Any]) -> str:
    return "| | |\n|---|---:|\n" + "\n".join(f"| {name} | {value} |" for name, value in figures.items())


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
