"""The ledger in a real PostgreSQL: several servers, one that is killed, a connection that is lost, a password that nobody reads."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import postgres_server
import pytest

from aigc_core.errors import InvalidRequestError, MissingDependencyError
from aigc_core.jobs import __main__ as command
from aigc_core.jobs import postgres as module
from aigc_core.jobs.ledger import Job, Limits, Wanted
from aigc_core.jobs.opening import URL, opened
from aigc_core.jobs.postgres import Leases, PostgresLedger

ROOT = Path(__file__).resolve().parents[2]
needs_postgres = pytest.mark.scale


def job(**values: Any) -> Job:
    given = {"task": "faces", "kind": "faces", "model": "faces-toy", "request": {"task": "faces"}, "state": "running"}
    return Job(**{**given, **values})


def servers(database: str, count: int) -> list[tuple[PostgresLedger, Leases]]:
    ledgers = [PostgresLedger(database) for _ in range(count)]
    return [(ledger, Leases(ledger)) for ledger in ledgers]


SERVER = """
import sys, time
from aigc_core.jobs.ledger import Job
from aigc_core.jobs.opening import opened
ledger, servers = opened(None, sys.argv[1])
for i in range(5):
    ledger.add(Job(task="faces", kind="faces", model="faces-toy", request={"seed": i}, state="running", server=servers.own))
print(servers.own, flush=True)
time.sleep(600)
"""


@needs_postgres
def test_the_jobs_of_a_killed_server_are_found_and_each_is_taken_up_once(database: str) -> None:
    server = subprocess.Popen([sys.executable, "-c", SERVER, database], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        name = server.stdout.readline().strip()
        others = servers(database, 3)
        first, roster = others[0]
        first.add(job(server=others[1][1].own))
        assert roster.is_alive(name) and first.cut(roster.is_alive) == []
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()
    while roster.is_alive(
        name
    ):  # until the database has seen the end of the connection; the suite's time limit ends it
        pass

    def take_up(one: tuple[PostgresLedger, Leases]) -> list[str]:
        ledger, leases = one
        return [cut.id for cut in ledger.cut(leases.is_alive) if ledger.claim(cut.id, leases.own)]

    with ThreadPoolExecutor(len(others)) as threads:
        taken = [id for ids in threads.map(take_up, others) for id in ids]
    assert len(taken) == len(set(taken)) == 5
    assert {one.server for one in first.jobs(Wanted()) if one.id in taken} <= {leases.own for _, leases in others}
    assert all(ledger.fault is None for ledger, _ in others)
    for ledger, _ in others:
        ledger.close()


@needs_postgres
def test_only_living_servers_hold_their_lease(database: str) -> None:
    (one, here), (other, there) = servers(database, 2)
    assert here.is_alive(here.own) and here.is_alive(there.own) and there.is_alive(here.own)
    assert not here.is_alive("0" * 16) and not here.is_alive("f" * 16) and not here.is_alive("../../etc")
    other.close()
    while here.is_alive(there.own):  # as above
        pass
    one.close()


@needs_postgres
def test_servers_write_and_prune_at_once(database: str) -> None:
    many = servers(database, 4)

    def work(k: int) -> None:
        ledger, _ = many[k]
        for i in range(25):
            one = job(id=f"{k:08x}{i:08x}", folder=f"{k}-{i}", size=10)
            ledger.add(one)
            ledger.change(one.id, state="done", seconds=float(i))
            ledger.prune(Limits(jobs=40))

    with ThreadPoolExecutor(len(many)) as threads:
        list(threads.map(work, range(len(many))))
    many[0][0].prune(Limits(jobs=40))
    assert [ledger.fault for ledger, _ in many] == [None] * 4
    assert {ledger.count(Wanted()) for ledger, _ in many} == {40}
    for ledger, _ in many:
        ledger.close()


# --- a database that fails ------------------------------------------------------------------------------------------


@needs_postgres
@pytest.mark.parametrize("meanwhile", ["between", "within"])
def test_a_lost_connection_leaves_it_in_memory_and_it_says_so(database: str, meanwhile: str) -> None:
    import psycopg

    ((ledger, leases),) = servers(database, 1)
    ledger.add(job(state="done", folder="f"))
    with psycopg.connect(database, autocommit=True) as db:
        end = f"SELECT pg_terminate_backend({ledger._db.info.backend_pid}, 10000)"
        if meanwhile == "between":
            db.execute(end)
        else:
            with ledger._together():
                db.execute(end)
                ledger.change("0" * 16, pinned=True)
        after = job(state="done")
        ledger.add(after)
        assert ledger.job(after.id) == after and ledger.fault is not None and all(ledger.fault)
        assert ledger.prune(Limits()) == [] and ledger.cut(leases.is_alive) == []
        assert leases.is_alive(leases.own) and not leases.is_alive("0" * 16)
        assert db.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
    ledger.close()


@needs_postgres
def test_no_password_is_told(postgres: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    good = postgres_server.url(postgres)
    wrong = good.replace(postgres_server.QUOTED, "wr0ng-pass")
    for url in (wrong, good.replace("/postgres?", "/absent?"), good.replace(str(postgres), "/nowhere")):
        ledger, _ = opened(None, url)
        one = job()
        ledger.add(one)
        assert ledger.fault is not None and ledger.job(one.id) == one
        ledger.close()
        for text in (*ledger.fault, caplog.text):
            assert (
                "wr0ng-pass" not in text and postgres_server.PASSWORD not in text and postgres_server.QUOTED not in text
            )
        assert all(postgres_server.USER not in text and str(postgres) not in text for text in ledger.fault)
    assert "kept in memory" in caplog.text


@pytest.mark.parametrize(
    "url", ["mysql://app:s3cret@db/x", "s3cret", "postgresql://app:s3cret%zz@db/x", "postgresql://[s3cret"]
)
def test_an_address_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(InvalidRequestError, match="must be postgresql://") as refused:
        opened(None, url)
    shown = f"{refused.value} {refused.value.zh} {refused.value.__cause__} {refused.value.__context__}"
    assert "s3cret" not in shown


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingDependencyError, match="pip install"):
        module.PostgresLedger("postgresql://db/x")


def test_a_ledger_on_disk_asks_for_no_driver(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from aigc_core.jobs.opening import opened
opened(Path({str(tmp_path)!r}))[0].close()
sys.exit("psycopg" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=120).returncode == 0


@needs_postgres
def test_the_command_line_reads_the_database_too(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = PostgresLedger(database)
    one = job(state="done", size=10)
    ledger.add(one)
    assert command.main(["--outputs", str(tmp_path), "--jobs-url", database, "list"]) == 0
    assert one.id in capsys.readouterr().out
    monkeypatch.setenv(URL, database)
    assert command.main(["--outputs", str(tmp_path), "prune", "--keep", "0"]) == 0
    assert ledger.count(Wanted()) == 0
    ledger.close()
