"""Start exactly what would be uploaded to a Space, in an empty folder, as each kind of Space does, and see that it works.

    python scripts/check_space.py [--venv] [cpu | zero | disk …]

Reads the excludes from the README's ``hf upload`` command, so that the command and the check cannot drift apart. By default
this interpreter's packages are used; ``--venv`` installs requirements.txt into a new environment first (minutes). In every kind all
tabs must be up and one face must come through the endpoint. Then:

- ``cpu``, the basic hardware: nothing outlives the app;
- ``zero``, ZeroGPU: ``scripts/spaces_stand_in.py`` takes the place of the package ``spaces``, and lets the app start only if it asks for a card as it must;
- ``disk``, persistent storage: after another start the list of jobs is still there, and what was fetched or measured.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.start import free_port  # noqa: E402

TIMEOUT_S = 120
KINDS = ("cpu", "zero", "disk")


def excludes() -> list[str]:
    """Patterns after ``--exclude`` in the README's upload command."""
    command = re.search(r"^hf upload .*$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert command is not None, "README.md has no hf upload command"
    words = shlex.split(command[0])
    return words[words.index("--exclude") + 1 :]


def copy(into: Path) -> int:
    """Copy what the upload would take; the number of bytes."""
    total = 0
    patterns = excludes()
    for folder, folders, names in os.walk(ROOT):
        relative = Path(folder).relative_to(ROOT)
        folders[:] = [f for f in folders if not _left_out(f"{relative / f}/x", patterns)]
        for name in names:
            path = relative / name
            if not _left_out(path.as_posix(), patterns):
                (into / relative).mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, into / path)
                total += (ROOT / path).stat().st_size
    return total


def _left_out(path: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatch(path.removeprefix("./"), p) or fnmatch.fnmatch(f"/{path}", f"*/{p}") for p in patterns)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of Space: {', '.join(KINDS)} (default: all)")
    parser.add_argument("--venv", action="store_true", help="install requirements.txt into a new environment first")
    args = parser.parse_args()
    if unknown := set(args.kinds) - set(KINDS):
        parser.error(f"there is no kind {unknown.pop()!r}: {', '.join(KINDS)}")
    with tempfile.TemporaryDirectory() as work:
        space = Path(work) / "space"
        size = copy(space)
        print(f"{size / 1e6:.1f} MB would be uploaded")
        python = sys.executable
        if args.venv:
            subprocess.run([sys.executable, "-m", "venv", f"{work}/venv"], check=True)
            python = f"{work}/venv/bin/python"
            subprocess.run([python, "-m", "pip", "install", "-q", "-r", str(space / "requirements.txt")], check=True)
        faults = {}
        for kind in args.kinds or KINDS:
            (Path(work) / kind).mkdir()
            faults[kind] = _CHECKS[kind](Space(space, python, Path(work) / kind))
            print(f"{kind}: {faults[kind] or 'all is well'}", flush=True)
    return 1 if any(faults.values()) else 0


class Space:
    """A copy of the upload and a folder for all that it writes."""

    def __init__(self, code: Path, python: str, home: Path) -> None:
        self.code, self.home = code, home
        self._python = python

    @contextmanager
    def started(self, **environment: str) -> Iterator[str]:
        """The address of the app, started as a Space does it: no arguments, ``SPACE_ID`` set.

        Raises:
            RuntimeError: it does not come up; with the end of its log.
        """
        port = free_port()
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "AIGC_HOME", "HF_HOME")}
        own = {
            "SPACE_ID": "check/space",
            "GRADIO_SERVER_PORT": str(port),
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
        }
        with (self.home / "log").open("a") as log:
            app = subprocess.Popen(
                [self._python, "app.py"],
                cwd=self.code,
                env={**kept, **own, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            began = time.monotonic()
            while not _answers(f"http://127.0.0.1:{port}/config"):
                if app.poll() is not None or time.monotonic() - began > TIMEOUT_S:
                    raise RuntimeError(f"the app did not come up: {self.log[-3000:]}")
                time.sleep(0.3)
            print(f"up after {time.monotonic() - began:.1f} s", flush=True)
            yield f"http://127.0.0.1:{port}"
        finally:
            app.terminate()
            app.wait(timeout=60)

    @property
    def log(self) -> str:
        """All that it has said."""
        return (self.home / "log").read_text("utf-8")


def _answers(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(url, timeout=10).status == 200)
    except OSError:
        return False


def faults_of(space: Space, url: str) -> str:
    """What is wrong with a running Space of any kind; empty where nothing is."""
    config = urllib.request.urlopen(f"{url}/config", timeout=60).read().decode()
    tabs = [file.parent.name for file in (space.code / "demos").glob("*/tab.py") if file.parent.name != "ui"]
    missing = [name for name in tabs if f'"tab-{name}"' not in config]
    if missing or "could not be built" in config:
        return f"missing or broken tabs: {missing}"
    from gradio_client import Client

    made = Client(url, verbose=False).predict(model="faces-gan-128", count=1, api_name="/faces")
    return "" if made[-1]["model"] == "faces-gan-128" else "no face came"


def cpu(space: Space) -> str:
    """Basic hardware: the disk is emptied whenever the Space sleeps."""
    with space.started(AIGC_DISK=str(space.home / "none")) as url:
        found = faults_of(space, url)
    return found or ("a list of jobs was written" if _ledgers(space.home) else "")


def zero(space: Space) -> str:
    """ZeroGPU, whose package is replaced by one that only checks."""
    packages = space.home / "packages"
    packages.mkdir()
    shutil.copy(ROOT / "scripts" / "spaces_stand_in.py", packages / "spaces.py")
    on_zero: Mapping[str, str] = {"SPACES_ZERO_GPU": "true", "PYTHONPATH": str(packages)}
    with space.started(AIGC_DISK=str(space.home / "none"), **on_zero) as url:
        found = faults_of(space, url)
    return found or ("a card was asked for by a model that needs none" if "LEASE" in space.log else "")


def disk(space: Space) -> str:
    """Persistent storage: two starts, the second of which finds what the first has left."""
    storage = space.home / "storage"
    storage.mkdir()
    for jobs in (1, 2):
        with space.started(AIGC_DISK=str(storage)) as url:
            if found := faults_of(space, url):
                return found
            measured = storage / "cache" / "aigc" / "machine.json"
            end = time.monotonic() + 60
            while not measured.exists() and time.monotonic() < end:
                time.sleep(0.3)
        if not measured.exists():
            return "the cache is not on the disk"
        counted = [_jobs(ledger) for ledger in _ledgers(storage)]
        if counted != [jobs]:
            return f"{jobs} jobs should be on the disk; there are {counted}"
    return "a cache beside the disk" if (space.home / ".cache" / "aigc").exists() else ""


def _ledgers(folder: Path) -> list[Path]:
    return sorted(folder.rglob("jobs.sqlite"))


def _jobs(ledger: Path) -> int:
    with closing(sqlite3.connect(ledger)) as db:
        return int(db.execute("SELECT count(*) FROM jobs WHERE state = 'done'").fetchone()[0])


_CHECKS = {"cpu": cpu, "zero": zero, "disk": disk}

if __name__ == "__main__":
    sys.exit(main())
