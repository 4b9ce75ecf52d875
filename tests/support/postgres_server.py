"""A real PostgreSQL of Debian's package, in a temporary folder, on a Unix socket, as a user without privileges."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD = "keeper", "s3cret/of:the@base"
QUOTED = "s3cret%2Fof%3Athe%40base"
_STARTS_S = 120


def program(name: str) -> str | None:
    """A program of the newest server that is installed; Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


def url(folder: Path, database: str = "postgres") -> str:
    return f"postgresql://{USER}:{QUOTED}@/{database}?host={folder}"


@contextmanager
def running() -> Iterator[Path]:
    """A server; the folder of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="aigc-pg-", dir="/tmp"))  # pytest's own may be entered by nobody but us
    user = _user()
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        for made in (folder, secret):
            shutil.chown(made, user)
        initdb, postgres = program("initdb"), program("postgres")
        assert initdb and postgres
        run = {"user": user} if os.getuid() == 0 else {}
        made_by = [initdb, "-D", str(folder / "data"), "-U", USER, "-A", "scram-sha-256", "--pwfile", str(secret)]
        done = subprocess.run(
            [*made_by, "-E", "UTF8", "--no-locale", "--no-sync"], capture_output=True, text=True, cwd=folder, **run
        )  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr
        settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB", "-k", str(folder)]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [postgres, "-D", str(folder / "data"), *settings], stdout=log, stderr=log, cwd=folder, **run
            )  # type: ignore[call-overload]
        try:
            _wait(folder, server)
            yield folder
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            server.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> str:
    """Who runs the server: never root, whom it refuses."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid()).pw_name
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _wait(folder: Path, server: subprocess.Popen[bytes]) -> None:
    import psycopg

    end = time.monotonic() + _STARTS_S
    while True:
        try:
            psycopg.connect(url(folder)).close()
            return
        except psycopg.OperationalError:
            said = (folder / "log").read_text()
            assert server.poll() is None and time.monotonic() < end, said
            time.sleep(0.1)
