"""Are the estimates right? Fits the figures of :mod:`aigc_core.budget`, and compares what they tell with what runs take.

    python -m benchmarks.budget --fit                 # writes aigc_core/budget/figures.json
    python -m benchmarks.budget --check 200 --seed 1  # predicted against measured, over all tasks

Each row runs in a process of its own, warm: loading is measured apart. As in the app an estimate has seen the runs before it.
``--check`` keeps what is measured in ``--rows`` and goes
on from there when it is started again. On a machine that does other things too, ``--busy`` counts seconds of the processor with
one thread in the place of seconds of the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.budget_requests import draw, every_figure, pairs  # noqa: E402

FIT_S = 9.0
"""Seconds of runs of one row and kind, about, that a fit is made of."""
LEAST_RUNS, MOST_RUNS = 5, 14
LONGEST_S = 8.0
"""Longest run of a check, as predicted."""
RUNS = "budget-fit.jsonl"
"""Where a fit keeps its runs."""
BAR = 0.8
WITHIN = 0.3
BOUND = {
    "faces": "convolution", "stylize": "convolution", "inpaint": "convolution", "continue_text": "memory", "chat": "memory",
}  # fmt: skip
"""The rate that limits a task's rows; products of matrices for the others."""
Row = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--refit", action="store_true", help=f"fit again what is in {RUNS}, without running anything")
    parser.add_argument("--check", type=int, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--seconds", type=float, default=FIT_S, help="of runs for each row and kind of a fit")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose name contains it")
    parser.add_argument("--rows", type=Path, default=Path("budget-check.jsonl"))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        return _work(args.one[0], json.loads(args.one[1]), args.busy)
    if args.refit:
        _refit(args.rows.with_name(RUNS))
    if args.fit:
        _fit(args)
    if args.check:
        return _check(args)
    return 0


# --- measuring --------------------------------------------------------------------------------------------------------


