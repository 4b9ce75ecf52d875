"""A PostgreSQL for the tests of the ledger; they are skipped where there is none."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import postgres_server
import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The folder of a running server's socket."""
    pytest.importorskip("psycopg", reason='needs psycopg: pip install "psycopg[binary]"')
    if not (postgres_server.program("initdb") and postgres_server.program("postgres")):
        pytest.skip("needs Debian's package postgresql: apt-get install postgresql")
    with postgres_server.running() as folder:
        yield folder


@pytest.fixture
def database(postgres: Path) -> str:
    """The address of an empty database."""
    import psycopg

    name = f"jobs_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server.url(postgres), autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
    return postgres_server.url(postgres, name)
