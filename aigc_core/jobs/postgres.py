"""The ledger in PostgreSQL, for several servers on several machines (optional: ``pip install "psycopg[binary]"``).

Every server has one connection. With it it holds a *lease*: a session's advisory lock, under the server's name, which the database
drops when the connection ends. So the jobs of a server that was killed are found at once, and those of a machine that has vanished
from the network after :data:`GONE_S`. Connect directly or through a pooler that keeps sessions: one that lends connections by the
transaction (PgBouncer's ``pool_mode = transaction``) loses the lease.

A ledger never takes the app down: where the database cannot be reached, or no longer, it goes on in memory, and ``fault`` says so.
Why, without the password, is in the log alone.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from aigc_core.errors import InvalidRequestError, MissingDependencyError
from aigc_core.jobs.server import NAME
from aigc_core.jobs.sql import SCHEMA, Row, SqlLedger
from aigc_core.jobs.sqlite import WAIT_S, SqliteLedger

log = logging.getLogger(__name__)

_IDLE_S, _INTERVAL_S, _PROBES = 10, 5, 3
GONE_S = _IDLE_S + _INTERVAL_S * _PROBES
"""Seconds of silence after which either side takes the other for gone."""
_DEFAULTS: dict[str, Any] = {
    "connect_timeout": WAIT_S,
    "keepalives_idle": _IDLE_S,
    "keepalives_interval": _INTERVAL_S,
    "keepalives_count": _PROBES,
    "tcp_user_timeout": 1000 * GONE_S,
    "application_name": "aigc-studio",
}
_SESSION = f"""
SET statement_timeout = '{WAIT_S}s';
SET tcp_keepalives_idle = {_IDLE_S};
SET tcp_keepalives_interval = {_INTERVAL_S};
SET tcp_keepalives_count = {_PROBES};
"""
_WRITERS = 4_151_980_272
"""Key of the lock that lets one transaction after the other write: none can wait for another in a circle."""
_HELD = """
SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND CAST(classid AS BIGINT) = CAST(? AS BIGINT) AND CAST(objid AS BIGINT) = CAST(? AS BIGINT)
"""


class PostgresLedger(SqlLedger):
    """A ledger that servers share.

    Args:
        url: ``postgresql://user:password@host:port/database``, with libpq's parameters after a ``?``.

    Raises:
        InvalidRequestError: it is no such address.
        MissingDependencyError: psycopg is not installed.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._psycopg = _driver()
        asked = _parsed(self._psycopg, url)
        self._password = str(asked.get("password") or "")
        self._memory: SqliteLedger | None = None
        self._db: Any = None
        try:
            self._db = self._connect(asked)
        except self._psycopg.Error as error:
            self._go_to_memory(error)

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
            if self._memory is not None:
                self._memory.close()

    # --- leases ---

    def lease(self, key: int) -> None:
        """Hold the lock of that number as long as the connection lasts."""
        with self._lock:
            self._ask("SELECT pg_advisory_lock(CAST(? AS BIGINT))", [_signed(key)])

    def is_leased(self, key: int) -> bool:
        """True where a living connection holds the lock of that number."""
        with self._lock:
            return bool(self._ask(_HELD, divmod(key, 1 << 32)))

    # --- the connection ---

    def _connect(self, asked: dict[str, Any]) -> Any:
        db = self._psycopg.connect(**{**_DEFAULTS, **asked}, autocommit=True, row_factory=self._psycopg.rows.dict_row)
        try:
            db.execute(_SESSION)
            with db.transaction():
                db.execute("SELECT pg_advisory_xact_lock(%s)", [_WRITERS])  # two servers may begin at once
                db.execute(SCHEMA)
        except BaseException:
            db.close()
            raise
        return db

    def _do(self, sql: str, values: Iterable[Any] = ()) -> list[Row]:
        given = list(values)
        with self._lock:
            rows = self._ask(sql, given)
            if self._memory is not None and rows is None:
                rows = self._memory._do(sql, given)
        return rows or []

    def _ask(self, sql: str, values: Iterable[Any]) -> list[Row] | None:
        """The database's answer; None where it does not answer, nor will again."""
        if self._memory is not None:
            return None
        translated = sql.replace("?", "%s").replace(" LIKE ", " ILIKE ")  # SQLite's LIKE knows no capitals
        try:
            cursor = self._db.execute(translated, [_plain(value) for value in values])
            rows: list[Row] = cursor.fetchall() if cursor.description else []
        except self._psycopg.Error as error:
            self._go_to_memory(error)
            return None
        return rows

    def _begin(self) -> None:
        if self._ask("BEGIN", ()) is None or self._ask("SELECT pg_advisory_xact_lock(?)", [_WRITERS]) is None:
            assert self._memory is not None
            self._memory._begin()

    def _end(self, how: str) -> None:
        if self._memory is not None:
            self._memory._end(how)
        else:
            self._ask(how, ())

    def _go_to_memory(self, error: Exception) -> None:
        said = str(error).strip() or type(error).__name__
        said = said.replace(self._password, "***") if self._password else said
        log.warning("the database of jobs cannot be used; they are kept in memory from now on: %s", said)
        self.fault = (  # visitors read it: where the database is, and who is known there, is the log's
            "The database of jobs cannot be used; they are kept in memory and end with the app. The log says why.",
            "任务数据库不可用，任务目前只保存在内存中，程序退出后将丢失，原因见日志。",
        )
        self._memory = SqliteLedger()
        if self._db is not None:
            with suppress(self._psycopg.Error):
                self._db.close()


class Leases:
    """The servers that share a database: a :class:`aigc_core.jobs.server.Roster`."""

    def __init__(self, ledger: PostgresLedger) -> None:
        self._ledger = ledger
        self.own = secrets.token_hex(8)
        ledger.lease(int(self.own, 16))

    def is_alive(self, name: str) -> bool:
        """True while the server's connection lasts."""
        return name == self.own or (NAME.fullmatch(name) is not None and self._ledger.is_leased(int(name, 16)))

    def close(self) -> None:
        """Nothing: the lease ends with the ledger's connection."""


def _driver() -> Any:
    try:
        import psycopg
        import psycopg.conninfo
        import psycopg.rows
    except ImportError as error:
        raise MissingDependencyError(
            'A ledger in PostgreSQL needs psycopg: pip install "psycopg[binary]".',
            '使用 PostgreSQL 保存任务需要 psycopg：pip install "psycopg[binary]"。',
        ) from error
    return psycopg


def _parsed(psycopg: Any, url: str) -> dict[str, Any]:
    """The parameters of an address; what is wrong with it is not quoted, it may be the password."""
    scheme = url.partition("://")[0]
    with suppress(psycopg.Error):
        if scheme in ("postgresql", "postgres"):
            return dict(psycopg.conninfo.conninfo_to_dict(url))
    raise InvalidRequestError(
        "The address of the jobs' database must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, special characters as %XX.",
        "任务数据库的地址须写作 postgresql://用户:密码@主机:端口/数据库，特殊字符写成 %XX。",
    )


def _signed(key: int) -> int:
    """A number of 64 bits as PostgreSQL's BIGINT holds it."""
    return key - (1 << 64) if key >> 63 else key


def _plain(value: Any) -> Any:
    """Texts without the one character that PostgreSQL's cannot hold."""
    return value.replace("\0", "") if isinstance(value, str) else value
