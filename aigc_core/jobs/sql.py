"""The SQL of the ledgers: all statements are here, in the words that SQLite and PostgreSQL share.

A ledger of one of them opens the database and runs what this class says: :mod:`sqlite` and :mod:`postgres`.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from threading import RLock
from typing import Any

from aigc_core.jobs.ledger import OPEN, Job, Limits, Observation, Snapshot, Wanted

Row = dict[str, Any]
SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, snapshot TEXT NOT NULL, server TEXT NOT NULL,
    task TEXT NOT NULL, kind TEXT NOT NULL, model TEXT NOT NULL, request TEXT NOT NULL,
    state TEXT NOT NULL, stage TEXT NOT NULL, step INTEGER NOT NULL, total INTEGER, message TEXT NOT NULL,
    folder TEXT NOT NULL, files TEXT NOT NULL, inputs TEXT NOT NULL, size BIGINT NOT NULL,
    seconds DOUBLE PRECISION, peak_rss_mb DOUBLE PRECISION, created DOUBLE PRECISION NOT NULL, ended DOUBLE PRECISION, pinned INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS jobs_of_owner ON jobs (owner, created);
CREATE INDEX IF NOT EXISTS jobs_of_snapshot ON jobs (snapshot);
CREATE TABLE IF NOT EXISTS snapshots (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, "window" TEXT NOT NULL, place TEXT NOT NULL,
    inputs TEXT NOT NULL, shown TEXT NOT NULL, listed INTEGER NOT NULL, size BIGINT NOT NULL, created DOUBLE PRECISION NOT NULL);
CREATE INDEX IF NOT EXISTS snapshots_of_owner ON snapshots (owner, place, created);
"""
_JSON = ("request", "files", "inputs", "shown")
_FLAGS = ("pinned", "listed")
_JOB = tuple(f.name for f in fields(Job))
_SNAPSHOT = tuple(f.name for f in fields(Snapshot))
_ENDED = f"state NOT IN ({', '.join(repr(state) for state in OPEN)})"
_ALONE = "NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.snapshot = snapshots.id)"
"""True of a snapshot that no job belongs to."""
_NEWEST = "ORDER BY created DESC, id DESC"


