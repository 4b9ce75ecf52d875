"""The ledger of jobs: whose they are, what is dropped first, several writers, and a disk that fails."""

from __future__ import annotations

import multiprocessing
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from aigc_core.jobs.ledger import Job, Ledger, Limits, Snapshot, Wanted, owner_of
from aigc_core.jobs.postgres import PostgresLedger
from aigc_core.jobs.server import Servers
from aigc_core.jobs.sqlite import FILE, SqliteLedger

ANNA, BERT = owner_of("a" * 32), owner_of("b" * 32)


def job(owner: str = ANNA, **values: Any) -> Job:
    given = {"task": "faces", "kind": "faces", "model": "faces-toy", "request": {"task": "faces"}, "state": "done"}
    return Job(**{**given, "owner": owner, **values})


def snapshot(id: str, owner: str = ANNA, **values: Any) -> Snapshot:
    return Snapshot(
        **{"id": id, "owner": owner, "window": "w", "place": "faces", "inputs": {}, "listed": True, **values}
    )


@pytest.fixture(params=["disk", "memory", pytest.param("postgres", marks=pytest.mark.scale)])
def ledger(request: Any, tmp_path: Path) -> Any:
    if request.param == "postgres":
        made: Any = PostgresLedger(request.getfixturevalue("database"))
    else:
        made = SqliteLedger(tmp_path / FILE if request.param == "disk" else None)
    yield made
    assert made.fault is None
    made.close()


def test_a_job_is_kept_as_it_was_entered_and_changed(ledger: Ledger) -> None:
    one = job(request={"task": "faces", "parameters": {"prompt": "“猫” 50%"}}, files={"sheet": "a.png"}, state="queued")
    ledger.add(one)
    assert ledger.job(one.id) == one
    ledger.change(one.id, state="done", seconds=1.5, peak_rss_mb=900.0, pinned=True)
    found = ledger.job(one.id, ANNA)
    assert found is not None and found.state == "done" and found.pinned is True and found.request == one.request
    (seen,) = ledger.observations(9)
    assert (seen.model, seen.seconds, seen.peak_rss_mb) == ("faces-toy", 1.5, 900.0)


def test_two_owners_never_meet(ledger: Ledger) -> None:
    mine, other, program = job(), job(BERT), job("")
    for one in (mine, other, program):
        ledger.add(one)
    for id, owner in (("s1", ANNA), ("s2", BERT)):
        ledger.keep(snapshot(id, owner))
    assert ledger.jobs(Wanted(ANNA)) == [mine] and ledger.jobs(Wanted("")) == [program]
    assert ledger.job(other.id, ANNA) is None and ledger.snapshot("s2", ANNA) is None
    assert ledger.delete([other.id, mine.id], ANNA) == [] and ledger.job(other.id) == other
    ledger.forget(ANNA, "faces")
    assert ledger.snapshots(ANNA, "faces", 9) == [] and len(ledger.snapshots(BERT, "faces", 9)) == 1


def test_jobs_are_found_by_words_state_and_task(ledger: Ledger) -> None:
    told = [("a red cat", "done", "faces"), ("100% wool_", "failed", "faces"), ("红色的猫", "done", "speak")]
    made = [
        job(request={"prompt": text}, state=state, task=task, created=float(i))
        for i, (text, state, task) in enumerate(told)
    ]
    for one in made:
        ledger.add(one)
    assert ledger.jobs(Wanted(ANNA)) == made[::-1] and ledger.jobs(Wanted(ANNA), limit=1, offset=1) == [made[1]]
    assert ledger.jobs(Wanted(ANNA, "CAT")) == [made[0]] and ledger.jobs(Wanted(ANNA, "的猫")) == [made[2]]
    assert ledger.jobs(Wanted(ANNA, "0%")) == [made[1]] and ledger.jobs(Wanted(ANNA, "%d")) == []
    assert ledger.jobs(Wanted(ANNA, "l_")) == [made[1]] and ledger.jobs(Wanted(ANNA, "' OR 1=1 --")) == []
    assert ledger.count(Wanted(ANNA, state="done")) == 2 and ledger.count(Wanted(ANNA, state="done", task="speak")) == 1


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        (Limits(total_bytes=250), [0, 4, 5]),
        (Limits(owner_bytes=250), [0, 4, 5]),
        (Limits(age_s=1e9, jobs=3), [0, 4, 5]),
        (Limits(age_s=0.0), [0, 5]),
        (Limits(total_bytes=0), [0, 5]),
    ],
    ids=["bytes", "bytes of one owner", "number", "age", "nothing"],
)
def test_the_oldest_that_are_neither_pinned_nor_running_go_first(ledger: Ledger, limits: Limits, left: list[int]) -> None:  # fmt: skip
    """Six jobs of 50 bytes with snapshots of 20; the oldest is pinned, the newest runs."""
    made = [job(size=50, snapshot=f"s{i}", folder=f"f{i}", created=1e9 + i) for i in range(6)]
    ledger.add(made[0])
    ledger.change(made[0].id, pinned=True)
    for one in made[1:]:
        ledger.add(one)
    for one in made:
        ledger.keep(snapshot(one.snapshot, size=20))
    ledger.change(made[5].id, state="running")
    gone = ledger.prune(limits)
    assert sorted(gone) == [f"f{i}" for i in range(6) if i not in left]
    assert [made.index(one) for one in made if ledger.job(one.id)] == left
    assert ledger.folders() == {f"f{i}" for i in left}
    assert {one.id for one in ledger.snapshots(ANNA, "faces", 9)} == {f"s{i}" for i in left}


