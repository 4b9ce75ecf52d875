"""kill -9 in the middle of twenty jobs: the list and the outputs are whole at the next start, and what was cut is named and resumed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PIL import Image
from toy_servers import BROWSER, as_a_page_does, running, until

from aigc_core import recipe
from aigc_core.jobs.ledger import Job, Wanted, owner_of
from aigc_core.jobs.place import NAME
from aigc_core.jobs.sqlite import FILE, SqliteLedger


def jobs(outputs: Path) -> list[Job]:
    ledger = SqliteLedger(outputs / NAME / FILE)
    try:
        assert ledger.fault is None
        return ledger.jobs(Wanted(owner_of(BROWSER)), limit=100)
    finally:
        ledger.close()


def states(outputs: Path) -> Counter[str]:
    return Counter(job.state for job in jobs(outputs))


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