class SqlLedger(ABC):
    """A :class:`aigc_core.jobs.ledger.Ledger` over a database that understands SQL."""

    def __init__(self) -> None:
        self.fault: tuple[str, str] | None = None
        self._lock = RLock()

    @abstractmethod
    def _do(self, sql: str, values: Iterable[Any] = ()) -> list[Row]:
        """Run one statement, ``?`` for each value; where the database fails, once more in memory."""

    @abstractmethod
    def _begin(self) -> None:
        """Begin a transaction that no other of its kind runs beside."""

    @abstractmethod
    def _end(self, how: str) -> None:
        """``COMMIT`` or ``ROLLBACK``; nothing where the ledger has gone to memory meanwhile."""

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Several statements as one."""
        with self._lock:
            self._begin()
            try:
                yield
            except BaseException:
                self._end("ROLLBACK")
                raise
            self._end("COMMIT")

    # --- jobs ---

    def add(self, job: Job) -> None:
        self._insert("jobs", _JOB, asdict(job))

    def change(self, id: str, **values: Any) -> None:
        unknown = set(values) - set(_JOB)
        assert not unknown, f"a job has no {unknown}"
        assigned = ", ".join(f"{name} = ?" for name in values)
        self._do(f"UPDATE jobs SET {assigned} WHERE id = ?", [*_stored(values).values(), id])

    def job(self, id: str, owner: str | None = None) -> Job | None:
        found = self._do(
            "SELECT * FROM jobs WHERE id = ? AND (CAST(? AS TEXT) IS NULL OR owner = ?)", [id, owner, owner]
        )
        return Job(**_read(found[0])) if found else None

    def jobs(self, wanted: Wanted, limit: int = 50, offset: int = 0) -> list[Job]:
        where, values = _where(wanted)
        rows = self._do(f"SELECT * FROM jobs WHERE {where} {_NEWEST} LIMIT ? OFFSET ?", [*values, limit, offset])
        return [Job(**_read(row)) for row in rows]

    def jobs_of(self, snapshot: str, owner: str) -> list[Job]:
        found = "SELECT * FROM jobs WHERE snapshot = ? AND owner = ? ORDER BY created, id"
        return [Job(**_read(row)) for row in self._do(found, [snapshot, owner])]

    def count(self, wanted: Wanted) -> int:
        where, values = _where(wanted)
        return int(self._do(f"SELECT count(*) AS n FROM jobs WHERE {where}", values)[0]["n"])

    def delete(self, ids: Iterable[str], owner: str | None = None) -> list[str]:
        with self._together():
            return [folder for id in ids for folder in self._delete(id, owner)]

    def _delete(self, id: str, owner: str | None) -> list[str]:
        job = self.job(id, owner)
        if job is None or job.state in OPEN:
            return []
        self._do("DELETE FROM jobs WHERE id = ?", [id])
        self._do(f"DELETE FROM snapshots WHERE id = ? AND {_ALONE}", [job.snapshot])
        return [job.folder] if job.folder else []

    def cut(self, is_alive: Callable[[str], bool]) -> list[Job]:
        marks = ", ".join("?" for _ in OPEN)
        with self._together():
            servers = [
                row["server"] for row in self._do(f"SELECT DISTINCT server FROM jobs WHERE state IN ({marks})", OPEN)
            ]
            for server in servers:
                if not is_alive(server):
                    change = f"UPDATE jobs SET state = 'cut', ended = ? WHERE server = ? AND state IN ({marks})"
                    self._do(change, [time.time(), server, *OPEN])
        return self.jobs(Wanted(state="cut"), limit=1000)

    def claim(self, id: str, server: str) -> bool:
        anew = "state = 'queued', server = ?, stage = '', step = 0, total = NULL, ended = NULL"
        return bool(self._do(f"UPDATE jobs SET {anew} WHERE id = ? AND state = 'cut' RETURNING id", [server, id]))

    def prune(self, limits: Limits) -> list[str]:
        with self._together():
            return [folder for id in self._beyond(limits) for folder in self._delete(id, None)]

    def _beyond(self, limits: Limits) -> list[str]:
        """The oldest jobs that are not pinned, until the rest is within the limits."""
        sizes = f"""SELECT id, owner, created, pinned = 1 OR NOT ({_ENDED}) AS stays, size + coalesce(
            (SELECT size FROM snapshots WHERE snapshots.id = jobs.snapshot), 0) AS bytes FROM jobs ORDER BY created, id"""
        rows = self._do(sizes)
        left = Counter[str]()
        for row in rows:
            left[row["owner"]] += row["bytes"]
        total, number, found = left.total(), len(rows), []
        for row in rows:
            over = (
                (limits.total_bytes is not None and total > limits.total_bytes)
                or (limits.owner_bytes is not None and left[row["owner"]] > limits.owner_bytes)
                or (limits.age_s is not None and row["created"] < time.time() - limits.age_s)
                or number > limits.jobs
            )
            if over and not row["stays"]:
                found.append(row["id"])
                total, number = total - row["bytes"], number - 1
                left[row["owner"]] -= row["bytes"]
        return found

    def folders(self) -> set[str]:
        return {row["folder"] for row in self._do("SELECT folder FROM jobs WHERE folder <> ''")}

    def observations(self, each: int) -> list[Observation]:
        names = ", ".join(Observation._fields)
        newest = f"""SELECT id, row_number() OVER (PARTITION BY model, kind {_NEWEST}) AS place
            FROM jobs WHERE state = 'done' AND seconds IS NOT NULL"""
        wanted = f"SELECT id FROM ({newest}) AS numbered WHERE place <= ?"
        rows = self._do(f"SELECT {names} FROM jobs WHERE id IN ({wanted}) {_NEWEST}", [each])
        return [Observation(**_read(row)) for row in rows]

    # --- snapshots ---

    def keep(self, snapshot: Snapshot) -> None:
        self._insert("snapshots", _SNAPSHOT, asdict(snapshot))

    def snapshot(self, id: str, owner: str) -> Snapshot | None:
        found = self._do("SELECT * FROM snapshots WHERE id = ? AND owner = ?", [id, owner])
        return Snapshot(**_read(found[0])) if found else None

    def snapshots(self, owner: str, place: str, limit: int) -> list[Snapshot]:
        rows = self._do(
            f"SELECT * FROM snapshots WHERE owner = ? AND place = ? AND listed = 1 {_NEWEST} LIMIT ?",
            [owner, place, limit],
        )
        return [Snapshot(**_read(row)) for row in rows]

    def forget(self, owner: str, place: str, id: str | None = None) -> list[str]:
        which = "owner = ? AND place = ? AND listed = 1 AND (CAST(? AS TEXT) IS NULL OR id = ?)"
        values = [owner, place, id, id]
        with self._together():
            jobs = self._do(
                f"SELECT id FROM jobs WHERE pinned = 0 AND snapshot IN (SELECT id FROM snapshots WHERE {which})", values
            )
            folders = [folder for row in jobs for folder in self._delete(row["id"], owner)]
            self._do(f"DELETE FROM snapshots WHERE {which} AND {_ALONE}", values)
            self._do(f"UPDATE snapshots SET listed = 0 WHERE {which}", values)
        return folders

    # --- rows ---

    def _insert(self, table: str, names: tuple[str, ...], values: Mapping[str, Any]) -> None:
        columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" for _ in names)
        newest = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name != "id")
        sql = f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {newest}"
        stored = _stored(values)
        self._do(sql, [stored[name] for name in names])


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    clauses, values = ["1 = 1"], []
    for name in ("owner", "state", "task"):
        value = getattr(wanted, name)
        if value or (name == "owner" and value is not None):
            clauses.append(f"{name} = ?")
            values.append(value)
    if wanted.text:
        text = wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        clauses.append("(request LIKE ? ESCAPE '\\' OR model LIKE ? ESCAPE '\\')")
        values += [f"%{text}%"] * 2
    return " AND ".join(clauses), values


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as columns hold them."""
    made = dict(values)
    for name in made.keys() & set(_JSON):
        made[name] = json.dumps(made[name], ensure_ascii=False)
    for name in made.keys() & set(_FLAGS):
        made[name] = int(made[name])
    return made


def _read(row: Row) -> dict[str, Any]:
    """Columns as attributes."""
    made = dict(row)
    for name in made.keys() & set(_JSON):
        made[name] = json.loads(made[name])
    for name in made.keys() & set(_FLAGS):
        made[name] = bool(made[name])
    return made
