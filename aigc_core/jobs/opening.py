"""The ledger of an app: in a database that is named, else in a folder, else in memory."""

from __future__ import annotations

import os
from pathlib import Path

from aigc_core.jobs.ledger import Ledger
from aigc_core.jobs.server import Roster, Servers
from aigc_core.jobs.sqlite import FILE, SqliteLedger

URL = "AIGC_JOBS_URL"
"""Environment variable of the database's address, which keeps its password out of the list of processes."""


def opened(folder: Path | None, url: str = "") -> tuple[Ledger, Roster]:
    """The ledger, and the servers that share it; this process is one of them from now on.

    Args:
        folder: Folder of the ledger on this machine; None for memory.
        url: Address of a PostgreSQL database, which then takes the folder's place.

    Raises:
        InvalidRequestError: no such address.
        MissingDependencyError: psycopg is not installed.
    """
    if url:
        from aigc_core.jobs.postgres import Leases, PostgresLedger

        shared = PostgresLedger(url)
        return shared, Leases(shared)
    return SqliteLedger(folder / FILE if folder is not None else None), Servers(folder)


def url_of_environment() -> str:
    """The address that the environment names, taken out of it: what this process starts need not know it."""
    return os.environ.pop(URL, "")
