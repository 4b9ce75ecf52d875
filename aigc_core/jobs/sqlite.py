"""The ledger in SQLite: one file in WAL mode, which readers and a writer share, or memory where no file is to be written.

All SQL of the project is here, and plain: another database needs this file again with its own placeholders and ``PRAGMA``s.
A ledger never takes the app down. A damaged file is set aside and a new one begun; where the disk is full or nothing may be
written, the ledger goes on in memory with what it could read. ``fault`` says so.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from threading import RLock
from typing import Any

from aigc_core.jobs.ledger import OPEN, Job, Limits, Observation, Snapshot, Wanted

log = logging.getLogger(__name__)

FILE = "jobs.sqlite"
WAIT_S = 10
"""Seconds that a writer waits for another process."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, snapshot TEXT NOT NULL, server TEXT NOT NULL,
    task TEXT NOT NULL, kind TEXT NOT NULL, model TEXT NOT NULL, request TEXT NOT NULL,
    state TEXT NOT NULL, stage TEXT NOT NULL, step INTEGER NOT NULL, total INTEGER, message TEXT NOT NULL,
    folder TEXT NOT NULL, files TEXT NOT NULL, inputs TEXT NOT NULL, size INTEGER NOT NULL,
    seconds REAL, peak_rss_mb REAL, created REAL NOT NULL, ended REAL, pinned INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS jobs_of_owner ON jobs (owner, created);
CREATE INDEX IF NOT EXISTS jobs_of_snapshot ON jobs (snapshot);
CREATE TABLE IF NOT EXISTS snapshots (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, "window" TEXT NOT NULL, place TEXT NOT NULL,
    inputs TEXT NOT NULL, shown TEXT NOT NULL, listed INTEGER NOT NULL, size INTEGER NOT NULL, created REAL NOT NULL);
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


class SqliteLedger:
    """A :class:`aigc_core.jobs.ledger.Ledger`.

    Args:
        file: Made where it is absent; None for memory.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.fault: tuple[str, str] | None = None
        self._lock = RLock()
        self._db = self._opened(file) if file is not None else _connect(None)

    # --- jobs ---

    def add(self, job: Job) -> None:
        self._insert("jobs", _JOB, asdict(job))

    def change(self, id: str, **values: Any) -> None:
        unknown = set(values) - set(_JOB)
        assert not unknown, f"a job has no {unknown}"
        assigned = ", ".join(f"{name} = ?" for name in values)
        self._do(f"UPDATE jobs SET {assigned} WHERE id = ?", [*_stored(values).values(), id])

    def job(self, id: str, owner: str | None = None) -> Job | None:
        found = self._do("SELECT * FROM jobs WHERE id = ? AND (? IS NULL OR owner = ?)", [id, owner, owner])
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

    def prune(self, limits: Limits) -> list[str]:
        with self._together():
            return [folder for id in self._beyond(limits) for folder in self._delete(id, None)]

    def _beyond(self, limits: Limits) -> list[str]:
        """The oldest jobs that are not pinned, until the rest is within the limits."""
        sizes = f"""SELECT id, owner, created, pinned OR NOT ({_ENDED}) AS stays, size + coalesce(
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
        which = "owner = ? AND place = ? AND listed = 1 AND (? IS NULL OR id = ?)"
        values = [owner, place, id, id]
        with self._together():
            jobs = self._do(
                f"SELECT id FROM jobs WHERE pinned = 0 AND snapshot IN (SELECT id FROM snapshots WHERE {which})", values
            )
            folders = [folder for row in jobs for folder in self._delete(row["id"], owner)]
            self._do(f"DELETE FROM snapshots WHERE {which} AND {_ALONE}", values)
            self._do(f"UPDATE snapshots SET listed = 0 WHERE {which}", values)
        return folders

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # --- the file ---

    def _insert(self, table: str, names: tuple[str, ...], values: Mapping[str, Any]) -> None:
        columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" for _ in names)
        newest = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name != "id")
        sql = f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {newest}"
        stored = _stored(values)
        self._do(sql, [stored[name] for name in names])

    def _do(self, sql: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """Run one statement; on a failure of the file once more in memory."""
        given = list(values)
        with self._lock:
            try:
                return self._db.execute(sql, given).fetchall()
            except sqlite3.Error as error:
                self._go_to_memory(error)
                return self._db.execute(sql, given).fetchall()

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Several statements as one."""
        with self._lock:
            self._do("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise
            with suppress(sqlite3.OperationalError):  # moved to memory meanwhile, where nothing was begun
                self._db.execute("COMMIT")

    def _opened(self, file: Path) -> sqlite3.Connection:
        try:
            return _connect(file)
        except sqlite3.OperationalError as error:
            self._say(error)
        except sqlite3.DatabaseError:
            aside = _set_aside(file)
            log.warning("%s is damaged; it was set aside as %s and a new one begun", file, aside.name)
            self.fault = (
                f"The list of jobs was damaged. It was set aside as {aside.name}; a new one was begun.",
                f"任务列表文件已损坏，已另存为 {aside.name}，并重新建立了列表。",
            )
            with suppress(sqlite3.Error):
                return _connect(file)
        return _connect(None)

    def _go_to_memory(self, error: sqlite3.Error) -> None:
        self._say(error)
        before, self._db = self._db, _connect(None)
        with suppress(sqlite3.Error):
            before.rollback()
            copied = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
            before.backup(copied)
            copied.row_factory = sqlite3.Row
            copied.execute("PRAGMA journal_mode = MEMORY")
            self._db = copied
        with suppress(sqlite3.Error):
            before.close()

    def _say(self, error: sqlite3.Error) -> None:
        log.warning("the list of jobs is kept in memory from now on: %s", error)
        self.fault = (
            f"The list of jobs cannot be written ({error}); it is kept in memory and ends with the app.",
            f"任务列表无法写入磁盘（{error}），目前只保存在内存中，程序退出后将丢失。",
        )


def _connect(file: Path | None) -> sqlite3.Connection:
    """An open ledger with its tables.

    Raises:
        sqlite3.DatabaseError: the file is damaged, or (its subclass ``OperationalError``) cannot be written.
    """
    db = sqlite3.connect(file or ":memory:", timeout=WAIT_S, check_same_thread=False, isolation_level=None)
    try:
        if file is not None:
            if (checked := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(checked)
            file.chmod(0o600)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
        db.row_factory = sqlite3.Row
        db.executescript(_SCHEMA)
    except BaseException:
        db.close()
        raise
    return db


def _set_aside(file: Path) -> Path:
    aside = file.with_name(f"{file.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{file.suffix}")
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    return file.replace(aside)


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


def _read(row: sqlite3.Row) -> dict[str, Any]:
    """Columns as attributes."""
    made = dict(row)
    for name in made.keys() & set(_JSON):
        made[name] = json.loads(made[name])
    for name in made.keys() & set(_FLAGS):
        made[name] = bool(made[name])
    return made