def _work(model: str, plan: list[Row], busy: bool) -> int:
    """In the row's own process: run what is asked for and print a line of JSON each."""
    from aigc_core import registry, tasks
    from aigc_core.budget import Budget
    from aigc_core.budget.machine import Machine
    from aigc_core.budget.work import amounts, with_tokens, written
    from aigc_core.engine import Engine, drain

    if busy:
        import torch

        torch.set_num_threads(1)
    spec, engine = registry.find(model), Engine()
    budget = Budget(machine=Machine(plan[0]["rates"])) if plan[0].get("rates") else Budget()
    clock = time.process_time if busy else time.perf_counter
    warm: set[str] = set()
    for asked in plan:
        cls, rng = tasks.request_type(spec.task, asked["kind"]), random.Random(asked["seed"])
        drawn = [draw(spec, cls, rng) for _ in range(asked["runs"])]  # in random order: time may run out
        requests = drawn or every_figure(spec)
        left, done = asked["seconds"], 0
        for request in requests:
            predicted = budget.estimate(request)
            if asked.get("longest") and (predicted.seconds is None or predicted.seconds > asked["longest"]):
                continue
            load_s = 0.0
            if cls.kind not in warm:
                start = clock()
                drain(engine.run(min(requests, key=lambda one: sum(amounts(one).values()))))
                load_s = clock() - start
                warm.add(cls.kind)
            _forget_peak()
            start = clock()
            result = drain(engine.run(request))
            seconds = clock() - start
            tokens = written(request, result.info)
            work = request if tokens is None else with_tokens(request, tokens)
            line = {
                "model": model, "kind": cls.kind, "amounts": dict(amounts(work)), "written": tokens,
                "ended": tokens is not None and result.info.get("stop_reason", "length") != "length",
                "seconds": seconds, "load_s": max(0.0, load_s - seconds),
                "memory_mb": _peak_mb(), "predicted": predicted.seconds, "predicted_mb": predicted.memory_mb, "plan": asked["seed"],
            }  # fmt: skip
            print(json.dumps(line), flush=True)
            budget.took(request, seconds, result.info)  # as in the app: the next estimate of the row has seen this run
            del result
            left -= seconds
            done += 1
            if (left < 0 and done >= LEAST_RUNS) or asked.get("first"):
                break
    return 0


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def _measured(model: str, plan: list[Row], busy: bool) -> Iterator[Row]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.budget",
        "--one",
        model,
        json.dumps(plan),
        *(["--busy"] if busy else []),
    ]
    environment = {**os.environ, **({"OMP_NUM_THREADS": "1", "AIGC_THREADS": "1"} if busy else {})}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{"):
                yield json.loads(line)
    if process.returncode:
        print(f"{model}: ended with {process.returncode}", file=sys.stderr)


# --- fitting ----------------------------------------------------------------------------------------------------------


def _fit(args: argparse.Namespace) -> None:
    from aigc_core.budget import figures
    from aigc_core.budget.machine import measure

    known = json.loads(figures.FILE.read_text()) if figures.FILE.exists() else {"rows": {}}
    known["machine"] = measure()
    for model, kinds in _by_model(args.only).items():
        plan = [
            {"kind": kind, "seed": 0, "runs": 0 if kind == "learn" else MOST_RUNS, "seconds": 1e9 if kind == "learn" else args.seconds}
            for kind in kinds
        ]  # fmt: skip
        rows = defaultdict(list)
        for row in _measured(model, plan, args.busy):
            rows[row["kind"]].append(row)
            with args.rows.with_name(RUNS).open("a") as file:
                file.write(json.dumps(row) + "\n")
        for kind, measured in rows.items():
            known["rows"].setdefault(model, {})[kind] = _figures(model, measured)
            print(f"{model:<26}{kind:<18}{len(measured):>3} runs  off by {_off(known['rows'][model][kind], measured):.0%}", flush=True)  # fmt: skip
        figures.FILE.write_text(json.dumps(known, indent=1) + "\n", "utf-8")


def _refit(runs: Path) -> None:
    from aigc_core.budget import figures

    known, rows = json.loads(figures.FILE.read_text()), defaultdict(list)
    for line in runs.read_text().splitlines():
        row = json.loads(line)
        rows[row["model"], row["kind"]].append(row)
    for (model, kind), measured in rows.items():
        known["rows"].setdefault(model, {})[kind] = _figures(model, measured)
        off = _off(known["rows"][model][kind], measured)
        print(f"{model:<26}{kind:<18}{len(measured):>3} runs  off by {off:.0%}")
    figures.FILE.write_text(json.dumps(known, indent=1) + "\n", "utf-8")


def _by_model(only: str) -> Mapping[str, list[str]]:
    """Kinds of requests by row, the first row of every task first: they are asked for most."""
    found, place = defaultdict(list), {}
    for spec, cls in pairs():
        if only in spec.name:
            found[spec.name].append(cls.kind)
            place.setdefault(spec.task, {}).setdefault(spec.name, len(place[spec.task]))
    order = {name: i for names in place.values() for name, i in names.items()}
    return {name: found[name] for name in sorted(found, key=order.__getitem__)}


def _figures(model: str, rows: Sequence[Row]) -> Row:
    from aigc_core import registry

    return {
        "seconds": _law(rows, "seconds"),
        "memory_mb": _law(rows, "memory_mb"),
        "load_s": round(max(row["load_s"] for row in rows), 2),
        "bound": BOUND.get(registry.find(model).task, "matmul"),
        **_length(rows),
    }


def _length(rows: Sequence[Row]) -> Row:
    """Tokens after which a text ends by itself, with the same chance after each: all that were written, by the texts that ended."""
    ended = sum(row.get("ended", False) for row in rows)
    return {"length": round(sum(row["written"] for row in rows) / ended, 1)} if ended else {}


def _law(rows: Sequence[Row], what: str) -> Row:
    """The law without weights below 0 whose relative errors are least in sum."""
    if rows[0]["kind"] == "learn":  # a constant apiece
        return _constants(rows, what)
    y = np.array([row[what] for row in rows])
    names = sorted({name for row in rows for name, amount in row["amounts"].items() if amount})
    columns = {"": np.ones(len(rows)) / y}
    columns |= {name: np.array([row["amounts"].get(name, 0.0) for row in rows]) / y for name in names}
    trust = np.ones(len(rows))
    for _ in range(8):
        weights = _least_squares(columns, trust)
        law = {"constant": weights.pop("", 0.0), "per": weights}
        off = [abs(_of(law, row) / row[what] - 1) for row in rows]
        trust = 1 / np.sqrt(
            np.maximum(off, 0.03)
        )  # so that the sum of the errors counts, and not that of their squares
    return law


def _least_squares(columns: Mapping[str, Any], trust: Any) -> dict[str, float]:
    """Weights, none below 0, with which the columns add up to 1; the worst column is left out until there is none."""
    left = dict(columns)
    while True:
        scale = np.array([np.abs(column).max() for column in left.values()])
        a = np.stack(list(left.values()), axis=1) / scale * trust[:, None]
        weights = np.linalg.solve(a.T @ a + 1e-4 * np.eye(len(scale)), a.T @ trust)
        if weights.min() >= 0:
            return {name: float(f"{weight:.4g}") for name, weight in zip(left, weights / scale, strict=True)}
        del left[list(left)[int(np.argmin(weights))]]


def _constants(rows: Sequence[Row], what: str) -> Row:
    typical = min(row[what] for row in rows)
    per = {name: max(0.0, row[what] - typical) for row in rows for name in row["amounts"]}
    return {"constant": float(f"{typical:.4g}"), "per": {name: float(f"{value:.4g}") for name, value in per.items()}}


def _of(law: Row, row: Row) -> float:
    return float(law["constant"] + sum(weight * row["amounts"].get(name, 0.0) for name, weight in law["per"].items()))


def _off(figures: Row, rows: Sequence[Row]) -> float:
    return median(abs(_of(figures["seconds"], row) / row["seconds"] - 1) for row in rows)


# --- checking ---------------------------------------------------------------------------------------------------------


def _check(args: argparse.Namespace) -> int:
    from aigc_core.budget.machine import measure

    rates = None if args.busy else measure()
    done = [json.loads(line) for line in args.rows.read_text().splitlines()] if args.rows.exists() else []
    seen = {row["plan"] for row in done}
    plans = _plans(args.check, args.seed, args.only, rates)
    for model, plan in plans.items():
        if left := [asked for asked in plan if asked["seed"] not in seen]:
            for row in _measured(model, left, args.busy):
                done.append(row)
                with args.rows.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(f"{row['model']:<26}{row['kind']:<18}{row['predicted']:>8.2f} s told {row['seconds']:>8.2f} s taken", flush=True)  # fmt: skip
    return _report([row for row in done if row["predicted"] is not None])


def _plans(number: int, seed: int, only: str, rates: Any) -> Mapping[str, list[Row]]:
    """Which requests to draw: the tasks in turn, a random row and kind of each."""
    rng, by_task = random.Random(seed), defaultdict(list)
    for spec, cls in pairs():
        if only in spec.name:
            by_task[spec.task].append((spec.name, cls.kind))
    plans: dict[str, list[Row]] = defaultdict(list)
    for i in range(number):
        model, kind = rng.choice(by_task[sorted(by_task)[i % len(by_task)]])
        asked = {"kind": kind, "seed": seed * 1_000_000 + i, "runs": 4, "seconds": LONGEST_S, "longest": LONGEST_S, "first": True}  # fmt: skip
        plans[model].append({**asked, "rates": rates})
    return plans


def _report(rows: Sequence[Row]) -> int:
    errors = np.array([row["predicted"] / row["seconds"] - 1 for row in rows])
    memory = np.array([row["predicted_mb"] / row["memory_mb"] - 1 for row in rows])
    for name, values in (("seconds", errors), ("memory", memory)):
        marks = " ".join(f"p{q} {np.percentile(values, q):+.0%}" for q in (5, 25, 50, 75, 95))
        print(f"{name}: {len(values)} requests, {np.mean(np.abs(values) <= WITHIN):.0%} within ±{WITHIN:.0%}; {marks}")
    for kind in sorted({row["kind"] for row in rows}):
        own = np.array([e for e, row in zip(errors, rows, strict=True) if row["kind"] == kind])
        print(f"  {kind:<18}{len(own):>4}{np.mean(np.abs(own) <= WITHIN):>6.0%} within, median {np.median(own):+.0%}")
    return 0 if np.mean(np.abs(errors) <= WITHIN) >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
