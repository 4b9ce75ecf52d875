"""Two servers on one PostgreSQL take up the jobs of a third that was killed: all of them, and each once."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from toy_servers import BROWSER, as_a_page_does, running, until

from aigc_core.jobs.ledger import Wanted, owner_of
from aigc_core.jobs.opening import URL, url_of_environment
from aigc_core.jobs.place import NAME
from aigc_core.jobs.postgres import PostgresLedger
from demos.ui import page

COUNT = 12


@pytest.mark.scale
def test_a_killed_server_s_jobs_are_made_by_the_others_each_once(database: str, tmp_path: Path) -> None:
    ledger, mine = PostgresLedger(database), Wanted(owner_of(BROWSER))

    def states() -> Counter[str]:
        return Counter(job.state for job in ledger.jobs(mine, limit=100))

    with running(tmp_path, "held", "--jobs-url", database) as (url, server):
        as_a_page_does(url, ["done"] * 4 + ["held"] + ["waits"] * (COUNT - 5))
        until(lambda: states()["done"] >= 4 and states().total() == COUNT, "four are done, all are entered")
        server.kill()
        server.wait()
    first = {job.id for job in ledger.jobs(mine, limit=100) if job.state == "done"}
    with ExitStack() as servers:
        for _ in range(2):
            servers.enter_context(running(tmp_path, "open", "--resume", "--jobs-url", database))
        until(lambda: states() == {"done": COUNT}, "the rest is made after all")
    made = ledger.jobs(mine, limit=100)
    assert (
        sorted(job.request["seed"] for job in made) == list(range(COUNT)) and len({job.folder for job in made}) == COUNT
    )
    folders = [folder for folder in (tmp_path / NAME / "runs").iterdir() if any(folder.glob("*.png"))]
    assert len(folders) == COUNT, "no result was made twice"
    assert len({job.server for job in made if job.id in first}) == 1 and ledger.fault is None
    ledger.close()


def test_the_address_of_the_environment_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, "postgresql://app:secret@db/x")
    assert url_of_environment() == "postgresql://app:secret@db/x" and URL not in os.environ
    assert url_of_environment() == ""
    assert "secret" not in page.parser().format_help() and f"${URL}" in page.parser().format_help()