def test_a_snapshot_stays_as_long_as_one_of_its_jobs(ledger: Ledger) -> None:
    first, second = job(snapshot="s", folder="f1"), job(snapshot="s", folder="f2")
    ledger.add(first)
    ledger.add(second)
    ledger.keep(snapshot("s"))
    assert ledger.delete([first.id], ANNA) == ["f1"] and ledger.snapshot("s", ANNA)
    ledger.change(second.id, pinned=True)
    assert ledger.forget(ANNA, "faces", "s") == [] and ledger.snapshots(ANNA, "faces", 9) == []
    assert ledger.snapshot("s", ANNA), "a pinned job can still be restored"
    assert ledger.delete([second.id], ANNA) == ["f2"] and ledger.snapshot("s", ANNA) is None


def test_a_job_that_runs_is_not_deleted(ledger: Ledger) -> None:
    one = job(state="running")
    ledger.add(one)
    assert ledger.delete([one.id], ANNA) == [] and ledger.job(one.id)


def test_a_job_that_was_cut_is_claimed_once(ledger: Ledger) -> None:
    one, other = job(state="running", server="1" * 16, step=3, total=9), job(state="running", server="2" * 16)
    ledger.add(one)
    ledger.add(other)
    assert not ledger.claim(one.id, "3" * 16), "it runs"
    (cut,) = ledger.cut(lambda name: name == "2" * 16)
    assert cut.id == one.id and cut.ended is not None
    assert ledger.claim(one.id, "3" * 16) and not ledger.claim(one.id, "4" * 16)
    found = ledger.job(one.id)
    assert found is not None and (found.state, found.server, found.step, found.ended) == ("queued", "3" * 16, 0, None)
    assert ledger.cut(lambda name: True) == []


# --- several writers ------------------------------------------------------------------------------------------------


def write(file: Path, first: int) -> None:
    made = SqliteLedger(file)
    for i in range(first, first + 50):
        made.add(job(id=f"{i:016x}"))
        made.change(f"{i:016x}", state="done", seconds=float(i))
    assert made.fault is None
    made.close()


def test_two_processes_and_four_threads_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / FILE
    ledger, context = SqliteLedger(file), multiprocessing.get_context("spawn")
    others = [context.Process(target=write, args=[file, 1000 * k]) for k in (1, 2)]
    for other in others:
        other.start()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda i: (ledger.add(job(id=f"{i:016x}")), ledger.prune(Limits())), range(100)))
    for other in others:
        other.join(120)
        assert other.exitcode == 0
    assert ledger.fault is None and ledger.count(Wanted()) == 200
    assert len(ledger.observations(500)) == 100


def test_only_the_jobs_of_dead_servers_are_cut(tmp_path: Path) -> None:
    ledger, here, there = SqliteLedger(tmp_path / FILE), Servers(tmp_path), Servers(tmp_path)
    mine, its, dead = (job(server=name, state="running") for name in (here.own, there.own, "0" * 16))
    for one in (mine, its, dead, job(server="../../etc", state="queued"), job()):
        ledger.add(one)
    assert {one.server for one in ledger.cut(here.is_alive)} == {"0" * 16, "../../etc"}
    there.close()
    assert {one.id for one in ledger.cut(here.is_alive)} >= {its.id, dead.id}
    found = ledger.job(mine.id)
    assert found is not None and found.state == "running"
    assert Servers(None).is_alive("0" * 16) is False


# --- a disk that fails ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["PRAGMA query_only = 1", "PRAGMA max_page_count = 1"], ids=["read-only", "full"])
def test_where_nothing_can_be_written_it_goes_on_in_memory_and_says_so(tmp_path: Path, trouble: str) -> None:
    ledger, before = SqliteLedger(tmp_path / FILE), job()
    ledger.add(before)
    ledger._db.execute(trouble)
    later = job(request={"text": "x" * 100_000})
    ledger.add(later)
    with ledger._together():
        ledger.change(before.id, pinned=True)
    assert ledger.fault is not None and all(ledger.fault)
    assert ledger.job(before.id) and ledger.job(later.id)
    assert SqliteLedger(tmp_path / FILE).job(later.id) is None


def test_a_place_that_cannot_be_opened_leaves_it_in_memory(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    ledger, one = SqliteLedger(tmp_path / FILE), job()
    ledger.add(one)
    assert ledger.fault is not None and ledger.job(one.id) == one


@pytest.mark.parametrize("damage", ["no database", "half"])
def test_a_damaged_file_is_set_aside(tmp_path: Path, damage: str) -> None:
    file = tmp_path / FILE
    made = SqliteLedger(file)
    for _ in range(200):
        made.add(job(request={"text": "y" * 500}))
    made.close()
    content = file.read_bytes()
    file.write_bytes(b"hello" * 1000 if damage == "no database" else content[:4096] + b"\xff" * (len(content) - 4096))
    ledger = SqliteLedger(file)
    ledger.add(job())
    assert ledger.fault is not None and "set aside" in ledger.fault[0]
    assert ledger.count(Wanted()) == 1 and len(list(tmp_path.glob("jobs-damaged-*"))) == 1
    ledger.close()
    again = SqliteLedger(file)
    assert again.fault is None and again.count(Wanted()) == 1
    assert sqlite3.connect(file).execute("PRAGMA journal_mode").fetchone() == ("wal",)
