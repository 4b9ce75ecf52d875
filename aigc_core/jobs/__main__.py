"""``python -m aigc_core.jobs``: the jobs of this machine's app without a browser."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

from aigc_core import recipe as recipes
from aigc_core import terminal
from aigc_core.errors import InvalidRequestError
from aigc_core.jobs import archive, inputs
from aigc_core.jobs.ledger import Job, Ledger, Limits, Wanted
from aigc_core.jobs.opening import URL, opened, url_of_environment
from aigc_core.jobs.place import NAME, data_home
from aigc_core.jobs.sqlite import FILE


def main(argv: list[str] | None = None) -> int:
    """Run one command; raises what :func:`aigc_core.cli.replay` raises."""
    args = _parser().parse_args(argv)
    root: Path = args.outputs / NAME
    if args.command == "run" and Path(args.what).is_file():
        return _run_file(Path(args.what), args)
    url = args.jobs_url or url_of_environment()
    if not url and not (root / FILE).is_file():
        raise InvalidRequestError(
            f"There are no jobs in {root}. Name the app's folder with --outputs.",
            f"{root} 中没有任务记录，请用 --outputs 指定应用的输出目录。",
        )
    ledger, servers = opened(root, url)
    try:
        if ledger.fault:
            terminal.say(f"note: {ledger.fault[0]}")
        return int(_COMMANDS[args.command](ledger, root / "runs", args))
    finally:
        servers.close()
        ledger.close()


def _parser() -> argparse.ArgumentParser:
    parser = terminal.Parser(prog="python -m aigc_core.jobs", description="List, repeat, export and drop jobs.")
    parser.add_argument(
        "--outputs", type=Path, default=data_home(), metavar="DIR", help="the app's --outputs (default: its default)"
    )
    parser.add_argument("--jobs-url", default="", metavar="URL", help=f"the app's --jobs-url (default: ${URL})")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listed = commands.add_parser("list", help="the jobs, newest first")
    listed.add_argument("--state", default="", help="queued, running, done, failed, stopped or cut")
    listed.add_argument("--task", default="", help="faces, stylize, …")
    listed.add_argument("--text", default="", help="part of the request")
    listed.add_argument("--limit", type=int, default=50)
    listed.add_argument("--json", action="store_true", help="one JSON object a line, with everything that is known")
    run = commands.add_parser("run", help="make an output again")
    run.add_argument("what", metavar="FILE|ID", help="a generated file, an exported zip, or the id of a job")
    run.add_argument("--out", default="./", help="where to write; see python -m aigc_core TASK --help")
    run.add_argument("--force", action="store_true", help="replace files of the same names")
    run.add_argument("--anyway", action="store_true", help="although settings or weights differ from the recipe's")
    export = commands.add_parser("export", help="pack jobs into a zip file")
    export.add_argument("out", type=Path)
    export.add_argument("ids", nargs="*", metavar="ID", help="default: all that are done")
    prune = commands.add_parser("prune", help="drop the oldest jobs that are not pinned")
    prune.add_argument("--keep", type=float, required=True, metavar="MB", help="until the rest takes no more")
    return parser


def _list(ledger: Ledger, runs: Path, args: argparse.Namespace) -> int:
    for job in ledger.jobs(Wanted(None, args.text, args.state, args.task), limit=args.limit):
        if args.json:
            terminal.out(json.dumps({**vars(job), "owner": job.owner[:8]}, ensure_ascii=False))
            continue
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(job.created))
        took = f"{job.seconds:.1f} s" if job.seconds is not None else ""
        memory = f"{job.peak_rss_mb:.0f} MB" if job.peak_rss_mb is not None else ""
        pin = "*" if job.pinned else " "
        terminal.out(f"{job.id}{pin} {when}  {job.state:<8} {job.kind:<14} {job.model:<28} {took:>8} {memory:>8}")
    return 0


def _run(ledger: Ledger, runs: Path, args: argparse.Namespace) -> int:
    return _replay([_named(ledger, args.what)], runs, args)


def _export(ledger: Ledger, runs: Path, args: argparse.Namespace) -> int:
    done = Wanted(state="done")
    jobs = [_named(ledger, id) for id in args.ids] or ledger.jobs(done, limit=ledger.count(done))
    packed = archive.write(args.out, jobs, runs)
    terminal.say(f"wrote {args.out}: {len(jobs)} jobs, {packed} files")
    return 0


def _prune(ledger: Ledger, runs: Path, args: argparse.Namespace) -> int:
    before = ledger.count(Wanted())
    for folder in ledger.prune(Limits(total_bytes=round(args.keep * 1e6))):
        shutil.rmtree(runs / folder, ignore_errors=True)
    terminal.say(f"dropped {before - ledger.count(Wanted())} of {before} jobs")
    return 0


_COMMANDS = {"list": _list, "run": _run, "export": _export, "prune": _prune}


def _named(ledger: Ledger, id: str) -> Job:
    found = ledger.job(id)
    if found is None:
        raise InvalidRequestError(f"There is no job and no file {id!r:.60}.", f"没有名为 {id!r:.60} 的任务或文件。")
    return found


def _run_file(file: Path, args: argparse.Namespace) -> int:
    if not zipfile.is_zipfile(file):
        from aigc_core import cli

        return cli.replay(recipes.read(file), args.out, force=args.force, anyway=args.anyway)
    with tempfile.TemporaryDirectory() as folder:
        return _replay(archive.read(file, Path(folder)), Path(folder), args)


def _replay(jobs: Sequence[Job], runs: Path, args: argparse.Namespace) -> int:
    from aigc_core import cli

    for job in jobs:
        if "weights" not in job.request:  # it never ended: there is no recipe to compare with
            cli.run(inputs.request_of(job, runs), args.out, force=args.force)
        else:
            given = [f"{field}={path}" for field, path in inputs.files(job, runs).items()]
            cli.replay(job.request, args.out, given, force=args.force, anyway=args.anyway)
    return 0


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
