"""The ledger in SQLite: one file in WAL mode, which readers and a writer share, or memory where no file is to be written.

A ledger never takes the app down. A damaged file is set aside and a new one begun; where the disk is full or nothing may be
written, the ledger goes on in memory with what it could read. ``fault`` says so.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from aigc_core.jobs.sql import SCHEMA, Row, SqlLedger

log = logging.getLogger(__name__)

FILE = "jobs.sqlite"
WAIT_S = 10
"""Seconds that a writer waits for another process."""


class SqliteLedger(SqlLedger):
    """A ledger of one machine.

    Args:
        file: Made where it is absent; None for memory.
    """

    def __init__(self, file: Path | None = None) -> None:
        super().__init__()
        self._db = self._opened(file) if file is not None else _connect(None)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # --- the file ---

    def _do(self, sql: str, values: Iterable[Any] = ()) -> list[Row]:
        given = list(values)
        with self._lock:
            try:
                rows = self._db.execute(sql, given).fetchall()
            except sqlite3.Error as error:
                self._go_to_memory(error)
                rows = self._db.execute(sql, given).fetchall()
        return [dict(row) for row in rows]

    def _begin(self) -> None:
        self._do("BEGIN IMMEDIATE")

    def _end(self, how: str) -> None:
        with suppress(sqlite3.Error if how == "ROLLBACK" else sqlite3.OperationalError):  # in memory nothing was begun
            self._db.execute(how)

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
        db.executescript(SCHEMA)
    except BaseException:
        db.close()
        raise
    return db


def _set_aside(file: Path) -> Path:
    aside = file.with_name(f"{file.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{file.suffix}")
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    return file.replace(aside)
