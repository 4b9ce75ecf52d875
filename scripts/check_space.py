"""Start exactly what would be uploaded to a Space, in an empty folder, and see that every tab is up.

    python scripts/check_space.py [--venv]

Reads the excludes from the README's ``hf upload`` command, so that the command and the check cannot drift apart. By default
this interpreter's packages are used; ``--venv`` installs requirements.txt into a new environment first (minutes).
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 120


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
    parser.add_argument("--venv", action="store_true", help="install requirements.txt into a new environment first")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        space = Path(work) / "space"
        size = copy(space)
        print(f"{size / 1e6:.1f} MB would be uploaded")
        python = sys.executable
        if args.venv:
            subprocess.run([sys.executable, "-m", "venv", f"{work}/venv"], check=True)
            python = f"{work}/venv/bin/python"
            subprocess.run([python, "-m", "pip", "install", "-q", "-r", str(space / "requirements.txt")], check=True)
        return start(space, python, Path(work))


def start(space: Path, python: str, work: Path) -> int:
    """Start the app as a Space does (no arguments, ``SPACE_ID`` set) and look at its configuration."""
    port = 7890
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH",)}
    environment |= {"SPACE_ID": "check/space", "GRADIO_SERVER_PORT": str(port), "AIGC_HOME": str(work / "cache")}
    environment |= {"GRADIO_TEMP_DIR": str(work / "gradio"), "HF_HOME": str(work / "hf")}
    log = (work / "log").open("w")
    app = subprocess.Popen([python, "app.py"], cwd=space, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        began = time.monotonic()
        while True:
            try:
                config = urllib.request.urlopen(f"http://127.0.0.1:{port}/config", timeout=5).read().decode()
                break
            except OSError:
                if app.poll() is not None or time.monotonic() - began > TIMEOUT_S:
                    print((work / "log").read_text()[-3000:])
                    print("the app did not come up")
                    return 1
                time.sleep(0.3)
        seconds = time.monotonic() - began
    finally:
        app.terminate()
        app.wait(timeout=20)
    tabs = re.search(r"TABS = \(([^)]*)\)", (space / "demos" / "__init__.py").read_text())
    assert tabs is not None
    missing = [name for name in re.findall(r'"(\w+)"', tabs[1]) if f'"tab-{name}"' not in config]
    if missing or "could not be built" in config:
        print(f"missing or broken tabs: {missing}")
        return 1
    print(f"up after {seconds:.1f} s with every tab")
    return 0


if __name__ == "__main__":
    sys.exit(main())
